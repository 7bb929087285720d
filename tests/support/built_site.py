"""The site as readers get it: built once for all site tests, and served with the headers of production."""

import atexit
import fcntl
import functools
import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from bs4 import BeautifulSoup

from contact_service.web.headers import headers_for, style_sum

REPO = Path(__file__).resolve().parents[2]
LANGUAGES = {"nl": "", "en": "en/"}
# Every path that any browser asked of the servers below, in order.
REQUESTED: list[str] = []
# The folder that all processes of one run of the tests share; tests/conftest.py names it.
SHARED = "TESTS_SHARED_FOLDER"
# Taken at once: a test that happens to ask first may look for leaks in a temporary folder of its own.
_PLACE = tempfile.gettempdir()


@functools.cache
def built() -> Path:
    """The site in both languages, built once for all processes of the tests. Nobody writes into it."""
    folder = Path(os.environ.get(SHARED) or tempfile.mkdtemp(prefix="site-", dir=_PLACE))
    if SHARED not in os.environ:
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "site").exists():
            _build(folder / "being-built").rename(folder / "site")
    return folder / "site"


def _build(target: Path) -> Path:
    """Build both languages with the one command that everybody uses."""
    command = [sys.executable, "-m", "editorial.build", "--site-dir", str(target)]
    # As make has it: whether a review is overdue is judged on the day of the commit.
    day = subprocess.check_output(["git", "log", "-1", "--format=%ct"], cwd=REPO, text=True).strip()
    environment = {"SOURCE_DATE_EPOCH": day} | os.environ
    run = subprocess.run(command, check=False, cwd=REPO, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return target


@functools.cache
def files() -> dict[str, Path]:
    """The file of every page, the two 404 pages included, by its address. The advisers' reader is none of them."""
    found = sorted(file for file in built().rglob("*.html") if file.name != "lezer.html")
    return {"/" + file.relative_to(built()).as_posix().removesuffix("index.html"): file for file in found}


@functools.cache
def page_at(address: str) -> BeautifulSoup:
    """Parse one page."""
    return BeautifulSoup(files()[address].read_text("utf-8"), "html.parser")


def pages() -> dict[str, BeautifulSoup]:
    """Parse every page (takes seconds), by its address."""
    return {address: page_at(address) for address in files()}


def content_pages() -> dict[str, BeautifulSoup]:
    """Leave out the 404 pages, which have no twin and no front matter."""
    return {address: page for address, page in pages().items() if not address.endswith("404.html")}


class _Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        for name, value in headers_for(self.path, style_sum(Path(self.directory))).items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test output quiet."""
        REQUESTED.append(getattr(self, "path", ""))


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Take a browser that hangs up for granted."""


@functools.cache
def served() -> str:
    """Serve the built site on a free loopback port and return its origin."""
    return served_folder(built())


def served_folder(folder: Path) -> str:
    """Serve any folder on a free loopback port, as long as this process lives, and return its origin."""
    handler = functools.partial(_Handler, directory=str(folder))
    server = _Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"

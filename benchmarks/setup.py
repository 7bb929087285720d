"""`make measure-setup`: from a fresh clone to the first page of `make run`, and how long the tests take."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from time import perf_counter, sleep

from benchmarks.figures import REPO, Figure
from benchmarks.report import record
from tests.support.stack import free_port

# As `make test` runs them, without its set-up, its build and its lint.
ALL = (sys.executable, "-m", "pytest", "-q", "-n", str((os.cpu_count() or 1) + 1))
PATIENCE_SECONDS = 300


def first_page_seconds(folder: Path) -> float:
    """Clone, `make run`, and wait for the first page; then end what was started."""
    port = free_port()
    subprocess.run(["git", "clone", "--quiet", REPO, folder], check=True)
    started = perf_counter()
    with (folder / "run.log").open("wb") as log:
        # A session of its own, so that make, honcho and what they start can be ended together.
        run = subprocess.Popen(["make", "run", f"PORT={port}"], cwd=folder, stdout=log, stderr=log, start_new_session=True)
    try:
        while not _answers(port):
            if run.poll() is not None or perf_counter() > started + PATIENCE_SECONDS:
                raise RuntimeError((folder / "run.log").read_text()[-2000:])
            sleep(0.1)
        return perf_counter() - started
    finally:
        os.killpg(run.pid, signal.SIGTERM)
        run.wait(30)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
        return bool(page.status == 200)
    return False


def suite_seconds(*command: str) -> float:
    """One run of tests, which must pass."""
    started = perf_counter()
    tests = subprocess.run(command, cwd=REPO, check=False, stdout=subprocess.PIPE, text=True)
    if tests.returncode:
        sys.exit(tests.stdout[-5000:])
    return perf_counter() - started


def main() -> int:
    """Measure all three; exit status 1 when one takes too long."""
    with tempfile.TemporaryDirectory(prefix="setup-") as folder:
        first = first_page_seconds(Path(folder) / "clone")
    figures = [
        Figure("make run in a fresh clone, to the first page", first, "s", 90, for_readme=True),
        Figure("tests without browsers, servers and other programs", suite_seconds("make", "quick"), "s", 20),
        Figure("all tests", suite_seconds(*ALL), "s", 300),
    ]
    return int(bool(record("setup", figures)))


if __name__ == "__main__":
    sys.exit(main())

"""`make bench-against REV=…`: this work tree against another revision, in turns on the same machine, under the same noise.

The other revision stands in a git worktree of its own with an environment of its own. Both are known only by what has kept its
name: settings, commands, addresses, `mkdocs build`.
"""

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser

from benchmarks import first_paint
from benchmarks.figures import REPO, Figure, Ratio, alternating, ratio, table
from benchmarks.report import record
from contact_service.keys.advisers import read_associations
from contact_service.mail.message import BUCKETS_BYTES
from deploy.demo.advisers import make_advisers
from deploy.demo.prepare import make_certificate
from tests.support.chromium import chromium
from tests.support.fuzz_ciphertext import sealed
from tests.support.stack import free_port, is_open, token_in, wait_until

ROLE, REACH, MESSAGE = "burgemeester", "06 12 34 56 78", "Er staat al drie avonden iemand voor mijn huis. " * 15
ROUNDS, REPEATS, SUBMISSIONS = 9, 40, int(os.environ.get("AGAINST_SUBMISSIONS", "10000"))
SLOWER = 6
# What the check was called in each layout.
CHECK = """
import json, sys, time
try:
    from contact_service.openpgp.ciphertext import check
except ImportError:
    from contact_service.ciphertext import check
text, keys, sizes = json.load(sys.stdin)
def once():
    start = time.process_time()
    for _ in range(100): check(text, keys, sizes)
    return (time.process_time() - start) * 10
print(min(once() for _ in range(10)))
"""


class Side:
    """One revision: its folder, its environment, and a service of it with state of its own."""

    def __init__(self, name: str, code: Path, state: Path, advisers: Path) -> None:
        self.name, self.code, self.state = name, code, state
        self.bin = code / ".venv" / "bin"
        self.site = state / "site"
        self.port, self.demo_port, self.mail_port = free_port(), free_port(), free_port()
        (state / "tmp").mkdir(parents=True)
        make_certificate(state / "post-office")
        self.environment = {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "PYTHONPATH": str(code),
            "HOME": str(state / "tmp"),
            "TMPDIR": str(state / "tmp"),
            "NO_MKDOCS_2_WARNING": "1",
            "SOURCE_DATE_EPOCH": "1780000000",
            "CONTACT_SITE": str(self.site),
            "CONTACT_ADVISERS": str(advisers / "service" / "advisers.toml"),
            "CONTACT_KEYS": str(advisers / "service" / "keys"),
            "CONTACT_KEYRING": str(state / "keyring"),
            "CONTACT_OUTBOX": f"sqlite:///{state / 'outbox.sqlite'}",
            "CONTACT_SECRET_KEY": secrets.token_urlsafe(48),
            "CONTACT_HOSTS": f"127.0.0.1:{self.port},127.0.0.1:{self.demo_port}",
            "CONTACT_FROM": "formulier@hulp.example",
            "CONTACT_MINIMUM_FILL_SECONDS": "0",
            "CONTACT_BOUNCES": "beheer@hulp.example",
            "CONTACT_OPERATOR": "beheer@hulp.example",
            "CONTACT_SMTP_HOST": "localhost",
            "CONTACT_SMTP_PORT": str(self.mail_port),
            "CONTACT_SMTP_CA_FILE": str(state / "post-office" / "ca.pem"),
            "CONTACT_ALLOWANCE": ",".join(["100000000/hour"] * 3),
        }
        self._started: list[subprocess.Popen[bytes]] = []

    def build(self) -> float:
        """Build both languages; the seconds that it took for each page."""
        own = (self.code / "editorial" / "build" / "__main__.py").exists()
        module = ["editorial.build"] if own else ["mkdocs", "build", "--strict", "--quiet"]
        command = [str(self.bin / "python"), "-m", *module, "--site-dir", str(self.site)]
        start = perf_counter()
        subprocess.run(command, cwd=self.code, env=self.environment, check=True, stdout=subprocess.DEVNULL)
        return (perf_counter() - start) / sum(1 for _ in self.site.rglob("index.html"))

    def check_milliseconds(self, text: str, keys: list[dict[str, int]]) -> float:
        """The check of one message, the fastest of many."""
        given = json.dumps([text, keys, BUCKETS_BYTES])
        command = [str(self.bin / "python"), "-c", CHECK]
        run = subprocess.run(
            command, cwd=self.code, env=self.environment, input=given, capture_output=True, text=True, check=True
        )
        return float(run.stdout)

    def start(self) -> None:
        """Start web, delivery, a mail server, and the demo that shows the site too."""
        gunicorn = "gunicorn --config deploy/gunicorn.conf.py --bind 127.0.0.1"
        post_office = self.state / "post-office"
        commands = {
            "mail": f"aiosmtpd --nosetuid --listen localhost:{self.mail_port} --tlscert {post_office / 'cert.pem'} "
            f"--tlskey {post_office / 'key.pem'} --class aiosmtpd.handlers.Sink",
            "web": f"{gunicorn}:{self.port} contact_service.wsgi:app",
            "demo": f"{gunicorn}:{self.demo_port} deploy.demo.web:app",
        }
        for name, command in commands.items():
            self._start(name, command)
        for port in (self.mail_port, self.port, self.demo_port):
            wait_until(lambda port=port: is_open(port), 60, f"port {port} of {self.name}, see {self.state}")
        self.web = self._started[1].pid

    def start_delivery(self) -> None:
        """Start the delivery process."""
        self.delivery = self._start("delivery", "contact-service deliver").pid

    def _start(self, name: str, command: str) -> subprocess.Popen[bytes]:
        with (self.state / f"{name}.log").open("ab") as log:
            first, *rest = command.split()
            process = subprocess.Popen(
                [str(self.bin / first), *rest], cwd=self.code, env=self.environment, stdout=log, stderr=log
            )
        self._started.append(process)
        return process

    def stop(self) -> None:
        """End all that was started here."""
        for process in reversed(self._started):
            process.terminate()
        for process in self._started:
            process.wait(60)

    def ask(self, request: str) -> bytes:
        """One request over a connection of its own, answered whole."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection, connection.makefile("rb") as answer:
            connection.sendall(request.encode())
            return answer.read()

    def get(self) -> bytes:
        """The page with the form."""
        page = self.ask(f"GET /contact/ HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nConnection: close\r\n\r\n")
        if not page.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"{self.name} answered {page[:100]!r}")
        return page

    def encoded(self, **fields: str) -> str:
        """The request that sends these answers with the token of this side."""
        body = urlencode({"token": self.token, "role": ROLE, **fields})
        head = f"POST /contact/ HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Length: {len(body)}\r\n"
        return head + f"Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\n{body}"

    def submit(self, request: str) -> None:
        """Send it, and take nothing but "received" for an answer."""
        page = self.ask(request)
        if not page.startswith(b"HTTP/1.1 200 ") or b'class="reference"' not in page:
            raise RuntimeError(f"{self.name} answered a submission with {page[:100]!r}")

    def take_token(self) -> None:
        """Open the form."""
        self.token = token_in(self.get().decode()) or ""

    def processes(self) -> list[int]:
        """The web server with its workers, and delivery."""
        children = Path(f"/proc/{self.web}/task/{self.web}/children").read_text().split()
        return [self.web, *map(int, children), self.delivery]

    def processor_seconds(self) -> float:
        """What the web workers have used so far, to the nanosecond."""
        workers = Path(f"/proc/{self.web}/task/{self.web}/children").read_text().split()
        return sum(int(Path(f"/proc/{worker}/schedstat").read_text().split()[0]) for worker in workers) / 1e9

    def megabytes(self) -> float:
        """Memory as the kernel shares it out among the processes (PSS)."""
        rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in self.processes()]
        return sum(int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) for text in rollups) / 1024  # type: ignore[index]

    def waiting(self) -> int:
        """How many mails have not left yet."""
        page = self.ask(f"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nConnection: close\r\n\r\n")
        return int(json.loads(page.split(b"\r\n\r\n", 1)[1])["waiting"])


@contextmanager
def other_revision(revision: str) -> Any:
    """A work tree of the revision beside this one, with all that it needs; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="against-")) / "code"
    git = ["git", "-C", str(REPO), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(folder), revision], check=True)
    try:
        compiled = (
            "contact_service/web/translations" if (folder / "contact_service/web").is_dir() else "contact_service/translations"
        )
        targets = [".venv/test.stamp", "node_modules/stamp", f"{compiled}/nl/LC_MESSAGES/messages.mo"]
        print(f"Setting up {revision} ...", flush=True)
        subprocess.run(["make", "--silent", *targets], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=True)


def both(sides: Iterable[Side], measured: Callable[[Side], float], rounds: int) -> Ratio:
    """This side in units of the other, measured in turns."""
    here, there = list[float](), list[float]()
    this, other = sides
    for _ in range(rounds):
        there.append(measured(other))
        here.append(measured(this))
    return ratio(here, there)


def processor_time(side: Side) -> float:
    """Processor seconds in the service for many pages with the form."""
    start = side.processor_seconds()
    for _ in range(REPEATS * 5):
        side.get()
    return side.processor_seconds() - start


def first_touch(browser: Browser, side: Side) -> tuple[int, float]:
    """The further requests from the first touch of the form to "ready", and the milliseconds until then."""
    page = browser.new_page()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(f"http://127.0.0.1:{side.demo_port}/contact/", wait_until="networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    milliseconds = page.evaluate("""() => new Promise((done) => {
      const way = document.getElementById("way"), start = performance.now();
      const look = () => { if (way.textContent === way.dataset.ready) done(performance.now() - start); };
      new MutationObserver(look).observe(way, { childList: true, characterData: true, subtree: true });
      document.getElementById("reach").focus();
    })""")
    page.close()
    return len(asked), float(milliseconds)


def touches(this: Side, other: Side) -> list[Figure]:
    """What the first touch of the form costs a reader."""
    times: dict[str, list[float]] = {this.name: [], other.name: []}
    requests = {}
    for _ in range(ROUNDS):
        for side in (other, this):
            with chromium() as browser:
                requests[side.name], milliseconds = first_touch(browser, side)
            times[side.name].append(milliseconds)
    found = ratio(times[this.name], times[other.name])
    return [
        Figure("further requests from the first touch of the form to ready", requests[this.name], "", 4),
        Figure(f"the same in {other.name}", requests[other.name]),
        Figure("time from the first touch to ready", found.median, "×", 1, spread=found.spread),
    ]


def speeds(this: Side, other: Side, advisers: Path) -> list[Figure]:
    """Pages and submissions, in turns."""
    sides = (this, other)
    for side in sides:
        side.take_token()
    page = both(sides, processor_time, ROUNDS)
    ciphertext_for = _sealer(advisers)
    times = ROUNDS * REPEATS + 1
    sealed_ones = [ciphertext_for(number) for number in range(20)]

    def locked(side: Side) -> Callable[[], object]:
        # The same ciphertext with another token is another submission: both sides get the same ones.
        requests = iter(_requests(side, sealed_ones, times))
        return lambda: side.submit(next(requests))

    def plain(side: Side) -> Callable[[], object]:
        requests = iter([side.encoded(reach=REACH, message=f"{number}. {MESSAGE}") for number in range(times)])
        return lambda: side.submit(next(requests))

    works = [locked(other), locked(this), plain(other), plain(this)]
    there, here, plain_there, plain_here = alternating(works, ROUNDS, REPEATS)
    encrypted, unencrypted = ratio(here, there), ratio(plain_here, plain_there)
    return [
        Figure("contact page (GET), processor time in the service", page.median, "×", 0.4, spread=page.spread),
        Figure("browser-encrypted submission, whole", encrypted.median, "×", 0.7, spread=encrypted.spread),
        Figure("submission without JavaScript, whole", unencrypted.median, "×", 1.05, spread=unencrypted.spread),
    ]


def _requests(side: Side, ciphertexts: list[str], number: int) -> list[str]:
    found = []
    for count in range(number):
        if count % len(ciphertexts) == 0:
            side.take_token()
        found.append(side.encoded(ciphertext=ciphertexts[count % len(ciphertexts)]))
    return found


def _sealer(advisers: Path) -> Callable[[int], str]:
    association = read_associations(advisers / "service" / "advisers.toml")[ROLE]
    keys = [str(advisers / "service" / "keys" / f"{adviser.name}.asc") for adviser in association.advisers]
    return lambda number: sealed(f"{number}".encode().ljust(BUCKETS_BYTES[0], b"."), *keys)


def memory(this: Side, other: Side, advisers: Path) -> list[Figure]:
    """PSS of web and delivery after many submissions, half of them encrypted by the browser."""
    ciphertexts = [_sealer(advisers)(number) for number in range(20)]
    found = {}
    for side in (other, this):
        side.start_delivery()
        for number in range(SUBMISSIONS // 40):
            side.take_token()
            for count, ciphertext in enumerate(ciphertexts):
                side.submit(side.encoded(ciphertext=ciphertext))
                side.submit(side.encoded(reach=REACH, message=f"{number} {count}. {MESSAGE}"))
        deadline = monotonic() + 300
        while side.waiting() and monotonic() < deadline:
            sleep(0.5)
        found[side.name] = side.megabytes()
    what = f"memory of web and delivery (PSS) after {SUBMISSIONS:,} submissions"
    return [
        Figure(what, found[this.name] / found[other.name], "×", 0.6),
        Figure("the same, here", found[this.name], "MB"),
        Figure(f"the same, {other.name}", found[other.name], "MB"),
    ]


def checks(this: Side, other: Side, advisers: Path) -> list[Figure]:
    """The check of the largest message, and the build, which need no running service."""
    files = sorted((advisers / "service" / "keys").glob("*.asc"))[:2]
    text = sealed(b"x" * BUCKETS_BYTES[-1], *map(str, files))
    keys = _subkeys(files)
    check = both((this, other), lambda side: side.check_milliseconds(text, keys), ROUNDS)
    build = both((this, other), Side.build, 5)
    return [
        Figure("the check of the largest message", check.median, "×", 0.6, spread=check.spread),
        Figure("build of both languages, a page", build.median, "×", 0.6, spread=build.spread),
    ]


def _subkeys(files: list[Path]) -> list[dict[str, int]]:
    found = []
    for file in files:
        listed = ["gpg", "--batch", "--with-colons", "--import-options", "show-only", "--import", str(file)]
        rows = [
            line.split(":") for line in subprocess.run(listed, capture_output=True, text=True, check=True).stdout.splitlines()
        ]
        found.append({row[4]: int(row[3]) for row in rows if row[0] == "sub" and "e" in row[11]})
    return found


def paints(this: Side, other: Side) -> list[Figure]:
    """The first and the fifth page on a slow phone, of both sites as they were built."""
    return first_paint.compared(this.site, other.site)


def main(revision: str, only: str = "") -> int:
    """Measure and record; exit status 1 when a limit is missed. `only` names a part, which is printed and not recorded."""
    with other_revision(revision) as code, tempfile.TemporaryDirectory(prefix="against-") as place, ExitStack() as ending:
        advisers = Path(place) / "advisers"
        make_advisers(advisers / "service", advisers / "computers")
        this = Side("here", REPO, Path(place) / "here", advisers)
        other = Side(revision, code, Path(place) / "there", advisers)
        for side in (other, this):
            side.build()
            ending.callback(side.stop)
            if only != "paint":
                side.start()
        parts = {
            "check": lambda: checks(this, other, advisers),
            "paint": lambda: paints(this, other),
            "touch": lambda: touches(this, other),
            "speed": lambda: speeds(this, other, advisers),
            "memory": lambda: memory(this, other, advisers),
        }
        figures = [figure for name, part in parts.items() if only in ("", name) for figure in part()]
    if only:
        print(table(figures))
        return int(any(figure.missed for figure in figures))
    return int(bool(record("against", figures)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

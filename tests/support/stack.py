"""The real processes of `make run`, on free ports and with all their state in one folder, to be started and killed by tests."""

import os
import random
import re
import secrets
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

from contact_service.outbox.outbox import Outbox
from deploy.demo.advisers import make_advisers
from deploy.demo.prepare import make_certificate

REPO = Path(__file__).resolve().parents[2]


def wait_until(condition: Callable[[], object], seconds: float = 30, what: str = "it") -> object:
    """Return what the condition gives as soon as it holds; fail when it does not within the time."""
    deadline = monotonic() + seconds
    while not (result := condition()):
        assert monotonic() < deadline, f"waited {seconds} s for {what}"
        sleep(0.02)
    return result


# Below the range from which the kernel serves clients: whatever connects meanwhile cannot take a port before its server does.
# Each process of the tests has a thousand of its own (more than 22 would share), in an order of its own.
_LANE = 10_000 + 1_000 * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 22)
_PORTS = iter(random.Random(os.getpid()).sample(range(_LANE, _LANE + 1_000), 1_000))


def free_port() -> int:
    """A port of the loopback interface that nobody listens on and that was not given out before."""
    for port in _PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise LookupError("a thousand ports are used up")


def is_open(port: int) -> bool:
    """Whether somebody listens on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Stack:
    """Web, delivery and mail server. Their logs and temporary files stand in the folder too."""

    def __init__(self, folder: Path, site: Path, **settings: str) -> None:
        self.folder, self.port, self.mail_port = folder, free_port(), free_port()
        self.computers, self.mail = folder / "advisers", folder / "post-office" / "mail"
        make_advisers(folder / "service", self.computers)
        make_certificate(folder / "post-office")
        (folder / "tmp").mkdir()
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(REPO),
            "TMPDIR": str(folder / "tmp"),
            "HOME": str(folder / "tmp"),
            "CONTACT_SITE": str(site),
            "CONTACT_ADVISERS": str(folder / "service" / "advisers.toml"),
            "CONTACT_KEYS": str(folder / "service" / "keys"),
            "CONTACT_KEYRING": str(folder / "service" / "keyring"),
            "CONTACT_OUTBOX": f"sqlite:///{folder / 'service' / 'outbox.sqlite'}",
            "CONTACT_SECRET_KEY": secrets.token_urlsafe(48),
            "CONTACT_HOSTS": f"127.0.0.1:{self.port}",
            "CONTACT_FROM": "formulier@hulp.example",
            "CONTACT_MINIMUM_FILL_SECONDS": "0",
            "CONTACT_BOUNCES": "beheer@hulp.example",
            "CONTACT_SMTP_HOST": "localhost",
            "CONTACT_SMTP_PORT": str(self.mail_port),
            "CONTACT_SMTP_CA_FILE": str(folder / "post-office" / "ca.pem"),
            # A killed delivery process leaves its claim to run out: sixteen times this long.
            "CONTACT_SMTP_TIMEOUT_SECONDS": "1",
            # All clients of a test share one address.
            "CONTACT_ALLOWANCE": "100000/hour,100000/hour,100000/hour",
            **settings,
        }
        certificates = folder / "post-office"
        self.mail_command = (
            f"aiosmtpd --nosetuid --listen localhost:{self.mail_port} --tlscert {certificates / 'cert.pem'} "
            f"--tlskey {certificates / 'key.pem'} --class aiosmtpd.handlers.Mailbox {self.mail}"
        )
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str, wait: bool = True) -> None:
        """Start processes by name ("web", "delivery", "mail") and wait until those that listen do."""
        commands = {
            "web": f"gunicorn --config deploy/gunicorn.conf.py --bind 127.0.0.1:{self.port} deploy.demo.web:app",
            "delivery": "contact-service deliver",
            "mail": self.mail_command,
        }
        for name in names:
            with (self.folder / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    commands[name].split(),
                    cwd=REPO,
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        for name, port in (("web", self.port), ("mail", self.mail_port)):
            if wait and name in names:
                wait_until(lambda name=name, port=port: self._listens(name, port), what=f"{name}, see {self.folder / name}.log")

    def _listens(self, name: str, port: int) -> bool:
        """Whether the port is open; it must not be somebody else's, left by a process of ours that could not have it."""
        assert self.processes[name].poll() is None, f"{name} ended, see {self.folder / name}.log"
        return is_open(port)

    def restart_the_ended(self) -> None:
        """What systemd does with Restart=always: a process that could not start on a full disk is tried again."""
        for name, process in list(self.processes.items()):
            if process.poll() is not None:
                self.start(name, wait=False)

    def workers(self) -> list[int]:
        """The process ids of the web workers."""
        children = Path(f"/proc/{self.processes['web'].pid}/task/{self.processes['web'].pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def kill(self, name: str) -> None:
        """kill -9, for the process and all that it started."""
        process = self.processes.pop(name)
        # Else one that ended by itself would hide why.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def wait_for_delivery(self) -> None:
        """Return once every mail in the outbox has left."""
        outbox = Outbox(self.environment["CONTACT_OUTBOX"])
        # The web server opens its port before its workers have made the table.
        outbox.create()
        wait_until(lambda: outbox.queue().oldest_accepted_at is None, what="an empty outbox")

    def stop(self) -> None:
        """End whatever still runs."""
        for name in list(self.processes):
            self.kill(name)

    def token(self, language: str = "") -> str:
        """A form token from a form that is shown now."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{language}contact/", timeout=30) as answer:
            found = token_in(answer.read().decode())
        assert found
        return found

    def post(self, language: str = "", **fields: str) -> tuple[int, str]:
        """Send a form as a browser without JavaScript does; the answer's status and page."""
        body = urllib.parse.urlencode(fields).encode()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{language}contact/", body, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as fault:
            return fault.code, fault.read().decode()


def token_in(page: str) -> str | None:
    """The form token of a page that shows the form."""
    found = re.search(r'name="token" value="([^"]+)"', page)
    return found[1] if found else None


def reference_in(page: str) -> str | None:
    """The reference that a received page shows."""
    found = re.search(r'class="reference">([0-9A-Z]{4}-[0-9A-Z]{4})<', page)
    return found[1] if found else None

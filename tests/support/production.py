"""The production set-up on loopback: nginx, gunicorn, the delivery process and a mail server, with demo advisers."""

import contextlib
import functools
import http.client
import os
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from contact_service.web.headers import READER_ADDRESS
from deploy.demo.advisers import make_advisers
from deploy.nginx.balancer import behind
from deploy.nginx.headers import headers_conf
from tests.support.built_site import REPO, built
from tests.support.stack import free_port, is_open, token_in, wait_until

NAME = "hulp.example"
FORM = {"role": "burgemeester", "reach": "06 12 34 56 78", "message": "Ik word bedreigd."}
CLI = (sys.executable, "-c", "from contact_service.operator.cli import main; main()")
PERSONAL = re.compile(r"127\.0\.0\.1|adviseur@|06 12 34")


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> object:
    """Return what the condition gives as soon as it is true; fail when the deadline passes."""
    return wait_until(condition, seconds, str(condition))


@functools.cache
def demo_advisers() -> Path:
    """Advisers with keys, made once: `service` is what the server holds, `computers` the secret halves."""
    folder = Path(tempfile.mkdtemp(prefix="advisers-"))
    make_advisers(folder / "service", folder / "computers")
    return folder


@functools.cache
def authority() -> trustme.CA:
    return trustme.CA()


@functools.cache
def trusting() -> ssl.SSLContext:
    """What a browser trusts; made once, because reading all authorities takes longer than a submission."""
    context = ssl.create_default_context()
    authority().configure_trust(context)
    return context


class Sink:
    """What the next mail server got, and what it should answer."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, bytes]] = []
        self.answer: Callable[[str], str] = lambda _recipient: "250 OK"

    @property
    def message_ids(self) -> list[str]:
        return [re.search(rb"Message-ID: (\S+)", mail, re.I)[1].decode() for _recipient, mail in self.mails]

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802
        answer = self.answer(envelope.rcpt_tos[0])
        if answer.startswith("250"):
            self.mails.append((envelope.rcpt_tos[0], envelope.content))
        return answer


class MailServer(Controller):
    """aiosmtpd in a thread, with its connections ended when it stops; else the garbage collector complains in a later test."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._connections: list[SMTP] = []
        super().__init__(*arguments, **options)

    def factory(self) -> SMTP:
        self._connections.append(super().factory())
        return self._connections[-1]

    def cancel_tasks(self, stop_loop: bool = True) -> None:
        for connection in self._connections:
            if connection.transport:
                connection.transport.abort()
        super().cancel_tasks(stop_loop)


class PostOffice:
    """A mail server that demands STARTTLS, on one port for all its life, and can be switched off and on."""

    def __init__(self, folder: Path) -> None:
        self.sink, self.port = Sink(), free_port()
        self.ca_file = folder / "mail-ca.pem"
        authority().cert_pem.write_to_path(str(self.ca_file))
        self._controller: MailServer | None = None

    def start(self, name: str = "localhost") -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority().issue_cert(name).configure_cert(context)
        self._controller = MailServer(
            self.sink, hostname="127.0.0.1", port=self.port, tls_context=context, require_starttls=True
        )
        self._controller.start()

    def stop(self) -> None:
        if self._controller:
            self._controller.stop()
            self._controller = None


@dataclass
class Production:
    """One machine, all in one folder."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    https_port: int = field(default_factory=free_port)
    http_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.post_office = PostOffice(self.folder)
        secret = self.folder / "secret-key"
        secret.write_text(secrets.token_urlsafe(48))
        service = demo_advisers() / "service"
        self.settings = {
            "CONTACT_SITE": str(built()),
            "CONTACT_ADVISERS": str(service / "advisers.toml"),
            "CONTACT_KEYS": str(service / "keys"),
            "CONTACT_KEYRING": str(self.folder / "keyring"),
            "CONTACT_OUTBOX": f"sqlite:///{self.folder}/outbox.sqlite",
            "CONTACT_SECRET_KEY_FILE": str(secret),
            "CONTACT_HOSTS": NAME,
            "CONTACT_FROM": f"formulier@{NAME}",
            "CONTACT_BOUNCES": f"beheer@{NAME}",
            "CONTACT_MINIMUM_FILL_SECONDS": "0",
            "CONTACT_SMTP_HOST": "localhost",
            "CONTACT_SMTP_PORT": str(self.post_office.port),
            "CONTACT_SMTP_CA_FILE": str(self.post_office.ca_file),
            "CONTACT_SMTP_TIMEOUT_SECONDS": "3",
        } | self.settings
        (self.folder / "tmp").mkdir(exist_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}:/usr/sbin:{os.environ['PATH']}"
        return {"PATH": path, "PYTHONPATH": str(REPO), "TMPDIR": str(self.folder / "tmp"), **self.settings}

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=REPO, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        return self.processes[name]

    def start_web(self, name: str = "web", bind: str = "", workers: int = 2) -> None:
        bind = bind or f"unix:{self.folder}/web.sock"
        options = ["--config", "deploy/gunicorn.conf.py", "--workers", str(workers), "--bind", bind]
        self.start(name, sys.executable, "-m", "gunicorn", *options, "contact_service.wsgi:app")

    def start_delivery(self, name: str = "delivery") -> None:
        self.start(name, *CLI, "deliver")

    def start_nginx(self, replacements: dict[str, str] | None = None, balancers: Sequence[str] = ()) -> None:
        """nginx with the real configuration; only paths and ports are this test's own."""
        conf, tls, where = self.folder / "nginx", self.folder / "tls", REPO / "deploy/nginx"
        conf.mkdir(exist_ok=True)
        tls.mkdir(exist_ok=True)
        certificate = authority().issue_cert(NAME)
        certificate.private_key_pem.write_to_path(str(tls / "privkey.pem"))
        certificate.cert_chain_pems[0].write_to_path(str(tls / "fullchain.pem"))
        site = Path(self.settings["CONTACT_SITE"])
        (conf / "contact-service-headers.conf").write_text(headers_conf(site))
        (conf / "contact-service-reader-headers.conf").write_text(headers_conf(site, READER_ADDRESS))
        shutil.copy(where / "proxy.conf", conf / "contact-service-proxy.conf")
        changes = {
            "user www-data;": f"{'user root; ' if os.geteuid() == 0 else ''}daemon off;",
            "/run/nginx.pid": f"{conf}/pid",
            "/var/log/nginx/error.log": f"{self.folder}/nginx-error.log",
            "/etc/nginx/contact-service": f"{conf}/contact-service",
            "/etc/contact-service/tls": str(tls),
            "/var/www/hulp": self.settings["CONTACT_SITE"],
            "/run/contact-web.sock": f"{self.folder}/web.sock",
            "listen 443": f"listen 127.0.0.1:{self.https_port}",
            "listen 80": f"listen 127.0.0.1:{self.http_port}",
            "worker_processes auto": "worker_processes 1",
            "access_log off;": f"access_log off; client_body_temp_path {conf}/body; proxy_temp_path {conf}/answers;",
        } | (replacements or {})
        text = re.sub(r"\s+listen \[::\].*", "", behind(balancers, (where / "nginx.conf").read_text("utf-8")))
        for old, new in changes.items():
            assert old in text, old
            text = text.replace(old, new)
        (conf / "nginx.conf").write_text(text)
        self.start("nginx", "nginx", "-e", f"{self.folder}/nginx-error.log", "-c", str(conf / "nginx.conf"))
        wait_for(lambda: is_open(self.https_port))

    def reload_nginx(self) -> None:
        """Let nginx read its files anew."""
        self.processes["nginx"].send_signal(signal.SIGHUP)

    def restart_the_ended(self) -> bool:
        """What systemd does with Restart=always: a process that could not start without its database is tried again."""
        for name, process in list(self.processes.items()):
            if process.poll() is not None:
                self.start(name, *process.args)
        return True

    def kill(self, name: str, how: int = signal.SIGKILL) -> None:
        """End one process with all its children, and wait until it is gone."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        process.wait(15)

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name, signal.SIGTERM if name != "nginx" else signal.SIGQUIT)
        self.post_office.stop()

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        """One request through nginx, over TLS with the certificate checked."""
        # The connection below is encrypted; a class that encrypts would read all authorities anew, each time.
        connection = http.client.HTTPConnection(NAME, timeout=40)
        connection.sock = self.connection()
        with contextlib.closing(connection):
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body or None, names)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def connection(self, first: bytes = b"") -> ssl.SSLSocket:
        """A connection over TLS; `first` is what a load balancer says before."""
        plain = socket.create_connection(("127.0.0.1", self.https_port), timeout=40)
        plain.sendall(first)
        return trusting().wrap_socket(plain, server_hostname=NAME)

    def head(self, method: str, path: str, length: int) -> bytes:
        """The head of a form post, for those who send its body in another way than usual."""
        form = "Content-Type: application/x-www-form-urlencoded"
        return f"{method} {path} HTTP/1.1\r\nHost: {NAME}\r\n{form}\r\nContent-Length: {length}\r\n\r\n".encode()

    def token(self) -> str:
        page = self.ask("GET", "/contact/")[2].decode()
        found = token_in(page)
        assert found
        return found

    def send(self, path: str = "/contact/", **fields: str) -> tuple[int, str]:
        """Fill in the form and send it; status and page."""
        body = urlencode(FORM | {"token": self.token()} | fields).encode()
        status, _headers, page = self.ask("POST", path, body, Content_Type="application/x-www-form-urlencoded")
        return status, page.decode()

    def logs(self) -> str:
        return "".join(path.read_text("utf-8", "replace") for path in self.folder.glob("*.log"))


@contextlib.contextmanager
def production(folder: Path, **settings: str) -> Iterator[Production]:
    """The set-up without a process running yet; whatever was started is ended."""
    setup = Production(folder, settings)
    try:
        yield setup
    finally:
        setup.stop()


def megabytes(pid: int) -> float:
    """The resident memory of the largest among a process and those that it started."""
    sizes = [0.0]
    with contextlib.suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in (pid, *children):
            found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{one}/status").read_text())
            sizes.append(int(found[1]) / 1024 if found else 0.0)
    return max(sizes)

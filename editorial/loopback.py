"""A server on this machine for the editor's own browser, and what keeps the other pages that are open there away from it."""

import mimetypes
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Answer = tuple[HTTPStatus, str, bytes]
PLAIN = "text/plain; charset=utf-8"
OWN_NAMES = {"127.0.0.1", "localhost"}
BY_ANOTHER_NAME: Answer = (HTTPStatus.MISDIRECTED_REQUEST, PLAIN, b"Open dit als http://127.0.0.1 met de poort erachter.")


class LoopbackHandler(BaseHTTPRequestHandler):
    """Answers whole, and says nothing of what is asked."""

    def has_own_name(self) -> bool:
        """Whether it is asked under one of this machine's own names: another site could let its name lead here."""
        return re.sub(r":\d+$", "", self.headers.get("Host", "")) in OWN_NAMES

    def send(self, answer: Answer, headers: Mapping[str, str]) -> None:
        """Give this answer, with these headers beside its own."""
        status, kind, content = answer
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing of what the browser asks."""


def file_in(folder: Path, path: Path) -> tuple[str, bytes] | None:
    """The kind and the content of a file of this folder; None for what is none, or lies elsewhere."""
    try:
        if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
            return None
    # A name that no file can have.
    except OSError:
        return None
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream", path.read_bytes()


def listening(handler: Callable[..., LoopbackHandler], port: int) -> ThreadingHTTPServer:
    """Be ready to answer on loopback; the caller decides how long."""
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    return server

"""Serves the editor on this machine, and keeps every other page of the editor's browser away from it.

Only requests for this machine's own names are answered, none that another site makes, and saving takes a secret that is new at
each start and that only the editor's own page can read.
"""

import functools
import hmac
import json
import secrets
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from pathlib import Path

from editorial.editor.config import configuration
from editorial.editor.folder import API, BRANCH, EDITOR, REPOSITORY, Folder
from editorial.loopback import BY_ANOTHER_NAME, PLAIN, Answer, LoopbackHandler, file_in, listening

MOST_BYTES = 8_000_000
PREVIEW = "http://127.0.0.1:8000/"
# Sveltia styles by script; everything else is its own.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self' data: blob:; worker-src 'self' blob:; frame-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class _Handler(LoopbackHandler):
    def __init__(self, desk: Path, folder: Folder, token: str, *arguments: object) -> None:
        self._desk, self._folder, self._token = desk, folder, token
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:  # noqa: N802 - the name of the base class
        """The editor's own files, its settings, and what it reads."""
        self.send(self._guarded("GET", b""), HEADERS)

    def do_POST(self) -> None:  # noqa: N802 - the name of the base class
        """What it saves."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            self.close_connection = True
            self.send(_plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Dit bestand is te groot."), HEADERS)
            return
        self.send(self._guarded("POST", self.rfile.read(int(length))), HEADERS)

    def _guarded(self, method: str, body: bytes) -> Answer:
        host = self.headers.get("Host", "")
        origin = self.headers.get("Origin", f"http://{host}")
        if not self.has_own_name() or origin != f"http://{host}":
            return BY_ANOTHER_NAME
        path = self.path.partition("?")[0]
        # A link may lead here; nothing of another page may load or send anything.
        site = self.headers.get("Sec-Fetch-Site", "none")
        if site not in ("same-origin", "none") and not (path == "/" and self.headers.get("Sec-Fetch-Mode") == "navigate"):
            return _plain(HTTPStatus.FORBIDDEN, "Alleen de editor zelf mag dit.")
        if path.startswith(f"{API}/"):
            if not hmac.compare_digest(self.headers.get("Authorization", "").encode(), f"token {self._token}".encode()):
                return _plain(HTTPStatus.UNAUTHORIZED, "Laad deze pagina opnieuw.")
            return self._folder.answer(method, self.path, body)
        return self._own(path, host) if method == "GET" else _plain(HTTPStatus.NOT_FOUND, "Dit is er niet.")

    def _own(self, path: str, host: str) -> Answer:
        if path == "/config.json":
            told = configuration("forgejo", REPOSITORY, f"http://{host}", preview=PREVIEW)
            told["backend"] |= {"branch": BRANCH}
            here = {"token": self._token, "login": EDITOR["login"], "name": EDITOR["full_name"], "email": EDITOR["email"]}
            return HTTPStatus.OK, "application/json", json.dumps({**told, "here": here}, ensure_ascii=False).encode()
        found = file_in(self._desk, self._desk / (path.lstrip("/") or "index.html"))
        if not found:
            return _plain(HTTPStatus.NOT_FOUND, "Dit is er niet.")
        kind, content = found
        return HTTPStatus.OK, f"{kind}; charset=utf-8" if kind.startswith("text/") else kind, content


def _plain(status: HTTPStatus, words: str) -> Answer:
    return status, PLAIN, words.encode()


def serve(root: Path, desk: Path, port: int, folder: Folder | None = None) -> ThreadingHTTPServer:
    """Be ready to answer on loopback; the caller decides how long."""
    return listening(functools.partial(_Handler, desk, folder or Folder(root), secrets.token_urlsafe(32)), port)

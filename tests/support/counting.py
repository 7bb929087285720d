"""A stretch of network between a browser and the web server, on which somebody counts the bytes and can read none."""

import socket
import threading
from typing import Self


class Wire:
    """Passes everything on to a port of this machine, and counts what the browser sent and received."""

    def __init__(self, port: int) -> None:
        self._target, self._server = port, socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.sent = self.received = 0
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_fault: object) -> None:
        for one in (self._server, *self._open):
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _address = self._server.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            self._open += [near, far]
            threading.Thread(target=self._pass, args=(near, far, "sent"), daemon=True).start()
            threading.Thread(target=self._pass, args=(far, near, "received"), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, way: str) -> None:
        try:
            while part := source.recv(65536):
                setattr(self, way, getattr(self, way) + len(part))
                target.sendall(part)
        except OSError:
            pass

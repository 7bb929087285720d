"""Marionette, the protocol by which Firefox and Thunderbird let themselves be driven: JSON with its length before it."""

import json
import socket
from typing import Any


class Marionette:
    """A session with the program that listens on this port of the loopback interface."""

    def __init__(self, port: int, timeout_seconds: float) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout_seconds)
        self._stream = self._socket.makefile("rwb")
        self._number = 0
        self._read()
        self.command("WebDriver:NewSession")

    def command(self, name: str, **parameters: object) -> Any:
        """Run one command and give what it answers; a fault of the program fails the test."""
        self._number += 1
        text = json.dumps([0, self._number, name, parameters]).encode()
        self._stream.write(f"{len(text)}:".encode() + text)
        self._stream.flush()
        _kind, _number, fault, result = self._read()
        assert fault is None, fault["message"]
        return result

    def close(self) -> None:
        """Hang up; the program goes on."""
        self._stream.close()
        self._socket.close()

    def _read(self) -> Any:
        size = b""
        while (digit := self._stream.read(1)) != b":":
            size += digit
        return json.loads(self._stream.read(int(size)))

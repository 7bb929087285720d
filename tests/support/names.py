"""A name server on loopback that knows a few records, for programs that judge a mail by them."""

import socket
import struct
import threading
from collections.abc import Mapping

_KINDS = {"A": 1, "PTR": 12, "MX": 15, "TXT": 16}


class Names:
    """Answers by UDP (RFC 1035), "no such name" for all else."""

    def __init__(self, records: Mapping[tuple[str, str], str]) -> None:
        self._records = {(name.lower(), _KINDS[kind]): _data(kind, value) for (name, kind), value in records.items()}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]

    def start(self) -> "Names":
        """Answer from now on."""
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def stop(self) -> None:
        """Answer no more."""
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                question, asker = self._socket.recvfrom(4096)
                self._socket.sendto(self._answer(question), asker)
            except OSError:
                return

    def _answer(self, question: bytes) -> bytes:
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1 : at + 1 + question[at]].decode("ascii", "replace"))
            at += 1 + question[at]
        (kind,) = struct.unpack_from(">H", question, at + 1)
        name = ".".join(labels).lower()
        data = self._records.get((name, kind))
        is_known = any(name == known or known.endswith(f".{name}") for known, _ in self._records)
        head = question[:2] + struct.pack(">HHHHH", 0x8580 | (0 if is_known else 3), 1, 1 if data else 0, 0, 0)
        found = struct.pack(">HHHIH", 0xC00C, kind, 1, 60, len(data)) + data if data else b""
        return head + question[12 : at + 5] + found


def _name(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def _data(kind: str, value: str) -> bytes:
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "TXT":
        return bytes([len(value)]) + value.encode()
    return (struct.pack(">H", 10) if kind == "MX" else b"") + _name(value)

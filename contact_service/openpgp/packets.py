"""OpenPGP data, taken apart into packets by their headers alone: nothing inside of them is followed or unpacked.

No library does it so (measured with pysequoia 0.1.35): that unpacks a compressed packet as it reads, 200 KB into 200 MB, and
takes armor in the midst of binary data for what was meant.
"""

from collections.abc import Iterable, Iterator
from io import BytesIO

# Packet types (RFC 9580 section 5).
SESSION_KEY, SIGNATURE, SECRET_KEY, PUBLIC_KEY, SECRET_SUBKEY, USER_ID, SUBKEY, PROTECTED_DATA = 1, 2, 5, 6, 7, 13, 14, 18


class PacketsDamaged(ValueError):
    """Not a row of whole packets, each with its length."""


def read_packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and body of each packet; raises PacketsDamaged."""
    source = BytesIO(data)
    while source.tell() < len(data):
        tag, more = _number(source, 1), False
        if tag >= 0xC0:
            kind, (length, more) = tag & 0x3F, _length(source)
        elif tag >= 0x80 and tag & 3 < 3:
            kind, length = tag >> 2 & 0x0F, _number(source, 1 << (tag & 3))
        else:
            raise PacketsDamaged("not a packet with a length")
        body = _taken(source, length)
        if more and (kind != PROTECTED_DATA or length < 512):
            raise PacketsDamaged("in parts where that is not allowed (RFC 9580 section 4.2.1.4)")
        while more:
            length, more = _length(source)
            body += _taken(source, length)
        yield kind, body


def write_packets(packets: Iterable[tuple[int, bytes]]) -> bytes:
    """The same as data again, each with the header of today."""
    return b"".join(bytes([0xC0 | kind, 0xFF]) + len(body).to_bytes(4) + body for kind, body in packets)


def _length(source: BytesIO) -> tuple[int, bool]:
    """The length of a packet's next part, and whether more parts follow."""
    first = _number(source, 1)
    if 192 <= first < 224:
        return (first - 192 << 8) + _number(source, 1) + 192, False
    if 224 <= first < 255:
        return 1 << (first & 0x1F), True
    return (first if first < 192 else _number(source, 4)), False


def _number(source: BytesIO, length: int) -> int:
    return int.from_bytes(_taken(source, length))


def _taken(source: BytesIO, length: int) -> bytes:
    taken = source.read(length)
    if len(taken) < length:
        raise PacketsDamaged("cut off")
    return taken

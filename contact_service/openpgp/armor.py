"""The text form of an OpenPGP message, with its checksum: what was damaged on the way is never called "received"."""

import re
from binascii import Error, a2b_base64

MAX_CHARACTERS = 56_000  # the largest bucket for a dozen RSA-4096 keys; longer texts are not even looked at

# RFC 9580 calls the checksum optional. Without one, gpg 2.2 may read the last line as data (fuzzing found it).
_MESSAGE = re.compile(
    "-----BEGIN PGP MESSAGE-----\r?\n\r?\n((?:[A-Za-z0-9+/]{1,76}={0,2}\r?\n)+)"
    "=([A-Za-z0-9+/]{4})\r?\n-----END PGP MESSAGE-----(?:\r?\n)?"
)
_GENERATOR, _START = 0x1864CFB, 0xB704CE


class ArmorDamaged(Exception):
    """Not exactly one armored message, with nothing before, in or behind it, and with the right checksum."""


def dearmored(text: str) -> bytes:
    """The packets of the one message in the text.

    Raises ArmorDamaged.
    """
    found = _MESSAGE.fullmatch(text) if len(text) <= MAX_CHARACTERS else None
    try:
        data = a2b_base64(found[1].replace("\r", "").replace("\n", ""), strict_mode=True) if found else b""
    except Error:
        data = b""
    if not found or checksum(data) != int.from_bytes(a2b_base64(found[2])):
        raise ArmorDamaged
    return data


def is_armored(text: str) -> bool:
    """Whether the text is an armored message as gpg writes it, whatever is in it."""
    begin, end = "-----BEGIN PGP MESSAGE-----\n", "-----END PGP MESSAGE-----\n"
    return text.startswith(begin) and text.endswith(end) and text.count("-----BEGIN") == 1


def checksum(data: bytes) -> int:
    """CRC-24 (RFC 9580 section 6.1.1) of at least three bytes.

    It folds the long number onto itself until little is left: 0.1 ms for 32 KiB, where byte after byte takes 3 ms.
    """
    rest = int.from_bytes(data) << 24 ^ _START << 8 * len(data)
    for doublings in reversed(range((8 * MAX_CHARACTERS // _MULTIPLE[0]).bit_length())):
        length, *places = (place << doublings for place in _MULTIPLE)
        while high := rest >> length:
            rest ^= high << length ^ high
            for place in places:
                rest ^= high << place
    remainder = 0
    for byte in rest.to_bytes((_MULTIPLE[0] + 7) // 8):
        remainder = (remainder << 8 & 0xFFFFFF | byte) ^ _REMAINDERS[remainder >> 16]
    return remainder


def _remainder(value: int) -> int:
    while value.bit_length() > 24:
        value ^= _GENERATOR << value.bit_length() - 25
    return value


# The generator divides x^1257 + x^24 + x^16 + 1, and so its square, x^2514 + x^48 + x^32 + 1, and so on: with four places
# each, a fold takes few steps. Of all such multiples below x^2500 this one has the lowest places after its first.
_MULTIPLE = (1257, 24, 16)
_REMAINDERS = [_remainder(byte << 24) for byte in range(256)]

"""The text form of an OpenPGP message, with its checksum: what was damaged on the way is never called "received".

Strict where libraries are lenient: exactly one block, nothing around it, no headers in it.
"""

from base64 import encodebytes
from binascii import a2b_base64, b2a_base64

from anycrc import Model

MAX_CHARACTERS = 100_000  # the largest bucket for seventy RSA-4096 keys; longer texts are not even looked at

_BEGIN, _END = "-----BEGIN PGP MESSAGE-----", "-----END PGP MESSAGE-----"
_LINE_LENGTHS = frozenset(range(1, 77))
_CRC24 = Model("CRC24-OPENPGP")


class ArmorDamaged(Exception):
    """Not exactly one armored message, with nothing before, in or behind it, and with the right checksum."""


def dearmored(text: str) -> bytes:
    """The packets of the one message in the text.

    Raises ArmorDamaged. RFC 9580 calls the checksum optional, but without one, gpg 2.2 may read the last line as data.
    """
    try:
        if len(text) > MAX_CHARACTERS:
            raise ValueError
        # Asked first: to look for the pair in a text without any took a fifth of the whole check.
        text = text.replace("\r\n", "\n") if "\r" in text else text
        begin, blank, *lines, told, end = text.removesuffix("\n").split("\n")
        if (begin, blank, told[:1], end) != (_BEGIN, "", "=", _END) or not set(map(len, lines)) <= _LINE_LENGTHS:
            raise ValueError
        data = a2b_base64("".join(lines), strict_mode=True)
        if not data or a2b_base64(told[1:], strict_mode=True) != checksum(data):
            raise ValueError
    except ValueError:
        raise ArmorDamaged from None
    return data


def is_armored(text: str) -> bool:
    """Whether the text is an armored message as gpg writes it, whatever is in it."""
    return text.startswith(f"{_BEGIN}\n") and text.endswith(f"{_END}\n") and text.count("-----BEGIN") == 1


def armored_key(packets: bytes) -> bytes:
    """A public key in its text form."""
    text = f"{encodebytes(packets).decode()}={b2a_base64(checksum(packets)).decode()}"
    return f"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{text}-----END PGP PUBLIC KEY BLOCK-----\n".encode()


def checksum(data: bytes) -> bytes:
    """CRC-24 (RFC 9580 section 6.1.1)."""
    return int(_CRC24.calc(data)).to_bytes(3)

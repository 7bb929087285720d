"""What the packets of a key say that gpg is not asked about: which of them count today, and the fingerprint."""

import hashlib
from collections.abc import Iterable, Iterator

from contact_service.openpgp.packets import PUBLIC_KEY, SECRET_KEY, SECRET_SUBKEY, SIGNATURE, SUBKEY


def of_today(packets: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Without subkeys of another version than their key's, and without signatures of a version to come.

    Whoever does not know them should pass over them (RFC 9580 section 10.1.3), but gpg 2.2 then refuses the whole key.
    """
    is_known, version = True, 4
    for tag, body in packets:
        if tag in (PUBLIC_KEY, SECRET_KEY, SUBKEY, SECRET_SUBKEY):
            version = body[0] if tag in (PUBLIC_KEY, SECRET_KEY) else version
            is_known = body[0] <= max(version, 4)
        if is_known and not (tag == SIGNATURE and body[:1] > b"\4" and version == 4):
            yield tag, body


def without_listeners(packets: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Without subkeys for which gpg 2.4 would lock beside the one that it was asked for ("ADSK"), such as an archive's.

    gpg 2.2 and browsers pass over them, and nobody but the adviser is to read.
    """
    subkey: list[tuple[int, bytes]] = []
    for tag, body in (*packets, (PUBLIC_KEY, b"")):
        if tag in (PUBLIC_KEY, SECRET_KEY, SUBKEY, SECRET_SUBKEY):
            listens = any(kind == SIGNATURE and len(flags := _flags(signed)) > 1 and flags[1] & 4 for kind, signed in subkey)
            yield from () if listens else subkey
            subkey = []
        subkey.append((tag, body))


def _flags(signature: bytes) -> bytes:
    """What a signature of version 4 says that its subkey is for (RFC 9580 section 5.2.3.29)."""
    hashed = signature[6 : 6 + int.from_bytes(signature[4:6])] if signature[:2] == b"\4\x18" else b""
    while hashed:
        first, size = hashed[0], 1 if hashed[0] < 192 else 2 if hashed[0] < 255 else 5
        length = [first, (first - 192 << 8) + int.from_bytes(hashed[1:2]) + 192, int.from_bytes(hashed[1:5])][size // 2]
        if hashed[size : size + 1] and hashed[size] & 0x7F == 27:
            return hashed[size + 1 : size + length]
        hashed = hashed[size + length :]
    return b""


def fingerprint_of(packets: Iterable[tuple[int, bytes]]) -> str:
    """Of the first key among them, one of version 4, whether its secret is there or not."""
    tag, found = next((tag, body) for tag, body in packets if tag in (PUBLIC_KEY, SECRET_KEY))
    body = _public_part(found) if tag == SECRET_KEY else found
    return hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body, usedforsecurity=False).hexdigest().upper()


def _public_part(secret: bytes) -> bytes:
    """What stands before the secret in a secret key packet: some numbers for each algorithm, for curves one after a name."""
    algorithm = secret[5]
    end = 7 + secret[6] if algorithm in (19, 22) else 6
    for _number in range({1: 2, 2: 2, 3: 2, 16: 3, 17: 4}.get(algorithm, 1)):
        end += 2 + (int.from_bytes(secret[end : end + 2], "big") + 7) // 8
    return secret[:end]

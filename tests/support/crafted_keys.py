"""Keys as no program at hand makes them, packet by packet (RFC 9580 sections 5 and 10): odd names, flags, dates and signatures.

Every part is of Curve 25519 as gpg writes it, without a passphrase.
"""

import hashlib
import secrets
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from contact_service.openpgp.armor import armored_key
from tests.support.key_maker import ADDRESS

DAY = 86_400
ED25519, CV25519 = bytes.fromhex("092b06010401da470f01"), bytes.fromhex("0a2b060104019755010501")
CERTIFY, SIGN, ENCRYPT, AUTHENTICATE = 1, 2, 12, 32
HASHES = {"sha1": 2, "sha256": 8, "sha512": 10}
SUBKEY_BINDING, DIRECT, CERTIFICATION, SUBKEY_REVOCATION, NAME_REVOCATION = 0x18, 0x1F, 0x13, 0x28, 0x30


def packet(tag: int, body: bytes) -> bytes:
    """One packet with the header of today."""
    return bytes([0xC0 | tag, 0xFF]) + struct.pack(">I", len(body)) + body


def number(value: bytes) -> bytes:
    """A multiprecision integer."""
    value = value.lstrip(b"\0")
    return struct.pack(">H", int.from_bytes(value).bit_length()) + value


def subpacket(kind: int, value: bytes) -> bytes:
    """A part of a signature; kinds from 128 on are critical."""
    length = len(value) + 1
    return (bytes([length]) if length < 192 else b"\xff" + struct.pack(">I", length)) + bytes([kind]) + value


@dataclass
class Part:
    """A primary key or a subkey: what is public, and what is secret."""

    body: bytes
    secret: bytes
    signer: Ed25519PrivateKey | None = None

    @property
    def material(self) -> bytes:
        """What signatures over it begin with."""
        return b"\x99" + struct.pack(">H", len(self.body)) + self.body

    @property
    def fingerprint(self) -> bytes:
        """Its 20 bytes."""
        return hashlib.sha1(self.material, usedforsecurity=False).digest()

    @property
    def unlocked(self) -> bytes:
        """The body of its secret packet."""
        return self.body + b"\0" + self.secret + struct.pack(">H", sum(self.secret) % 65536)


def signing_part(made: int) -> Part:
    """A new Ed25519 key, made at this second."""
    key = Ed25519PrivateKey.generate()
    body = b"\x04" + struct.pack(">I", made) + b"\x16" + ED25519 + number(b"\x40" + key.public_key().public_bytes_raw())
    return Part(body, number(key.private_bytes_raw()), key)


def encrypting_part(made: int) -> Part:
    """A new Curve 25519 key, made at this second."""
    key = X25519PrivateKey.generate()
    seed = bytearray(key.private_bytes_raw())
    seed[0], seed[31] = seed[0] & 248, seed[31] & 127 | 64
    public = number(b"\x40" + key.public_key().public_bytes_raw())
    body = b"\x04" + struct.pack(">I", made) + b"\x12" + CV25519 + public + bytes.fromhex("03010807")
    return Part(body, number(bytes(reversed(seed))))


@dataclass
class Crafted:
    """A key that grows packet by packet. Every time is counted in days from now."""

    days: float = -30
    # Public and secret packets, side by side.
    packets: list[tuple[bytes, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = int(time.time())
        self.primary = signing_part(self._at(self.days))
        self.packets.append((packet(6, self.primary.body), packet(5, self.primary.unlocked)))

    def _at(self, days: float) -> int:
        return int(self.now + days * DAY)

    def signed(
        self,
        kind: int,
        over: bytes,
        *parts: bytes,
        days: float | None = None,
        hashed: str = "sha256",
        by: Part | None = None,
    ) -> "Crafted":
        """Add a signature of this kind over the primary key and `over`, with these subpackets beside date and issuer."""
        by = by or self.primary
        made = subpacket(2, struct.pack(">I", self._at(self.days if days is None else days)))
        inside = made + subpacket(33, b"\x04" + by.fingerprint) + b"".join(parts)
        head = b"\x04" + bytes([kind, 22, HASHES[hashed]]) + struct.pack(">H", len(inside)) + inside
        digest = hashlib.new(hashed, self.primary.material + over + head + b"\x04\xff" + struct.pack(">I", len(head))).digest()
        outside = subpacket(16, by.fingerprint[-8:])
        assert by.signer
        signature = by.signer.sign(digest)
        body = head + struct.pack(">H", len(outside)) + outside + digest[:2] + number(signature[:32]) + number(signature[32:])
        return self.raw(2, body)

    def raw(self, tag: int, body: bytes) -> "Crafted":
        """Add a packet as it is."""
        self.packets.append((packet(tag, body),) * 2)
        return self

    def name(self, name: str | bytes, *parts: bytes, flags: int | None = CERTIFY, **how: object) -> "Crafted":
        """Add a user ID with its self-signature."""
        text = name.encode() if isinstance(name, str) else name
        said = [subpacket(27, bytes([flags]))] if flags is not None else []
        over = b"\xb4" + struct.pack(">I", len(text)) + text
        return self.raw(13, text).signed(CERTIFICATION, over, *said, *parts, **how)  # type: ignore[arg-type]

    def signed_again(self, **how: object) -> "Crafted":
        """Sign the last name once more."""
        return self.signed(CERTIFICATION, SAID, subpacket(27, bytes([CERTIFY])), **how)  # type: ignore[arg-type]

    def picture(self, size_bytes: int) -> "Crafted":
        """Add a photo (RFC 9580 section 5.12) with its self-signature."""
        content = b"\x01\x10\x00\x01\x01" + bytes(12) + b"\xff\xd8" + bytes(size_bytes)
        attribute = b"\xff" + struct.pack(">I", len(content)) + content
        over = b"\xd1" + struct.pack(">I", len(attribute)) + attribute
        return self.raw(17, attribute).signed(CERTIFICATION, over, subpacket(27, bytes([CERTIFY])))

    def subkey(self, *parts: bytes, days: float | None = None, flags: int | None = ENCRYPT, **how: object) -> "Crafted":
        """Add an encryption subkey with its binding signature; `since` in `how` tells when that was made."""
        since = how.pop("since", self.days if days is None else days)
        self.part = encrypting_part(self._at(self.days if days is None else days))
        self.packets.append((packet(14, self.part.body), packet(7, self.part.unlocked)))
        said = [subpacket(27, bytes([flags]))] if flags is not None else []
        return self.signed(SUBKEY_BINDING, self.part.material, *said, *parts, days=since, **how)  # type: ignore[arg-type]

    def large_subkey(self, bits: int, key: RSAPrivateKey | None = None) -> "Crafted":
        """Add an RSA subkey of this length; without a key, one that nobody has the secret of."""
        modulus, secret = secrets.randbits(bits) | 1 << bits - 1 | 1, b""
        if key:
            has = key.private_numbers()
            modulus, (p, q) = has.public_numbers.n, sorted((has.p, has.q))
            secret = b"".join(number(part.to_bytes(bits // 8)) for part in (has.d, p, q, pow(p, -1, q)))
        body = (
            b"\x04" + struct.pack(">I", self._at(self.days)) + b"\x01" + number(modulus.to_bytes(bits // 8)) + number(b"\1\0\1")
        )
        part = Part(body, secret)
        self.packets.append((packet(14, body), packet(7, part.unlocked)))
        return self.signed(SUBKEY_BINDING, part.material, subpacket(27, bytes([ENCRYPT])))

    def strange(self, tag: int, body: bytes) -> "Crafted":
        """Add a packet to the public half alone: the owner's own program would not take it either."""
        self.packets.append((packet(tag, body), b""))
        return self

    def public(self) -> bytes:
        """The key file."""
        return armored_key(b"".join(half for half, _ in self.packets))

    def secret(self) -> bytes:
        """The same with its secrets."""
        return armored_key(b"".join(half for _, half in self.packets)).replace(b"PGP PUBLIC", b"PGP PRIVATE")


def ends_after(days: float) -> bytes:
    """That a key ends so long after it was made."""
    return subpacket(9, struct.pack(">I", int(days * DAY)))


NAME = f"Adviseur <{ADDRESS}>"
SAID = b"\xb4" + struct.pack(">I", len(NAME)) + NAME.encode()


# A signature that ended after a day, and parts of one that nobody knows and nobody may pass over.
_STOPS = subpacket(3, struct.pack(">I", DAY))
_NOTE, _REVOKER = b"\x80\0\0\0\0\5\0\3a@b.cxyz", b"\x80\x16" + bytes(range(20))
_CRITICAL_REMARK, _CRITICAL = subpacket(0x80 | 20, b"\x80\0\0\0\0\3\0\3a@bxyz"), subpacket(0x80 | 99, b"x")


def _key(days: float = -30) -> Crafted:
    return Crafted(days).name(NAME)


def _colleague() -> Part:
    return signing_part(int(time.time()) - 20 * DAY)


def _revoked_newer(**how: str) -> Crafted:
    key = _key(-400).subkey(days=-390).subkey(days=-100)
    return key.signed(SUBKEY_REVOCATION, key.part.material, days=-1, **how)  # type: ignore[arg-type]


def _bound_again(*parts: bytes, flags: int = ENCRYPT, hashed: str = "sha256") -> Crafted:
    """Its newer subkey says something else since: gpg listens to that, and who refuses SHA-1 does not."""
    key = _key(-400).subkey(days=-390).subkey(days=-300)
    return key.signed(SUBKEY_BINDING, key.part.material, subpacket(27, bytes([flags])), *parts, days=-1, hashed=hashed)


def _another_s_subkey() -> Crafted:
    key, other = _key().subkey(), _key().subkey()
    key.packets[-2] = other.packets[-2]
    return key


def _many_names() -> Crafted:
    key = Crafted()
    for count in range(30):
        key.name(f"Adviseur <adviseur-{count}@vereniging.example>")
    return key.subkey()


# By what is special about each: the right verdict, and how it is made.
CRAFTED: dict[str, tuple[str, Callable[[], Crafted]]] = {
    "name with control characters": (
        "fit",
        lambda: Crafted().name("Jan\0 \x1b[31m\x07 fpr:::\nuid:u: <jan@x.example>").subkey(),
    ),
    "no name, empty": ("fit", lambda: Crafted().name("").subkey()),
    "30 names": ("fit", _many_names),
    "a name that nobody signed": ("fit", lambda: _key().raw(13, b"x <x@elders.example>").subkey()),
    "name that begins with a byte order mark": ("browser", lambda: Crafted().name("\ufeff" + NAME).subkey()),
    "name of 2,500 letters with accents": ("long-name", lambda: Crafted().name("\u00e9" * 2500).subkey()),
    "name of 2,500 letters with accents beside": ("fit", lambda: _key().name("\u00e9" * 2500).subkey()),
    "two names too long": ("long-name", lambda: Crafted().name("n" * 2039).name("m" * 4000).subkey()),
    "name of 2,038 letters": ("fit", lambda: Crafted().name("n" * 2038).subkey()),
    "all names revoked": ("browser", lambda: _key().signed(NAME_REVOCATION, SAID, days=-1).subkey()),
    "photo": ("fit", lambda: _key().picture(20_000).subkey()),
    "photo before the name": ("fit", lambda: Crafted().picture(20_000).name(NAME).subkey()),
    "direct-key signature": (
        "fit",
        lambda: Crafted().signed(DIRECT, b"", subpacket(27, b"\1")).name(NAME, flags=None).subkey(),
    ),
    "ended by a direct-key signature": (
        "expired",
        lambda: Crafted(-400).signed(DIRECT, b"", ends_after(30)).name(NAME).subkey(),
    ),
    "ends in an hour": ("fit", lambda: Crafted().name(NAME, ends_after(30 + 1 / 24)).subkey()),
    "newer subkey expired": ("fit", lambda: _key(-400).subkey(days=-390).subkey(ends_after(10), days=-100)),
    "newer subkey revoked": ("fit", _revoked_newer),
    "newer subkey to come": ("fit", lambda: _key(-400).subkey(days=-390).subkey(days=10)),
    "subkey to come alone": ("future", lambda: _key().subkey(days=10)),
    "subkey of another key": ("no-encryption", _another_s_subkey),
    "subkey to log in with": ("no-encryption", lambda: _key().subkey(flags=AUTHENTICATE)),
    "subkey beside to lock for as well": (
        "fit",
        lambda: _key(-400).subkey(days=-390).subkey(subpacket(27, b"\0\4"), flags=None, days=-100),
    ),
    "subkey for storage alone": ("fit", lambda: _key().subkey(flags=8)),
    "no flags": ("browser", lambda: Crafted().name(NAME, flags=None).subkey(flags=None)),
    "subkey bound with SHA-1": ("browser", lambda: _key().subkey(hashed="sha1")),
    "newer subkey bound with SHA-1": ("browser", lambda: _key(-400).subkey(days=-390).subkey(days=-100, hashed="sha1")),
    "older subkey bound with SHA-1": ("fit", lambda: _key(-400).subkey(days=-390, hashed="sha1").subkey(days=-100)),
    "newer subkey revoked with SHA-1": ("fit", lambda: _revoked_newer(hashed="sha1")),
    "newer subkey ended with SHA-1": ("fit", lambda: _bound_again(ends_after(200), hashed="sha1")),
    "newer subkey made to sign with SHA-1": ("fit", lambda: _bound_again(flags=SIGN, hashed="sha1")),
    "newer subkey that will be bound": ("browser", lambda: _key(-400).subkey(days=-390).subkey(days=-100, since=10)),
    "newer subkey whose binding ended": ("fit", lambda: _key(-400).subkey(days=-390).subkey(_STOPS, days=-100)),
    "newer subkey with a critical remark": ("fit", lambda: _key(-400).subkey(days=-390).subkey(_CRITICAL_REMARK, days=-100)),
    "newer subkey with something critical": ("fit", lambda: _key(-400).subkey(days=-390).subkey(_CRITICAL, days=-100)),
    "newer subkey without flags": ("browser", lambda: _key(-400).subkey(days=-390).subkey(days=-100, flags=None)),
    "two subkeys of one second, one with SHA-1": ("browser", lambda: _key().subkey(hashed="sha1").subkey()),
    "two subkeys of one second, the second with SHA-1": ("fit", lambda: _key().subkey().subkey(hashed="sha1")),
    "subkey whose binding ended": ("no-encryption", lambda: _key().subkey(_STOPS)),
    "name signed in SHA-1 and again": ("fit", lambda: Crafted().name(NAME, hashed="sha1").signed_again(days=-2).subkey()),
    "name signed and again in SHA-1": ("browser", lambda: _key().signed_again(days=-2, hashed="sha1").subkey()),
    "name that will be signed": ("browser", lambda: Crafted().name(NAME, days=10).subkey()),
    "name signed and again by a clock ahead": ("browser", lambda: _key().signed_again(days=10).subkey()),
    "name whose signature ended": ("browser", lambda: Crafted().name(NAME, _STOPS).subkey()),
    "name signed with something critical": ("unusable", lambda: Crafted().name(NAME, _CRITICAL).subkey()),
    "revoked with SHA-1": ("revoked", lambda: _key().subkey().signed(0x20, b"", days=-1, hashed="sha1")),
    "notation": ("fit", lambda: Crafted().name(NAME, subpacket(20, _NOTE)).subkey()),
    "name of two lines": ("fit", lambda: Crafted().name(f"Jo\r\nBcc: x@elders.example\r\n <{ADDRESS}>").subkey()),
    "name in UTF-16": ("fit", lambda: Crafted().name(NAME.encode("utf-16-le")).subkey()),
    "somebody else may revoke it": ("fit", lambda: _key().signed(DIRECT, b"", subpacket(12, _REVOKER)).subkey()),
    "somebody else may revoke it, said with the name": (
        "browser",
        lambda: Crafted().name(NAME, subpacket(12, _REVOKER)).subkey(),
    ),
    "every feature": ("fit", lambda: Crafted().name(NAME, subpacket(30, b"\xff"), subpacket(34, b"\2\1")).subkey()),
    "preferences of nobody": ("fit", lambda: Crafted().name(NAME, subpacket(11, b"\x6e"), subpacket(21, b"\x6e")).subkey()),
    "signed by a colleague": ("fit", lambda: _key().signed(0x10, SAID, days=-1, by=_colleague()).subkey()),
    "revocation by a colleague": ("fit", lambda: _key().signed(0x20, b"", days=-1, by=_colleague()).subkey()),
    "revoked, said last": ("revoked", lambda: _key().subkey().signed(0x20, b"", days=-1)),
    "signature of version 6 by a colleague": (
        "fit",
        lambda: _key().strange(2, b"\x06\x10\x1b\x0a" + bytes(10) + b"\x10" + b"s" * 80).subkey(),
    ),
    "subkey of version 6 beside": (
        "fit",
        lambda: _key().subkey().strange(14, b"\6" + bytes(4) + b"\x19\0\0\0\x20" + bytes(32)).strange(2, b"\6\x18" + bytes(80)),
    ),
    "subkey of version 5 beside, older": (
        "fit",
        lambda: _key().strange(14, b"\5" + bytes(4) + b"\x12\0\0\0\x20" + bytes(32)).strange(2, b"\4\x18" + bytes(80)).subkey(),
    ),
    "cut subkey": ("unusable", lambda: _key().subkey().strange(14, b"\4" + bytes(4) + b"\x12" + CV25519 + b"\x01\x07\x40")),
    "50,000 characters of remarks": (
        "unusable",
        lambda: Crafted().name(NAME, subpacket(20, b"\x80" + bytes(5) + b"\xc3\x50" + b"v" * 50_000)).subkey(),
    ),
    "packets of a program's own": ("fit", lambda: _key().strange(60, b"x" * 99).strange(12, b"\0\0").subkey()),
}
# What a newer gpg takes and an older one passes over.
OTHER_VERDICTS_OF_GPG_2_4 = {"name signed with something critical": "browser"}

"""The key files in the folder: what each holds, told from its OpenPGP packets (RFC 9580) without trusting any of it.

gpg shows nothing of a key that it does not know.
"""

import base64
import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import time

from contact_service.openpgp.key_packets import fingerprint_of, of_today, without_listeners
from contact_service.openpgp.packets import PUBLIC_KEY, SECRET_KEY, SIGNATURE, USER_ID, read_packets, write_packets

MAX_KEY_FILE_BYTES = 1_000_000
# gpg 2.2 and 2.4 pass over a longer one (measured).
LONGEST_NAME_BYTES = 2038
# Algorithms as RFC 9580 writes them (gpg knows some under older numbers), post-quantum ones, and the Kyber of gpg 2.5.
UNKNOWN_TO_GPG = (8, *range(25, 256))

# Sequoia calls a revocation a signature. Whatever else of OpenPGP stands around a key, such as a message, is none.
_BEGIN = rb"-----BEGIN PGP (?:PUBLIC|PRIVATE|SIGNATURE)\b"
_BLOCK = re.compile(_BEGIN + rb"[A-Z ]*-----[ \t]*\n(.*?)^[>|\s]*-----END PGP ", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class KeyFile:
    """One file: the fingerprint of its only key, or the code of what keeps it from being used (see `keys.SENTENCES`)."""

    name: str
    fault: str
    fingerprint: str = ""
    packets: bytes = b""

    @property
    def revokes(self) -> bool:
        """Whether it begins with a revocation: gpg takes that once the key that it is for is there."""
        return bool(self.packets) and next(read_packets(self.packets))[0] == SIGNATURE


def read_key_files(folder: Path) -> list[KeyFile]:
    """Every key file, also those that cannot be read or used; raises OSError when the folder itself cannot be read."""
    files = []
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() == ".asc"):
        try:
            # Whatever else may lie there: a pipe would keep its reader waiting for ever.
            if not path.is_file():
                raise OSError
            with path.open("rb") as file:
                files.append(inspect(path.name, file.read(MAX_KEY_FILE_BYTES + 1)))
        except OSError:
            files.append(KeyFile(path.name, "unreadable"))
    return files


def other_files(folder: Path) -> list[str]:
    """The files beside them that nobody looks at, such as a key that was saved under another name."""
    return sorted(path.name for path in folder.iterdir() if path.suffix.lower() != ".asc" and path.name[0] != ".")


def grouped(fingerprint: str) -> str:
    """The fingerprint in groups of four, as people compare it on the phone."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))


def inspect(name: str, data: bytes) -> KeyFile:
    """What the file with this content holds."""
    if not data.strip():
        return KeyFile(name, "empty")
    if len(data) > MAX_KEY_FILE_BYTES:
        return KeyFile(name, "too-large")
    try:
        packets = list(without_listeners(of_today(read_packets(_dearmored(data)))))
        fault = _fault(packets)
        is_one_key = fault in ("", "no-user-id", "name", "long-name", "secret", "future")
        return KeyFile(name, fault, fingerprint_of(packets) if is_one_key else "", write_packets(packets))
    except (ValueError, IndexError):
        return KeyFile(name, "damaged")


def _dearmored(data: bytes) -> bytes:
    """The binary packets. Line ends of any kind, marks of quoting and text around the block do no harm; a lost end does."""
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        # As PowerShell writes what a program prints.
        data = data.decode("utf-16").encode()
    if data[0] in (0xC5, 0xC6, *range(0x94, 0x9C)):
        return data
    # What a web page and a signature around the text put into it (RFC 9580 section 7.2).
    text = re.sub(rb"\r+\n?", b"\n", data).replace(b"\xc2\xa0", b" ").replace(b"- -----", b"-----")
    blocks = _BLOCK.findall(text)
    if len(blocks) != len(re.findall(_BEGIN, text)):
        raise ValueError
    return b"".join(_decoded(block) for block in blocks)


def _decoded(block: bytes) -> bytes:
    lines = [line.strip(b" \t>|") for line in block.splitlines()]
    # Headers such as "Comment: ..." end at an empty line, where that was not lost; the checksum starts with "=".
    return base64.b64decode(b"".join(line for line in lines if b":" not in line and not line.startswith(b"=")), validate=True)


def _fault(packets: list[tuple[int, bytes]]) -> str:
    tags = [tag for tag, _body in packets]
    if SECRET_KEY in tags:
        return "secret"
    if PUBLIC_KEY not in tags:
        return "revocation" if set(tags) == {SIGNATURE} else "not-a-key"
    if any(body[0] < 4 for tag, body in packets if tag == PUBLIC_KEY):
        return "weak"
    if any(body[0] > 4 or body[5] in UNKNOWN_TO_GPG for tag, body in packets if tag == PUBLIC_KEY):
        return "too-new"
    if len({body for tag, body in packets if tag == PUBLIC_KEY}) > 1:
        return "several"
    names = [body for tag, body in packets if tag == USER_ID]
    if not names:
        return "no-user-id"
    if min(map(len, names)) > LONGEST_NAME_BYTES:
        return "long-name"
    if not has_name_for_browsers(packets):
        return "name"
    # gpg 2.2 takes such a key for none, 2.4 for one that cannot encrypt.
    made_at = next(int.from_bytes(body[1:5]) for tag, body in packets if tag == PUBLIC_KEY)
    return "future" if made_at > time() else ""


def has_name_for_browsers(packets: Iterable[tuple[int, bytes]]) -> bool:
    """Whether there is a user ID in UTF-8: OpenPGP.js reads each as such, and of another finds no signature right for it."""
    return any(tag == USER_ID and len(name) <= LONGEST_NAME_BYTES and _is_utf_8(name) for tag, name in packets)


def _is_utf_8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True

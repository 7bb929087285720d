"""Whether a key can be used: every pinned key is judged here, and nowhere else."""

import logging
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gnupg

from contact_service.advisers import Adviser

# python-gnupg logs recipients at DEBUG.
logging.getLogger("gnupg").setLevel(logging.WARNING)

# No configuration, no agent left behind, no network, no lock on a seed file (8 threads: 474 instead of 129 messages/s).
_OPTIONS = [
    "--no-options",
    "--no-autostart",
    "--disable-dirmngr",
    "--no-auto-key-locate",
    "--no-auto-check-trustdb",
    "--no-random-seed-file",
    "--no-encrypt-to",
    "--no-emit-version",
    "--no-comments",
]
MAX_KEY_FILE_BYTES = 1_000_000

# What gpg says of one key or subkey (its DETAILS file), as python-gnupg names it.
Key = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """Whether one pinned key can be used. `code` is for machines, `sentence` for people; "fit" is the only good code."""

    adviser: str
    fingerprint: str
    code: str
    sentence: str
    usable_until: datetime | None = None

    def is_fit(self, now: datetime) -> bool:
        """True while the key can encrypt. Asked again for every submission, since a key may expire meanwhile."""
        return self.code == "fit" and (self.usable_until is None or now < self.usable_until)


def open_gpg(home: Path, *options: str) -> gnupg.GPG:
    """gpg on this home folder, with nothing of the machine's or the user's own configuration."""
    return gnupg.GPG(gnupghome=str(home), options=[*_OPTIONS, *options])


def read_key_files(folder: Path) -> dict[str, bytes]:
    """The content of each key file by its name; empty where the file cannot be read."""
    return {path.name: _read(path) for path in sorted(folder.glob("*.asc"))}


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_KEY_FILE_BYTES + 1)
    except OSError:
        return b""


def judge(advisers: Iterable[Adviser], files: Mapping[str, bytes]) -> list[Verdict]:
    """A verdict on every pinned fingerprint, whatever the files hold."""
    with tempfile.TemporaryDirectory(prefix="contact-judge-") as home:
        gpg = open_gpg(Path(home))
        scans = [gpg.scan_keys_mem(data) for data in files.values() if data]
    now = datetime.now(UTC)
    return [
        Verdict(adviser.name, fingerprint, *_judge_key(_found_with(fingerprint, scans), now))
        for adviser in advisers
        for fingerprint in adviser.fingerprints
    ]


def _found_with(fingerprint: str, scans: list[list[Key]]) -> list[Key]:
    """Every key in the files that hold the key with this fingerprint."""
    return [key for keys in scans if any(key.get("fingerprint") == fingerprint for key in keys) for key in keys]


def _judge_key(found: list[Key], now: datetime) -> tuple[str, str, datetime | None]:
    """Code, sentence and last usable moment of a key, given all keys found together with it."""
    if not found:
        return "missing", "No file in the key folder holds this key.", None
    if any(key["type"] == "sec" for key in found):
        return "secret", "The file holds a secret key. Remove it here and ask the adviser for a new key.", None
    if len(found) > 1:
        return "several", "The key stands in two files, or in one with another key. Keep one file with this key alone.", None
    key = found[0]
    if key["trust"] == "r":
        return "revoked", "The key was revoked. Ask the adviser for a new key.", None
    parts = [part for part in [key, *key.get("subkey_info", {}).values()] if "e" in part["cap"] and part["trust"] != "r"]
    if not parts:
        return "no-encryption", "The key cannot receive encrypted mail: it has no encryption subkey.", None
    ends = [min((end for end in (_end(key), _end(part)) if end), default=None) for part in parts]
    until = None if None in ends else max(end for end in ends if end)
    if until and until <= now:
        return "expired", f"The key expired on {until:%d-%m-%Y}. Ask the adviser for the prolonged key.", until
    in_force = [part for part, end in zip(parts, ends, strict=True) if end is None or end > now]
    if any(_is_weak(part) for part in [key, *in_force]):
        return "weak", "The key is too weak: RSA needs 3072 bits, or use Curve 25519.", until
    return "fit", f"Usable until {until:%d-%m-%Y}." if until else "Usable, no end date.", until


def encryption_subkeys(key: Key, now: datetime) -> dict[str, int]:
    """The id and the algorithm of each part of the key that mail can be encrypted to now."""
    parts = [key, *key.get("subkey_info", {}).values()]
    usable = [part for part in parts if "e" in part["cap"] and part["trust"] not in ("r", "e", "d", "i")]
    return {part["keyid"]: int(part["algo"]) for part in usable if (_end(part) or now) >= now}


def _end(part: Key) -> datetime | None:
    return datetime.fromtimestamp(int(part["expires"]), UTC) if part["expires"] else None


def _is_weak(part: Key) -> bool:
    # OpenPGP algorithm numbers (RFC 9580 section 9.1): 1 to 3 RSA; 18, 19, 22, 25 to 28 elliptic curves; others are old.
    algorithm = int(part["algo"])
    return int(part["length"]) < 3072 if algorithm <= 3 else algorithm not in (18, 19, 22, 25, 26, 27, 28)

"""OpenPGP, and the only module that knows it: judge keys, keep those in force in a frozen keyring, encrypt.

gpg refuses expired and revoked keys where libraries in process do not (crypto research 1.2), and here only fingerprints
pinned in `advisers.toml` are ever named to it. Nothing else in the service may hold or see a key.
"""

import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gnupg

from contact_service.advisers import Adviser, Association

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


class NoFitKey(Exception):
    """Nobody is left who could read a submission for this association."""


class EncryptionFailed(Exception):
    """gpg did not produce one complete armored message; nothing may be sent."""


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


class Keyring:
    """The pinned keys that were fit when the service started, in a folder that nobody writes to any more."""

    def __init__(self, associations: Iterable[Association], keys: Path, home: Path) -> None:
        """Judge the pinned keys among the files in `keys` and freeze the fit ones in a new folder under `home`."""
        advisers = [adviser for association in associations for adviser in association.advisers]
        files = {path.name: _read(path) for path in sorted(keys.iterdir()) if path.suffix == ".asc"}
        self.verdicts = _judged(advisers, files)
        fit = {verdict.fingerprint for verdict in self.verdicts if verdict.code == "fit"}
        self._gpg = _gpg(_frozen(files.values(), fit, home), "--lock-never")

    def readers(self, association: Association, now: datetime) -> tuple[Adviser, ...]:
        """The advisers of the association who can read a mail now."""
        return tuple(adviser for adviser in association.advisers if self._fit(adviser, now))

    def encrypt(self, plaintext: bytes, association: Association, now: datetime) -> str:
        """One armored message for all fit keys of the association's advisers.

        Raises NoFitKey, or EncryptionFailed; in both cases nothing may be sent.
        """
        recipients = [key for adviser in association.advisers for key in self._fit(adviser, now)]
        if not recipients:
            raise NoFitKey(association.name)
        # Compression would undo the padding (1000 equal bytes became 301, crypto research 1.3).
        options = ["--compress-algo", "none", "--set-filename", ""]
        result = self._gpg.encrypt(plaintext, recipients, always_trust=True, extra_args=options)
        armored = str(result)
        if not (result.ok and result.returncode == 0 and _is_armored(armored)):
            raise EncryptionFailed(result.status)
        return armored

    def _fit(self, adviser: Adviser, now: datetime) -> list[str]:
        return [v.fingerprint for v in self.verdicts if v.adviser == adviser.name and v.is_fit(now)]


def _gpg(home: Path, *options: str) -> gnupg.GPG:
    return gnupg.GPG(gnupghome=str(home), options=[*_OPTIONS, *options])


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_KEY_FILE_BYTES + 1)
    except OSError:
        return b""


def _judged(advisers: Iterable[Adviser], files: dict[str, bytes]) -> list[Verdict]:
    with tempfile.TemporaryDirectory(prefix="contact-judge-") as home:
        scan = _gpg(Path(home)).scan_keys_mem
        found = {key["fingerprint"]: (keys, key) for data in files.values() for keys in [scan(data)] for key in keys}
    now = datetime.now(UTC)
    return [
        Verdict(adviser.name, fingerprint, *_judge(*found.get(fingerprint, ([], None)), now))
        for adviser in advisers
        for fingerprint in adviser.fingerprints
    ]


def _judge(keys: list[Key], key: Key | None, now: datetime) -> tuple[str, str, datetime | None]:
    """Code, sentence and last usable moment of `key`, given all keys found in the same file."""
    if key is None:
        return "missing", "No file in the key folder holds this key.", None
    if any(entry["type"] == "sec" for entry in keys):
        return "secret", "The file holds a secret key. Remove it here and ask the adviser for a new key.", None
    if len(keys) > 1:
        return "several", "The file holds more than one key. Export this key alone.", None
    if key["trust"] == "r":
        return "revoked", "The key was revoked. Ask the adviser for a new key.", None
    usable = [part for part in [key, *key["subkey_info"].values()] if "e" in part["cap"] and part["trust"] != "r"]
    if not usable:
        return "no-encryption", "The key cannot receive encrypted mail: it has no encryption subkey.", None
    ends = [min((end for end in (_end(key), _end(part)) if end), default=None) for part in usable]
    until = None if None in ends else max(end for end in ends if end)
    if until and until <= now:
        return "expired", f"The key expired on {until:%d-%m-%Y}. Ask the adviser for the prolonged key.", until
    if any(_is_weak(part) for part in [key, *usable]):
        return "weak", "The key is too weak: RSA needs 3072 bits, or use Curve 25519.", until
    return "fit", f"Usable until {until:%d-%m-%Y}." if until else "Usable, no end date.", until


def _end(part: Key) -> datetime | None:
    return datetime.fromtimestamp(int(part["expires"]), UTC) if part["expires"] else None


def _is_weak(part: Key) -> bool:
    # OpenPGP algorithm numbers (RFC 9580 section 9.1): 1 to 3 RSA; 18, 19, 22, 25 to 28 elliptic curves; others are old.
    algorithm = int(part["algo"])
    return int(part["length"]) < 3072 if algorithm <= 3 else algorithm not in (18, 19, 22, 25, 26, 27, 28)


def _frozen(files: Iterable[bytes], fingerprints: set[str], home: Path) -> Path:
    """A keyring with exactly these keys, in a folder named after its content; made once and then never written to."""
    holding = [data for data in files if data]
    name = hashlib.sha256(b"\0".join([*sorted(holding), *(f.encode() for f in sorted(fingerprints))])).hexdigest()
    frozen = home / f"keyring-{name[:16]}"
    if frozen.is_dir():
        return frozen
    home.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix="making-", dir=home))
    gpg = _gpg(making)
    for data in holding:
        keys = gpg.scan_keys_mem(data)
        if len(keys) == 1 and keys[0]["fingerprint"] in fingerprints:
            gpg.import_keys(data)
    try:
        os.rename(making, frozen)
    except OSError:
        # Another process of the service was first with the same content.
        shutil.rmtree(making)
    return frozen


def _is_armored(text: str) -> bool:
    begin, end = "-----BEGIN PGP MESSAGE-----\n", "-----END PGP MESSAGE-----\n"
    return text.startswith(begin) and text.endswith(end) and text.count("-----BEGIN") == 1

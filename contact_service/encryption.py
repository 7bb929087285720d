"""Encryption: the pinned keys that are fit, frozen in a keyring, and the one way to lock a message for them.

gpg refuses expired and revoked keys where libraries in process do not (crypto research 1.2), and only full fingerprints that
are pinned in `advisers.toml` are ever named to it.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from contact_service import ciphertext
from contact_service.advisers import Adviser, Association
from contact_service.keys import Verdict, encryption_subkeys, judge, open_gpg, read_key_files
from contact_service.message import BUCKETS_BYTES


class NoFitKey(Exception):
    """Nobody is left who could read a submission for this association."""


class EncryptionFailed(Exception):
    """gpg did not produce one complete armored message; nothing may be sent."""


class Keyring:
    """The pinned keys that were fit when the service started, in a folder that nobody writes to any more."""

    def __init__(self, associations: Iterable[Association], keys: Path, home: Path) -> None:
        """Judge the pinned keys among the files in `keys` and freeze the fit ones in a new folder under `home`."""
        advisers = [adviser for association in associations for adviser in association.advisers]
        files = read_key_files(keys)
        self.verdicts = judge(advisers, files)
        fit = {verdict.fingerprint for verdict in self.verdicts if verdict.code == "fit"}
        self._gpg = open_gpg(_frozen(files.values(), fit, home), "--lock-never")
        # One key that gpg refuses would keep the message from all: better found now than by the first official.
        self.verdicts = [self._tried(verdict) for verdict in self.verdicts]
        self._keys = {key["fingerprint"]: key for key in self._gpg.list_keys()}
        self.public_keys = {fingerprint: str(self._gpg.export_keys(fingerprint, minimal=True)) for fingerprint in self._keys}

    def readers(self, association: Association, now: datetime) -> tuple[Adviser, ...]:
        """The advisers of the association who can read a mail now."""
        return tuple(adviser for adviser in association.advisers if self._fit(adviser, now))

    def encrypt(self, plaintext: bytes, association: Association, now: datetime) -> str:
        """One armored message for all fit keys of the association's advisers.

        Raises NoFitKey, or EncryptionFailed; in both cases nothing may be sent.
        """
        return self._locked(plaintext, self.recipients(association, now))

    def check_ciphertext(self, armored: str, association: Association, now: datetime) -> None:
        """Pass a ciphertext that looks from outside just as `encrypt` would have made it of an inner text.

        Raises NoFitKey, or CiphertextRefused.
        """
        expected = [encryption_subkeys(self._keys[key], now) for key in self.recipients(association, now)]
        ciphertext.check(armored, expected, BUCKETS_BYTES)

    def recipients(self, association: Association, now: datetime) -> list[str]:
        """The fingerprints that a message for the association is encrypted to now; raises NoFitKey when there is none."""
        recipients = [key for adviser in self.readers(association, now) for key in self._fit(adviser, now)]
        if not recipients:
            raise NoFitKey(association.name)
        return list(dict.fromkeys(recipients))

    def _locked(self, plaintext: bytes, recipients: list[str]) -> str:
        # Compression would undo the padding (1000 equal bytes became 301, crypto research 1.3).
        options = ["--compress-algo", "none", "--set-filename", ""]
        result = self._gpg.encrypt(plaintext, recipients, always_trust=True, extra_args=options)
        armored = str(result)
        if not (result.ok and result.returncode == 0 and _is_armored(armored)):
            raise EncryptionFailed(result.status)
        return armored

    def _tried(self, verdict: Verdict) -> Verdict:
        if verdict.code != "fit":
            return verdict
        try:
            self._locked(b"trial", [verdict.fingerprint])
        except EncryptionFailed:
            sentence = "gpg cannot encrypt to this key: it may lack a user ID. Ask the adviser for a new export."
            return replace(verdict, code="unusable", sentence=sentence)
        return verdict

    def _fit(self, adviser: Adviser, now: datetime) -> list[str]:
        return [v.fingerprint for v in self.verdicts if v.adviser == adviser.name and v.is_fit(now)]


def _frozen(files: Iterable[bytes], fingerprints: set[str], home: Path) -> Path:
    """A keyring with exactly these keys, in a folder named after its content; made once and then never written to."""
    holding = [data for data in files if data]
    name = hashlib.sha256(b"\0".join([*sorted(holding), *(f.encode() for f in sorted(fingerprints))])).hexdigest()
    frozen = home / f"keyring-{name[:16]}"
    if frozen.is_dir():
        return frozen
    home.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix="making-", dir=home))
    gpg = open_gpg(making)
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

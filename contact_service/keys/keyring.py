"""Encryption: the pinned keys that are fit, frozen in a keyring, and the one way to lock a message for them.

gpg refuses expired and revoked keys where libraries in process do not (crypto research 1.2), and only full fingerprints that
are pinned in `advisers.toml` are ever named to it.
"""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from contact_service.keys.advisers import Adviser, Association, everybody
from contact_service.keys.frozen import FrozenKeyring
from contact_service.keys.judgement import judge
from contact_service.keys.verdict import FIT
from contact_service.mail.message import BUCKETS_BYTES
from contact_service.openpgp import ciphertext
from contact_service.openpgp.gpg import lock, machine_options, open_gpg
from contact_service.openpgp.key_files import has_name_for_browsers, read_key_files
from contact_service.openpgp.packets import SIGNATURE, read_packets

log = logging.getLogger(__name__)

# A key is left out a little before its end, so that gpg never refuses one that was fit when it was chosen.
MARGIN = timedelta(seconds=30)
# Nobody needs an adviser's photo to encrypt, and every reader would load it.
_NO_PHOTOS = ("--export-options", "no-export-attributes")
# A browser may not see that a subkey ended (where SHA-1 says so), and would lock for what the guard then refuses.
_NOTHING_UNUSABLE = ("--export-filter", "drop-subkey=revoked -t || expired -t || usage !~ e")
# What joins terms in a filter of gpg, which knows no quoting: an address with it cannot be asked for.
_JOINS = re.compile(r"&&|\|\|")


class NoFitKey(Exception):
    """Nobody is left who could read a submission for this association."""


@dataclass(frozen=True)
class PublicKeys:
    """The keys of one adviser that may be given to anyone, each by its fingerprint, and all of them as text."""

    each: dict[str, bytes]
    armored: str

    @property
    def fingerprints(self) -> list[str]:
        """Those of all keys."""
        return list(self.each)


class Keyring:
    """The pinned keys that were fit when the service started, in a folder that nobody writes to any more."""

    def __init__(self, associations: Iterable[Association], keys: Path, home: Path) -> None:
        """Judge the pinned keys among the files in `keys` and freeze the fit ones in a new folder under `home`."""
        files = read_key_files(keys)
        self.verdicts = judge(everybody(associations), files)
        fit = {verdict.fingerprint for verdict in self.verdicts if verdict.code == FIT}
        self._frozen = FrozenKeyring([file for file in files if file.fingerprint in fit], home)
        gpg = open_gpg(self._frozen.folder, "--lock-never", *_NO_PHOTOS, *_NOTHING_UNUSABLE)
        self._keys = {key["fingerprint"]: key for key in gpg.list_keys()}
        self.exports = {fingerprint: str(gpg.export_keys(fingerprint, minimal=True)) for fingerprint in self._keys}

    def readers(self, association: Association, now: datetime) -> tuple[Adviser, ...]:
        """Who can read a mail for the association now: its advisers, or the first reserve that can when none of them can."""
        advisers = tuple(adviser for adviser in association.advisers if self._fit(adviser, now))
        return advisers or tuple(reserve for reserve in association.reserves if self._fit(reserve, now))[:1]

    def check(self, associations: Iterable[Association], now: datetime) -> None:
        """Alert the operator, in the log, to every key that is unfit and every association that its advisers cannot serve."""
        for line in machine_options():
            log.warning("every gpg of this machine obeys %s", line)
        for verdict in self.verdicts:
            if verdict.code != FIT:
                log.error("key %s of %s: %s (%s)", verdict.fingerprint, verdict.adviser, verdict.sentence, verdict.code)
        for association in associations:
            self.alert(association, now)

    def alert(self, association: Association, now: datetime) -> None:
        """Alert the operator, in the log, when nobody of the association itself can read a mail now."""
        readers = self.readers(association, now)
        if not set(readers) & set(association.advisers):
            state = f"the reserve {readers[0].name} takes over" if readers else "the form is closed for its roles"
            log.error("no adviser of %s has a usable key: %s (%s)", association.name, state, self._reasons(association, now))

    def encrypt(self, plaintext: bytes, association: Association, now: datetime) -> str:
        """One armored message for all fit keys of those who read for the association.

        Raises NoFitKey, or EncryptionFailed; in both cases nothing may be sent.
        """
        return lock(self._frozen.folder, plaintext, self.recipients(association, now))

    def check_ciphertext(self, armored: str, association: Association, now: datetime) -> None:
        """Pass a ciphertext that looks from outside as `encrypt` makes it; raises NoFitKey or CiphertextRefused."""
        expected = [ciphertext.subkeys(self._keys[key], now) for key in self.recipients(association, now)]
        ciphertext.check(armored, expected, BUCKETS_BYTES)

    def opens(self, adviser: Adviser, armored: str, now: datetime) -> bool:
        """Whether a message of ours is locked for a key that is fit now and pinned for this adviser."""
        own = [ciphertext.subkeys(self._keys[key], now) for key in self._fit(adviser, now)]
        return any(ciphertext.addressees(armored) & subkeys.items() for subkeys in own)

    def recipients(self, association: Association, now: datetime) -> list[str]:
        """The fingerprints that a message for the association is encrypted to now; raises NoFitKey when there is none."""
        if not (keys := self.fit_keys(association, now)):
            raise NoFitKey(association.name)
        return keys

    def fit_keys(self, association: Association, now: datetime) -> list[str]:
        """The same, or none."""
        return list(dict.fromkeys(key for adviser in self.readers(association, now) for key in self._fit(adviser, now)))

    def public_keys(self, adviser: Adviser, now: datetime) -> PublicKeys | None:
        """The adviser's fit keys without any other address than this one; None when no key carries it.

        An address that was revoked, or whose time is over, is another one: mail programs would find it and refuse the key. So
        is one in a name that browsers cannot read.
        """
        address = adviser.address.lower()
        if _JOINS.search(address):
            return None
        # The address last: behind a "&" in it gpg sees no more terms (2.2 and 2.4).
        only_this_address = ("--export-filter", f"keep-uid=revoked -f && expired -f && mbox = {address}")
        gpg = open_gpg(self._frozen.folder, "--lock-never", *_NO_PHOTOS, *only_this_address)
        exports = {key: gpg.export_keys(key, minimal=True, armor=False) for key in self._fit(adviser, now)}
        named = [key for key, data in exports.items() if has_name_for_browsers(_signed(data))]
        if not named:
            return None
        return PublicKeys({key: exports[key] for key in named}, gpg.export_keys(named, minimal=True))

    def _reasons(self, association: Association, now: datetime) -> str:
        names = {adviser.name for adviser in association.advisers}
        unfit = [verdict for verdict in self.verdicts if verdict.adviser in names and not verdict.is_usable(now + MARGIN)]
        return ", ".join(f"{v.adviser}: {'expired' if v.code == FIT else v.code}" for v in unfit)

    def _fit(self, adviser: Adviser, now: datetime) -> list[str]:
        until = now + MARGIN
        return [v.fingerprint for v in self.verdicts if v.adviser == adviser.name and v.is_usable(until)]


def _signed(key: bytes) -> list[tuple[int, bytes]]:
    """The packets that a signature follows: Debian's gpg 2.4 takes in, and gives out, names that nobody signed."""
    return [packet for packet, (following, _) in pairwise(read_packets(key)) if following == SIGNATURE]

"""Whether a key can be used: every pinned key is judged here, and nowhere else."""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contact_service.keys.advisers import Adviser
from contact_service.openpgp.browser import refused_by_browsers, strange_curve
from contact_service.openpgp.gpg import open_gpg
from contact_service.openpgp.key_files import UNKNOWN_TO_GPG, KeyFile
from contact_service.openpgp.trial import fault_of

FIT = "fit"
# Sentences are in Dutch, also in logs and tables: an operator passes them on to an adviser.
SENTENCES = {
    FIT: "De sleutel is bruikbaar {until}.",
    "expired": "De sleutel is verlopen op {until}. Verleng de sleutel en stuur de publieke sleutel opnieuw.",
    "revoked": "De sleutel is ingetrokken. Maak een nieuwe sleutel en stuur de publieke sleutel.",
    "future": "De sleutel is gemaakt op een computer waarvan de klok voorloopt, en geldt nog niet. Zet die klok goed en maak "
    "een nieuwe sleutel.",
    "no-encryption": "Met deze sleutel kan niemand u een versleutelde mail sturen. Maak een nieuwe sleutel.",
    "weak": "De sleutel is te zwak. Maak een nieuwe sleutel: ECC (Curve 25519), of RSA met 3072 bits of meer.",
    "too-new": "De sleutel is van een soort die veel mailprogramma's nog niet lezen. Maak een gewone sleutel.",
    "curve": "De sleutel gebruikt een kromme ({curve}) die browsers niet kennen. Maak een sleutel met Curve 25519 of RSA.",
    "name": "De naam in de sleutel is niet in UTF-8 geschreven, en browsers weigeren hem dan. Maak een nieuwe sleutel.",
    "browser": "De sleutel werkt, maar browsers kunnen er niet mee versleutelen: voor deze rol doet onze server dat nu. "
    "Maak een nieuwe sleutel: ECC (Curve 25519) of RSA.",
    "other-format": "De gpg van deze server versleutelt voor deze sleutel in een vorm die niet ieder mailprogramma leest. "
    "Maak een gewone sleutel; de beheerder kijkt in /etc/gnupg/gpg.conf.",
    "secret": "In het bestand zit uw geheime sleutel. Die is nu niet meer geheim: maak een nieuwe en stuur alleen de publieke.",
    "no-user-id": "In de sleutel staat geen naam of mailadres. Stuur de sleutel opnieuw, met uw mailadres erin.",
    "several": "In het bestand zit meer dan een sleutel. Stuur alleen uw eigen publieke sleutel.",
    "unusable": "Een proef met deze sleutel is mislukt. Stuur de publieke sleutel opnieuw, of maak een nieuwe.",
    "missing": "Er is geen bestand met deze sleutel.",
    "other-key": "In het bestand {file} zit een andere sleutel dan afgesproken. Vergelijk de vingerafdruk aan de telefoon.",
    "unreadable": "Het bestand {file} is niet te lezen.",
    "empty": "Het bestand {file} is leeg.",
    "too-large": "Het bestand {file} is te groot voor een sleutel.",
    "revocation": "In het bestand {file} zit alleen een intrekking. Stuur ook de publieke sleutel.",
    "not-a-key": "In het bestand {file} zit geen sleutel.",
    "damaged": "Het bestand {file} is beschadigd of niet compleet. Stuur de publieke sleutel opnieuw als bijlage.",
}

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
        return self.code == FIT and (self.usable_until is None or now < self.usable_until)

    def days_left(self, now: datetime) -> float:
        """Days for which the key can still be used: 0 for an unfit key, infinite for one without an end."""
        if not self.is_fit(now):
            return 0
        # Dates, so that a daily run sees each number once even when it does not run at the same minute.
        return (self.usable_until.date() - now.date()).days if self.usable_until else float("inf")


def judge(advisers: Iterable[Adviser], files: Sequence[KeyFile], site: Path | None = None) -> list[Verdict]:
    """A verdict on every pinned fingerprint, whatever the files hold; with a site, its OpenPGP.js is asked as well.

    Files with the same key are judged as gpg merges them: the latest prolongation counts, and so does a revocation.
    """
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="contact-judge-") as home:
        gpg = open_gpg(Path(home))
        packets = b"".join(file.packets for file in files if not file.fault)
        # A full disk is a fault of the machine, and would otherwise look like one of every key.
        (Path(home) / "room").write_bytes(bytes(4 * len(packets) + 100_000))
        for one in (packets, *(file.packets for file in files if file.revokes)):
            gpg.import_keys(one)
        keys = {key["fingerprint"]: key for key in gpg.list_keys()}
        leaked = {file.fingerprint for file in files if file.fault == "secret"}
        pairs = [(adviser, pinned) for adviser in advisers for pinned in adviser.fingerprints]
        states = {pinned: _state(keys[pinned], now) for _, pinned in pairs if pinned in keys.keys() - leaked}
        fit = [pinned for pinned, (code, _) in states.items() if code == FIT]
        faults = {pinned: fault_of(Path(home), keys[pinned], now) for pinned in fit}
        if site:
            tried = {pinned: str(gpg.export_keys(pinned, minimal=True)) for pinned in fit if not faults[pinned]}
            faults |= dict.fromkeys(refused_by_browsers(site, tried), "browser")
        verdicts = []
        for adviser, pinned in pairs:
            code, until = states.get(pinned, ("missing", None))
            code, name = _explained(pinned, adviser, files) if code == "missing" else (faults.get(pinned) or code, "")
            sentence = _sentence(code, until, name, strange_curve(*_parts(keys.get(pinned, {}))))
            verdicts.append(Verdict(adviser.name, pinned, code, sentence, until))
    return verdicts


def _state(key: Key, now: datetime) -> tuple[str, datetime | None]:
    """Code and last usable moment of a key that gpg knows."""
    # gpg passes over what it does not know, such as a post-quantum subkey beside an ordinary one.
    parts = [part for part in _parts(key) if "e" in part["cap"] and int(part["algo"]) not in UNKNOWN_TO_GPG]
    usable = [part for part in parts if part["trust"] != "r"]
    if key["trust"] == "r" or (parts and not usable):
        return "revoked", None
    if not usable:
        return "no-encryption", None
    ends = [min((end for end in (_end(key), _end(part)) if end), default=None) for part in usable]
    until = None if None in ends else max(end for end in ends if end)
    if until and until <= now:
        return "expired", until
    in_force = [part for part, end in zip(usable, ends, strict=True) if end is None or end > now]
    if any(_is_weak(part) for part in [key, *in_force]):
        return "weak", until
    # gpg locks for the newest.
    return ("curve" if strange_curve(key, max(in_force, key=lambda part: int(part["date"]))) else FIT), until


def _parts(key: Key) -> list[Key]:
    return [key, *key.get("subkey_info", {}).values()]


def _explained(fingerprint: str, adviser: Adviser, files: Sequence[KeyFile]) -> tuple[str, str]:
    """Why no file gives this key, and the name of the file: the one that holds it, or else one named after the adviser."""
    if same := sorted((file.fault, file.name) for file in files if file.fingerprint == fingerprint):
        return same[-1][0] or "unusable", same[-1][1]
    own = [file for file in files if file.name.startswith(adviser.name) and file.fingerprint not in adviser.fingerprints]
    return next(((file.fault or "other-key", file.name) for file in own), ("missing", ""))


def _sentence(code: str, until: datetime | None, file: str, curve: str) -> str:
    day = f"{until:%d-%m-%Y}" if until else ""
    end = day if code != FIT else f"tot {day}" if until else "zonder einddatum"
    return SENTENCES[code].format(until=end, file=file, curve=curve)


def _end(part: Key) -> datetime | None:
    return datetime.fromtimestamp(int(part["expires"]), UTC) if part["expires"] else None


def _is_weak(part: Key) -> bool:
    # OpenPGP algorithm numbers (RFC 9580 section 9.1): 1 to 3 RSA; 18, 19, 22 elliptic curves; others are old.
    algorithm = int(part["algo"])
    return int(part["length"]) < 3072 if algorithm <= 3 else algorithm not in (18, 19, 22)

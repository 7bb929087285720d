"""Whether a key can be used: every pinned key is judged here, and nowhere else."""

import re
import tempfile
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contact_service.keys.advisers import Adviser
from contact_service.keys.verdict import BROWSER, FIT, SENTENCES, Verdict, refusal
from contact_service.openpgp.browser import refused_by_browsers, strange_curve
from contact_service.openpgp.gpg import import_keys, open_gpg
from contact_service.openpgp.key_files import UNKNOWN_TO_GPG, KeyFile
from contact_service.openpgp.trial import tried

# What gpg says of one key or subkey (its DETAILS file), as python-gnupg names it.
Key = dict[str, Any]


def judge(advisers: Iterable[Adviser], files: Sequence[KeyFile], site: Path | None = None) -> list[Verdict]:
    """A verdict on every pinned fingerprint, whatever the files hold; with a site, its OpenPGP.js is asked as well.

    Files with the same key are judged as gpg merges them: the latest prolongation counts, and so does a revocation.
    """
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="contact-judge-") as home:
        gpg = open_gpg(Path(home))
        packets = [file.packets for file in files if not file.fault]
        # A full disk is a fault of the machine, and would otherwise look like one of every key.
        (Path(home) / "room").write_bytes(bytes(4 * sum(map(len, packets)) + 100_000))
        import_keys(Path(home), [*packets, *(file.packets for file in files if file.revokes)])
        keys = {key["fingerprint"]: key for key in gpg.list_keys()}
        leaked = {file.fingerprint for file in files if file.fault == "secret"}
        pairs = [(adviser, pinned) for adviser in advisers for pinned in adviser.fingerprints]
        pins = {pinned for _, pinned in pairs}
        states = {pinned: _state(keys[pinned], now) for pinned in pins if pinned in keys.keys() - leaked}
        fit = [pinned for pinned, (code, _) in states.items() if code == FIT]
        trials = {pinned: tried(Path(home), keys[pinned], now) for pinned in fit}
        faults = {pinned: fault for pinned, (fault, _) in trials.items() if fault}
        refused = {}
        if site:
            # With the subkey alone for which gpg locks: where there are several, a browser would pass over that one in silence.
            alone = {pinned: f"{subkey}!" for pinned, (_, subkey) in trials.items() if subkey}
            exports = {pinned: str(gpg.export_keys(part, minimal=True)) for pinned, part in alone.items()}
            refused = refused_by_browsers(site, exports)
        faults |= dict.fromkeys(refused, BROWSER)
        verdicts = []
        for adviser, pinned in pairs:
            code, until = states.get(pinned, ("missing", None))
            code, name = _explained(pinned, adviser, files, pins) if code == "missing" else (faults.get(pinned) or code, "")
            blame = refusal(refused[pinned]) if pinned in refused else strange_curve(*_parts(keys.get(pinned, {})))
            sentence = _sentence(code, until, name, blame)
            verdicts.append(Verdict(adviser.name, pinned, code, sentence, until))
    return verdicts


def _state(key: Key, now: datetime) -> tuple[str, datetime | None]:
    """Code and last usable moment of a key that gpg knows."""
    # gpg passes over what it does not know, such as a post-quantum subkey beside an ordinary one.
    parts = [part for part in _parts(key) if "e" in part["cap"] and int(part["algo"]) not in UNKNOWN_TO_GPG]
    kept = [part for part in parts if part["trust"] != "r"]
    usable = [part for part in kept if int(part["date"]) <= now.timestamp()]
    if key["trust"] == "r" or (parts and not kept):
        return "revoked", None
    if not usable:
        return "future" if kept else "no-encryption", None
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


def _explained(fingerprint: str, adviser: Adviser, files: Sequence[KeyFile], pins: Collection[str]) -> tuple[str, str]:
    """Why no file gives this key, and the name of the file: the one that holds it, or else one named after the adviser."""
    if same := sorted((file.fault, file.name) for file in files if file.fingerprint == fingerprint):
        return same[-1][0] or "unusable", same[-1][1]
    # Not that of a colleague whose name begins likewise.
    named = re.compile(rf"{adviser.name}(?![a-z0-9])", re.IGNORECASE)
    own = [file for file in files if named.match(file.name) and file.fingerprint not in pins]
    return next(((file.fault or "other-key", file.name) for file in own), ("missing", ""))


def _sentence(code: str, until: datetime | None, file: str, blame: str) -> str:
    day = f"{until:%d-%m-%Y}" if until else ""
    end = day if code != FIT else f"tot {day}" if until else "zonder einddatum"
    return SENTENCES[code].format(until=end, file=file, blame=blame)


def _end(part: Key) -> datetime | None:
    return datetime.fromtimestamp(int(part["expires"]), UTC) if part["expires"] else None


def _is_weak(part: Key) -> bool:
    # OpenPGP algorithm numbers (RFC 9580 section 9.1): 1 to 3 RSA; 18, 19, 22 elliptic curves; others are old.
    algorithm = int(part["algo"])
    return int(part["length"]) < 3072 if algorithm <= 3 else algorithm not in (18, 19, 22)

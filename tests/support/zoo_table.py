"""What becomes of every key in the zoo: `make zoo` prints the table, tests/keys/test_zoo.py holds a few kinds of it.

Each key is judged by `contact-service keys`, locked for by the service and by the browser's code, looked at by the guard, and
both messages are opened by every program that is here.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from contact_service.keys.advisers import Adviser, Association
from contact_service.keys.keyring import Keyring, NoFitKey
from contact_service.openpgp.ciphertext import CiphertextRefused
from contact_service.openpgp.gpg import EncryptionFailed
from contact_service.openpgp.key_files import inspect
from tests.support.built_site import built
from tests.support.stack import REPO
from tests.support.zoo import Debian, Kind, debians, kinds, node
from tests.support.zoo_handbook import HANDBOOK
from tests.support.zoo_handbook import faults as handbook_faults

INNER = b"Subject: Wethouder, contactformulier (AB12-CD34)\r\n\r\n" + "één € 🙏 ".encode() * 200
INNER += bytes(4096 - len(INNER))
# Whoever is pinned must have a fingerprint of this length, whatever the key is.
NONE = "0" * 39 + "F"

# Secret keys and the messages for them, and what they hold; nothing where a message does not open.
Opener = Callable[[Sequence[tuple[bytes, str]]], list[bytes]]


@dataclass
class Row:
    """What became of one key: its verdict, and by each way of locking whether that worked and who opened it."""

    kind: Kind
    verdict: str = ""
    sentence: str = ""
    messages: dict[str, str] = field(default_factory=dict)
    opened: dict[str, list[str]] = field(default_factory=dict)
    shut: dict[str, list[str]] = field(default_factory=dict)

    def faults(self) -> list[str]:
        """What is not as it should be."""
        name = f"{self.kind.program}, {self.kind.what}"
        found = [] if self.verdict == self.kind.expected else [f"{name}: judged {self.verdict}, not {self.kind.expected}"]
        if self.verdict in ("fit", "browser"):
            ways = ("server", "browser") if self.verdict == "fit" else ("server",)
            found += [f"{name}: no message by the {way}" for way in ways if way not in self.messages]
            # Not every program takes every kind; that of its own owner must, and so must gpg and what browsers have. A gpg that
            # is older than the owner's does not even take the secret key in where a part of it is of a newer version.
            is_newer = self.kind.program.startswith("gpg") and "Curve 448" in self.kind.what
            browsers = ("OpenPGP.js",) if self.verdict == "fit" else ()
            mine = ("lezer.html", self.kind.program, *browsers, *([] if is_newer else ["gpg"]))
            shut = [(way, who) for way, names in self.shut.items() for who in names if who.startswith(mine)]
            found += [f"{name}: {who} does not open what the {way} locked" for way, who in shut]
        return found


def table(animals: Sequence[Kind], site: Path, programs: Mapping[str, Opener]) -> tuple[list[Row], float]:
    """A row for each key, and the processor time in seconds of judging them all."""
    folder = Path(tempfile.mkdtemp(prefix="zoo-"))
    try:
        rows, seconds = _judged(animals, folder, site)
        _lock(rows, folder)
        for name, opener in programs.items():
            _open(rows, name, opener)
        return rows, seconds
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _judged(animals: Sequence[Kind], folder: Path, site: Path) -> tuple[list[Row], float]:
    (folder / "keys").mkdir()
    text = '[[association]]\nname = "Vereniging"\nroles = ["burgemeester", "wethouder", "raadslid", "statenlid", "anders"]\n'
    for number, kind in enumerate(animals):
        (folder / "keys" / f"k{number:03}.asc").write_bytes(kind.public)
        pinned = inspect("k.asc", kind.public).fingerprint or NONE
        adviser = f'name = "k{number:03}"\naddress = "adviseur@vereniging.example"\nfingerprints = ["{pinned}"]\n'
        text += f"[[association.advisers]]\n{adviser}"
    (folder / "advisers.toml").write_text(text, "utf-8")
    settings = {"CONTACT_ADVISERS": folder / "advisers.toml", "CONTACT_KEYS": folder / "keys", "CONTACT_SITE": site}
    command = [sys.executable, "-m", "tests.support.cli", "keys", "--json"]
    environment = os.environ | {name: str(value) for name, value in settings.items()}
    before = getrusage(RUSAGE_CHILDREN)
    run = subprocess.run(command, env=environment, cwd=REPO, capture_output=True, check=False)
    after = getrusage(RUSAGE_CHILDREN)
    said = json.loads(run.stdout)["keys"]
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [Row(kind, verdict["code"], verdict["sentence"]) for kind, verdict in zip(animals, said, strict=True)], seconds


def _lock(rows: Sequence[Row], folder: Path) -> None:
    groups, now = [], datetime.now(UTC)
    for number, row in enumerate(rows):
        pinned = inspect("k.asc", row.kind.public).fingerprint or NONE
        groups.append(Association(f"{number}", (), (Adviser(f"k{number:03}", "a@b.example", (pinned,)),)))
    keyring = Keyring(groups, folder / "keys", folder / "keyring")
    (folder / "inner").write_bytes(INNER)
    # What a browser gets is what the service gives out.
    exports = {
        row.kind.what + row.kind.program: keyring.exports.get(group.advisers[0].fingerprints[0], "")
        for row, group in zip(rows, groups, strict=True)
    }
    sealed = json.loads(node("seal", str(folder / "inner"), given=exports))
    for row, group in zip(rows, groups, strict=True):
        with suppress(NoFitKey, EncryptionFailed):
            row.messages["server"] = keyring.encrypt(INNER, group, now)
        if message := sealed[row.kind.what + row.kind.program]:
            row.messages["browser"] = message
        for way, message in list(row.messages.items()):
            try:
                keyring.check_ciphertext(message, group, now)
            except CiphertextRefused:
                del row.messages[way]


def openers() -> dict[str, Opener]:
    """Every program here that opens messages, by its name and version."""
    found: dict[str, Opener] = {}
    for debian in debians():
        found[debian.version("gpg")] = lambda pairs, debian=debian: by_gpg(debian, pairs)  # type: ignore[misc]
        sequoia, is_old = debian.sequoia()
        commands = {sequoia: ["sq", "decrypt", "--recipient-key" if is_old else "--recipient-file"]}
        commands[debian.version("rnp")] = ["rnp", "--decrypt", "--output", "-", "--keyfile"]
        commands |= {debian.version(p, "version"): [p, "decrypt"] for p in ("gosop", "sqop", "rsop") if debian.has(p)}
        for name, command in commands.items():
            if debian.has(command[0]):
                found[name] = lambda pairs, debian=debian, command=command: _one_by_one(debian, command, pairs)  # type: ignore[misc]
    found |= {"OpenPGP.js": by_openpgpjs, "lezer.html": by_reader}
    return found


def by_gpg(debian: Debian, pairs: Sequence[tuple[bytes, str]]) -> list[bytes]:
    home = debian.folder()
    gpg = ["gpg", "--homedir", debian.inside(home), "--batch", "--quiet"]
    texts = []
    for secret in {secret for secret, _ in pairs}:
        with suppress(subprocess.CalledProcessError):
            debian.run(*gpg, "--import", given=secret)
    for _, message in pairs:
        try:
            texts.append(debian.run(*gpg, "--decrypt", given=message.encode()))
        except subprocess.CalledProcessError:
            texts.append(b"")
    debian.run("gpgconf", "--homedir", debian.inside(home), "--kill", "all")
    shutil.rmtree(home, ignore_errors=True)
    return texts


def _one_by_one(debian: Debian, command: Sequence[str], pairs: Sequence[tuple[bytes, str]]) -> list[bytes]:
    folder = debian.folder()
    texts = []
    for secret, message in pairs:
        (folder / "secret.asc").write_bytes(secret)
        (folder / "message.asc").write_text(message, "ascii")
        last = [
            debian.inside(folder / "secret.asc"),
            *([debian.inside(folder / "message.asc")] if command[0] in ("sq", "rnp") else []),
        ]
        try:
            texts.append(debian.run(*command, *last, given=message.encode()))
        except subprocess.CalledProcessError:
            texts.append(b"")
    shutil.rmtree(folder, ignore_errors=True)
    return texts


def by_openpgpjs(pairs: Sequence[tuple[bytes, str]], command: str = "open") -> list[bytes]:
    given = [(secret.decode("utf-8", "replace"), message) for secret, message in pairs]
    return [base64.b64decode(text or "") for text in json.loads(node(command, given=given))]


def by_reader(pairs: Sequence[tuple[bytes, str]]) -> list[bytes]:
    return by_openpgpjs(pairs, "read")


def _open(rows: Sequence[Row], name: str, opener: Opener) -> None:
    waiting = [(row, way, message) for row in rows for way, message in row.messages.items()]
    texts = opener([(row.kind.secret, message) for row, _, message in waiting])
    for (row, way, _), text in zip(waiting, texts, strict=True):
        # An old gosop ends all lines in its own way.
        is_right = text.replace(b"\r\n", b"\n") == INNER.replace(b"\r\n", b"\n")
        (row.opened if is_right else row.shut).setdefault(way, []).append(name)


def lines(rows: Sequence[Row], count: int) -> list[str]:
    """The table in Markdown, with as many programs that open."""
    shown = ["| made by | key | verdict | locked by | opened by |", "|---|---|---|---|---|"]
    for row in rows:
        shut = sorted({who for names in row.shut.values() for who in names})
        by = (
            "" if not row.messages else f"all {count}" if not shut else f"{count - len(shut)} of {count}, not {', '.join(shut)}"
        )
        shown.append(f"| {row.kind.program} | {row.kind.what} | {row.verdict} | {', '.join(row.messages)} | {by} |")
    return shown


def main() -> int:
    """Print the table; 0 when it is as it should be."""
    programs = openers()
    rows, seconds = table(list(kinds()), built(), programs)
    print("\n".join(lines(rows, len(programs))))
    print(f"\nOpened by: {', '.join(programs)}. Judged {len(rows)} keys in {seconds:.1f} s of the processor.")
    faults = [fault for row in rows for fault in row.faults()]
    # The advisers' handbook quotes this table as it is with the programs of both Debians.
    if len(debians()) > 1:
        shut = [(row.kind.what, row.verdict, {who for names in row.shut.values() for who in names}) for row in rows]
        faults += handbook_faults(shut, list(programs))
        if f"{len(rows)} sleutels" not in HANDBOOK.read_text("utf-8"):
            faults.append(f"{HANDBOOK.name} quotes another table than this one of {len(rows)} keys")
    print("\n".join(f"FAULT {fault}" for fault in faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

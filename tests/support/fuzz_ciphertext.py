"""Throws mutated and random ciphertexts and key files at what reads them: `make fuzz-ciphertext` (COUNT=100000).

None may crash it, and whatever passes must be, to gpg, a message for exactly the expected subkeys. Every verdict is compared
with that of the parsers of commit FORMER, which were written apart from those of today.
"""

import base64
import importlib
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contact_service.mail.message import BUCKETS_BYTES
from contact_service.openpgp.armor import checksum, dearmored
from contact_service.openpgp.ciphertext import CiphertextRefused, check, subkeys
from contact_service.openpgp.gpg import open_gpg
from contact_service.openpgp.key_files import KeyFile, inspect
from deploy.demo.advisers import make_key

REPO = Path(__file__).resolve().parents[2]
NOT_KNOWN = "passed, and NOT A MESSAGE TO GPG"
FORMER, DIFFERENT = "ebecb2a", "OTHERWISE THAN BY THE FORMER PARSER"
# A part of a signature that runs over its end was once looked for behind it; whether a signature holds is for gpg to say.
# A secret key without a body was once a crash.
# A name that no browser reads was no fault then, nor was a key of tomorrow.
EXPLAINED = {(now, then) for now in ("name", "future") for then in ("", "damaged", "aead")} | {
    ("", "damaged"),
    ("", "aead"),
    ("damaged", "IndexError"),
}
Keys = Sequence[Mapping[str, int]]


def armored(data: bytes) -> str:
    check = base64.b64encode(checksum(data)).decode()
    return f"-----BEGIN PGP MESSAGE-----\n\n{base64.encodebytes(data).decode()}={check}\n-----END PGP MESSAGE-----\n"


def sealed(inner: bytes, *key_files: str) -> str:
    """What the browser's code makes of an inner text."""
    command = ["node", str(REPO / "tests" / "support" / "seal.mjs"), *key_files]
    return subprocess.run(command, input=inner, capture_output=True, check=True).stdout.decode()


def seeds(folder: Path) -> tuple[list[str], Keys]:
    """Real messages for two keys, from gpg and from the browser's code, and the subkeys that they are for."""
    made = [make_key(folder / name, f"{name}@keys.example") for name in ("one", "two")]
    for number, (_, public_key) in enumerate(made):
        (folder / f"{number}.asc").write_text(public_key, "ascii")
    gpg = open_gpg(folder)
    gpg.import_keys("".join(public_key for _, public_key in made))
    options = ["--compress-algo", "none", "--set-filename", ""]
    pinned = [fingerprint for fingerprint, _ in made]
    messages = [str(gpg.encrypt(b"x" * size, pinned, always_trust=True, extra_args=options)) for size in BUCKETS_BYTES[::3]]
    messages += [sealed(b"x" * size, str(folder / "0.asc"), str(folder / "1.asc")) for size in BUCKETS_BYTES[::3]]
    return messages, [subkeys(key, datetime.now(UTC)) for key in gpg.list_keys()]


def _anywhere(chance: random.Random, data: bytes) -> int:
    """A place in the data; in nine of ten cases near the start, where all structure is."""
    return chance.randrange(min(len(data), 240) if chance.random() < 0.9 else len(data))


def _flipped(chance: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        changed[_anywhere(chance, data)] = chance.choice((chance.randrange(256), 0, 1, 3, 6, 18, 127, 192, 224, 254, 255))
    return bytes(changed)


def _moved(chance: random.Random, data: bytes) -> bytes:
    start, end = sorted((_anywhere(chance, data), _anywhere(chance, data)))
    part = chance.choice((b"", data[start:end] * 2, chance.randbytes(chance.randrange(1, 9)), data[start:end][::-1]))
    return data[:start] + part + data[end:]


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: _anywhere(chance, data)] + chance.choice((b"", data[:96], data, b"\xd2\x01\x01", b"\xca\x03PGP"))


def _random(chance: random.Random, data: bytes) -> bytes:
    return chance.choice((b"", data[:2], data[:96])) + chance.randbytes(chance.randrange(300))


BYTES: tuple[Callable[[random.Random, bytes], bytes], ...] = (_flipped, _flipped, _moved, _cut, _random)


def mutated(chance: random.Random, messages: Sequence[str]) -> str:
    """One hostile ciphertext."""
    text = chance.choice(messages)
    if chance.random() < 0.85:
        return armored(chance.choice(BYTES)(chance, dearmored(text)))
    at = chance.randrange(len(text))
    part = chance.choice(("", "\n", "\r\n", " ", "=", "-----BEGIN PGP MESSAGE-----\n\n", "é", "\x00", "Version: x\n", text))
    return text[:at] + part + text[at + chance.randrange(3) :]


def recognised(home: Path, text: str, keys: Keys) -> bool:
    """Whether gpg reads it as one encrypted message for one subkey of each key."""
    command = ["gpg", "--homedir", str(home), "--batch", "--no-options", "--list-packets"]
    told = subprocess.run(command, input=text.encode(), capture_output=True).stdout.decode(errors="replace")
    kinds = re.findall(r"^:(.*?) packet:", told, re.M)
    named = re.findall(r"^:pubkey enc packet: version 3, algo (\d+), keyid (\w{16})$", told, re.M)
    return (
        kinds == ["pubkey enc"] * len(keys) + ["encrypted data"]
        and "mdc_method: 2" in told
        and sorted(subkey for _, subkey in named) == sorted(subkey for key in keys for subkey in key)
    )


def verdict(check: Callable[..., None], refusal: type[Exception], text: str, keys: Keys) -> str:
    """The kind of the answer to a ciphertext: which page a reader gets."""
    try:
        check(text, keys, BUCKETS_BYTES)
    except refusal as fault:
        return type(fault).__name__
    return "passed"


def fuzz(count: int, seed: int, folder: Path, former: Any = None) -> Counter[str]:
    """Check this many mutants; the number that were passed and refused."""
    messages, keys = seeds(folder)
    chance = random.Random(seed)
    (home := folder / "empty").mkdir(mode=0o700)
    seen = Counter[str]()
    for _ in range(count):
        text = mutated(chance, messages)
        judged = verdict(check, CiphertextRefused, text, keys)
        seen[judged] += 1
        if judged == "passed" and not recognised(home, text, keys):
            seen[NOT_KNOWN] += 1
            (folder / f"unknown-{seen[NOT_KNOWN]}.asc").write_text(text)
        if former and judged != verdict(former.ciphertext.check, former.ciphertext.CiphertextRefused, text, keys):
            seen[DIFFERENT] += 1
            (folder / f"different-{seen[DIFFERENT]}.asc").write_text(text)
    return seen


def fuzz_key_files(count: int, seed: int, folder: Path, former: Any) -> Counter[str]:
    """Read this many mutated key files; the number of each verdict."""
    files = [file.read_bytes() for file in sorted(folder.glob("*.asc"))]
    chance = random.Random(seed)
    seen = Counter[str]()
    for _ in range(count):
        data = chance.choice(files)
        if chance.random() < 0.8:
            data = chance.choice(BYTES)(chance, inspect("key.asc", data).packets)
        else:
            data = chance.choice(BYTES)(chance, data)
        now = inspect("key.asc", data)
        seen[f"key file: {now.fault or 'a key'}"] += 1
        try:
            then = former.key_files.inspect("key.asc", data)
        except IndexError:
            then = KeyFile("key.asc", "IndexError")
        if (now.fault, now.fingerprint) != (then.fault, then.fingerprint):
            how = "otherwise, as EXPLAINED says" if (now.fault, then.fault) in EXPLAINED else DIFFERENT
            seen[f"key file judged {how}: {now.fault or 'a key'}, formerly {then.fault or 'a key'}"] += 1
    return seen


def former_parsers(folder: Path) -> Any:
    """The parsers of commit FORMER, as a package of its own."""
    (package := folder / "former").mkdir()
    (package / "__init__.py").touch()
    for name in ("armor", "ciphertext", "key_files"):
        show = ["git", "show", f"{FORMER}:contact_service/{name}.py"]
        source = subprocess.run(show, cwd=REPO, capture_output=True, text=True, check=True).stdout
        (package / f"{name}.py").write_text(source.replace("from contact_service.", "from former."), "utf-8")
    sys.path.insert(0, str(folder))
    for name in ("ciphertext", "key_files"):
        importlib.import_module(f"former.{name}")
    return importlib.import_module("former")


def main(count: int) -> int:
    """Exit status 1 when something passed that gpg does not know, or was judged otherwise than formerly."""
    seed = random.randrange(2**32)
    with tempfile.TemporaryDirectory(prefix="fz-") as place:
        former = former_parsers(Path(place))
        result = fuzz(count, seed, Path(place), former) + fuzz_key_files(count, seed, Path(place), former)
    for outcome, number in result.most_common():
        print(f"{number:8}  {outcome}")
    print(f"seed {seed}")
    return int(any(DIFFERENT in outcome or outcome == NOT_KNOWN for outcome in result))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

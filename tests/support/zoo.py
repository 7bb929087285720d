"""A zoo of keys, made by the programs that are here when it is asked for: each kind with the verdict that it should get.

Programs of another Debian are used as well when ZOO_ROOT names a folder that it was unpacked in.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.crafted_keys import CRAFTED, NAME, OTHER_VERDICTS_OF_GPG_2_4, Crafted
from tests.support.key_maker import ADDRESS, LONG_AGO, Maker
from tests.support.openers import is_old_sequoia
from tests.support.stack import REPO

LAST_YEAR = datetime.now(UTC) - timedelta(days=300)
LIBRARIES = REPO / "var" / "zoo"  # pysequoia
MATCH_ALL = "Adviseur <adviseur@vereniging.example>"


@dataclass(frozen=True)
class Kind:
    """One key: who made it, what is special about it, the verdict that is right, and its two halves."""

    program: str
    what: str
    expected: str
    secret: bytes
    public: bytes


@dataclass(frozen=True)
class Debian:
    """Where programs are run: on this machine, or in the root of another Debian."""

    root: Path | None = None

    def run(self, *command: str, given: bytes = b"") -> bytes:
        """What the program prints; raises CalledProcessError."""
        enter = ["chroot", str(self.root)] if self.root else []
        return subprocess.run([*enter, *command], input=given, capture_output=True, check=True, timeout=120).stdout

    def sequoia(self) -> tuple[str, bool]:
        """The name and version of its sq, and whether it has the command line of before 1.0."""
        is_old = is_old_sequoia(self.root)
        return self.version("sq", *([] if is_old else ["version"])), is_old

    def has(self, program: str) -> bool:
        """Whether the program is installed there."""
        folders = [f"{self.root}/usr/bin", f"{self.root}/usr/sbin"] if self.root else None
        return bool(shutil.which(program, path=os.pathsep.join(folders) if folders else None))

    def folder(self) -> Path:
        """A new folder that programs there can see, under the same name below its root."""
        return Path(tempfile.mkdtemp(prefix="zoo-", dir=self.root / "tmp" if self.root else None))

    def inside(self, path: Path) -> str:
        """What a program there calls this path."""
        return f"/{path.relative_to(self.root)}" if self.root else str(path)

    def version(self, program: str, *ask: str) -> str:
        """The program and its version, as a table names it."""
        with suppress(OSError, subprocess.SubprocessError):
            said = self.run("sh", "-c", '"$@" 2>&1', "sh", program, *(ask or ("--version",))).decode("utf-8", "replace")
            found = re.search(r"\d+\.\d[\w.]*", said)
            return f"{program} {found[0] if found else ''}".strip()
        return program


HERE = Debian()


def debians() -> list[Debian]:
    """This machine, and the other Debian if there is one."""
    return [HERE, *([Debian(Path(os.environ["ZOO_ROOT"]))] if os.environ.get("ZOO_ROOT") else [])]


def _beside(maker: Maker, *algorithms: str) -> Maker:
    for algorithm in algorithms:
        maker.subkey(algorithm)
    return maker


def _named(maker: Maker, *names: str) -> Maker:
    for name in names:
        maker.gpg("--quick-add-uid", maker.fingerprint, name)
    return maker


def _revoked_name(maker: Maker) -> Maker:
    _named(maker, "oud@vereniging.example").gpg("--quick-revoke-uid", maker.fingerprint, "oud@vereniging.example")
    return maker


def _with_options(maker: Maker, *options: str) -> Maker:
    """gpg itself has no word for these when it makes a key in one step."""
    with (maker.home / "gpg.conf").open("a") as file:
        file.write("".join(f"{option}\n" for option in options))
    return maker


# What gpg makes, by what is special about it: the right verdict, and how.
GPG: dict[str, tuple[str, Callable[[Maker], object]]] = {
    "Curve 25519": ("fit", lambda m: m.primary().subkey()),
    "RSA 3072": ("fit", lambda m: m.primary("rsa3072").subkey("rsa3072")),
    "RSA 4096": ("fit", lambda m: m.primary("rsa4096").subkey("rsa4096")),
    "RSA 2048": ("weak", lambda m: m.primary("rsa2048").subkey("rsa2048")),
    "RSA 1024": ("weak", lambda m: m.primary("rsa1024").subkey("rsa1024")),
    "NIST P-256": ("fit", lambda m: m.primary("nistp256").subkey("nistp256")),
    "NIST P-384": ("fit", lambda m: m.primary("nistp384").subkey("nistp384")),
    "NIST P-521": ("fit", lambda m: m.primary("nistp521").subkey("nistp521")),
    "Brainpool P-256": ("fit", lambda m: m.primary("brainpoolP256r1").subkey("brainpoolP256r1")),
    "Brainpool P-384": ("fit", lambda m: m.primary("brainpoolP384r1").subkey("brainpoolP384r1")),
    "Brainpool P-512": ("fit", lambda m: m.primary("brainpoolP512r1").subkey("brainpoolP512r1")),
    "secp256k1": ("curve", lambda m: m.primary("secp256k1").subkey("secp256k1")),
    "DSA and ElGamal": ("weak", lambda m: m.primary("dsa2048").subkey("elg2048")),
    "RSA with a Curve 25519 subkey": ("fit", lambda m: m.primary("rsa3072").subkey()),
    "Curve 25519 with an RSA subkey": ("fit", lambda m: m.primary().subkey("rsa4096")),
    "three subkeys, as on a smartcard": (
        "fit",
        lambda m: m.primary("rsa3072").subkey("rsa3072").subkey("rsa3072", "auth").subkey("rsa3072", "sign"),
    ),
    "two encryption subkeys": ("fit", lambda m: _beside(m.primary(), "cv25519", "cv25519")),
    "three encryption subkeys of three kinds": ("fit", lambda m: _beside(m.primary(), "cv25519", "rsa3072", "nistp256")),
    "an expired subkey beside": ("fit", lambda m: m.at(LONG_AGO).primary().subkey(expires="1y").at(None).subkey()),
    "a revoked subkey beside": ("fit", lambda m: m.primary().subkey().revoke_subkey().subkey()),
    "a weak subkey beside": ("weak", lambda m: _beside(m.primary(), "rsa1024", "cv25519")),
    "a secp256k1 subkey beside, older": (
        "fit",
        lambda m: m.at(LAST_YEAR).primary().subkey("secp256k1").at(None).subkey(),
    ),
    "a secp256k1 subkey beside, newer": (
        "curve",
        lambda m: m.at(LAST_YEAR).primary().subkey().at(None).subkey("secp256k1"),
    ),
    "one RSA key for everything": ("fit", lambda m: m.primary("rsa3072", usage="sign,cert,encr")),
    "one RSA key for everything, and a subkey": ("fit", lambda m: m.primary("rsa3072", usage="sign,cert,encr").subkey()),
    "RSA subkey to sign and encrypt": ("fit", lambda m: m.primary("rsa3072").subkey("rsa3072", "sign,encr")),
    "Curve 25519 with a NIST subkey": ("fit", lambda m: m.primary().subkey("nistp521")),
    "NIST with a Brainpool subkey": ("fit", lambda m: m.primary("nistp256").subkey("brainpoolP384r1")),
    "DSA with an RSA subkey": ("weak", lambda m: m.primary("dsa3072").subkey("rsa4096")),
    "RSA with an ElGamal subkey": ("weak", lambda m: m.primary("rsa4096").subkey("elg4096")),
    "an ElGamal subkey beside, older": (
        "weak",
        lambda m: m.at(LAST_YEAR).primary("rsa3072").subkey("elg3072").at(None).subkey("rsa3072"),
    ),
    "an expired weak subkey beside": (
        "fit",
        lambda m: m.at(LONG_AGO).primary().subkey("rsa1024", expires="1y").at(None).subkey(),
    ),
    "primary key ends before its subkey": ("expired", lambda m: m.at(LONG_AGO).primary(expires="1y").subkey()),
    "three to sign, one to log in, none to encrypt": (
        "no-encryption",
        lambda m: m.primary().subkey("ed25519", "sign").subkey("ed25519", "sign").subkey("ed25519", "auth"),
    ),
    "signed with SHA-512": ("fit", lambda m: _with_options(m, "cert-digest-algo SHA512").primary().subkey()),
    "signed with SHA-224": ("fit", lambda m: _with_options(m, "cert-digest-algo SHA224").primary("rsa3072").subkey("rsa3072")),
    "RSA signed with SHA-1": (
        "fit",
        lambda m: _with_options(m, "cert-digest-algo SHA1").primary("rsa3072").subkey("rsa3072"),
    ),
    "RSA signed with RIPEMD-160": (
        "browser",
        lambda m: _with_options(m, "cert-digest-algo RIPEMD160").primary("rsa3072").subkey("rsa3072"),
    ),
    "address in another script": ("fit", lambda m: m.primary(address="Adviseur <adviseur@b\u00fccher.example>").subkey()),
    "address in punycode": ("fit", lambda m: m.primary(address="adviseur@xn--bcher-kva.example").subkey()),
    "name written from right to left": ("fit", lambda m: m.primary(address=f"\u202eelpmaxe.gninigerev <{ADDRESS}>").subkey()),
    "name with another's address before its own": (
        "fit",
        lambda m: m.primary(address=f"burgemeester@elders.example <{ADDRESS}>").subkey(),
    ),
    "name with a remark": ("fit", lambda m: m.primary(address=f"Adviseur (test; <b>x</b>) <{ADDRESS}>").subkey()),
    "three user IDs": ("fit", lambda m: _named(m.primary().subkey(), "thuis@prive.example", "Zoë 漢字 שלום")),
    "a revoked user ID beside": ("fit", lambda m: _revoked_name(m.primary().subkey())),
    "user ID of 2,000 characters": ("fit", lambda m: m.primary(address=f"{'n' * 1970} <{ADDRESS}>").subkey()),
    "user ID with another's address": ("fit", lambda m: m.primary(address="burgemeester@elders.example").subkey()),
    "user ID in UTF-8": ("fit", lambda m: m.primary(address=f"Renée Şahin 👮 <{ADDRESS}>").subkey()),
    "user ID in Latin-1": ("name", lambda m: m.primary(address=f"Ren\udce9e <{ADDRESS}>").subkey()),
    "user ID in Latin-1 beside one in UTF-8": ("fit", lambda m: _named(m.primary(address="Ren\udce9e").subkey(), ADDRESS)),
    "prolonged": ("fit", lambda m: m.at(LAST_YEAR).primary(expires="1y").subkey(expires="1y").at(None).prolong("2y")),
    "ends tomorrow": ("fit", lambda m: m.primary(expires="1d").subkey(expires="1d")),
    "expired": ("expired", lambda m: m.at(LONG_AGO).primary(expires="1y").subkey(expires="1y")),
    "expired subkey": ("expired", lambda m: m.at(LONG_AGO).primary().subkey(expires="1y")),
    "revoked": ("revoked", lambda m: m.primary().subkey().revoke()),
    "revoked subkey": ("revoked", lambda m: m.primary().subkey().revoke_subkey()),
    "no subkey": ("no-encryption", lambda m: m.primary()),
    "made by a clock that is a day ahead": (
        "future",
        lambda m: m.at(datetime.now(UTC) + timedelta(days=1)).primary().subkey(),
    ),
    "signed with SHA-1": ("browser", lambda m: _with_options(m, "cert-digest-algo SHA1").primary().subkey()),
    "no preferences": ("fit", lambda m: _with_options(m, "default-preference-list none").primary().subkey()),
}
# What gpg 2.4 makes where no Debian patched it: keys that announce OCB.
GPG_2_4: dict[str, tuple[str, Callable[[Maker], object]]] = {
    "that asks for OCB": ("fit", lambda m: _with_options(m, "compliance gnupg").primary().subkey()),
    "Curve 448 subkey beside, newer": (
        "fit",
        lambda m: _with_options(m, "compliance gnupg").at(LAST_YEAR).primary().subkey().at(None).subkey("cv448"),
    ),
    "Curve 448, version 5": ("too-new", lambda m: _with_options(m, "compliance gnupg").primary("ed448").subkey("cv448")),
}
# Enough for the gate: one of each that was ever wrong.
FEW = (
    *("Curve 25519", "user ID in Latin-1", "user ID in Latin-1 beside one in UTF-8", "secp256k1", "a revoked user ID beside"),
    *(
        "made by a clock that is a day ahead",
        "a secp256k1 subkey beside, older",
        "a secp256k1 subkey beside, newer",
        "signed with SHA-1",
        "no preferences",
    ),
)


def large() -> Iterator[Kind]:
    """RSA as large as any program makes it; too slow for the gate."""
    for bits in (6144, 8192, 16_384):
        key = Crafted().name(NAME).large_subkey(bits, rsa.generate_private_key(65_537, bits))
        yield Kind("by hand", f"RSA subkey of {bits} bits", "fit", key.secret(), key.public())


def crafted() -> Iterator[Kind]:
    """Kinds that no program at hand makes, with what the gpg that judges here should find."""
    others = OTHER_VERDICTS_OF_GPG_2_4 if " 2.4" in HERE.version("gpg") else {}
    for what, (expected, make) in CRAFTED.items():
        key = make()
        yield Kind("by hand", what, others.get(what, expected), key.secret(), key.public())


def of_gpg(debian: Debian, only: tuple[str, ...] = ()) -> Iterator[Kind]:
    """Every kind that this gpg makes."""
    program = debian.version("gpg")
    for what, (expected, make) in (GPG | (GPG_2_4 if " 2.4" in program else {})).items():
        if only and what not in only:
            continue
        maker = Maker(debian.folder(), root=debian.root)
        try:
            make(maker)
        except AssertionError as fault:
            print(f"not made: {program}, {what}: {fault}", file=sys.stderr)
        else:
            yield Kind(program, what, expected, maker.secret(), maker.public())
        finally:
            maker.close()
            shutil.rmtree(maker.home, ignore_errors=True)


def of_sequoia(debian: Debian) -> Iterator[Kind]:
    """Every kind that this sq makes; its command line is another one since 1.0."""
    (program, is_old), folder = debian.sequoia(), debian.folder()
    kinds = {f"{suite}": ("fit", ["--cipher-suite", suite]) for suite in ("cv25519", "rsa3k", "rsa4k", "p256", "p384", "p521")}
    kinds |= {f"can encrypt {use}": ("fit", ["--can-encrypt", use]) for use in ("transport", "storage", "universal")}
    kinds["cannot encrypt"] = ("no-encryption", ["--cannot-encrypt"])
    kinds |= {} if is_old else {"profile rfc9580": ("too-new", ["--profile", "rfc9580"])}
    for number, (what, (expected, options)) in enumerate(kinds.items()):
        file = folder / f"{number}.asc"
        path = debian.inside(file)
        old = ["--userid", MATCH_ALL, "--export", path]
        new = ["--own-key", "--userid", MATCH_ALL, "--without-password", "--output", path, "--rev-cert", f"{path}.rev"]
        with suppress(subprocess.CalledProcessError):
            debian.run("sq", "key", "generate", *(old if is_old else new), *options)
            public = ["extract-cert"] if is_old else ["delete", "--cert-file", path, "--output", "-"]
            command = ["sq", "key", "extract-cert", path] if is_old else ["sq", "key", *public]
            yield Kind(program, what, expected, file.read_bytes(), debian.run(*command))
    shutil.rmtree(folder)


# What `rnpkeys --expert` asks, answered in one go.
RNP = {
    "Curve 25519": ("fit", "22\n"),
    "NIST P-256": ("fit", "19\n1\n"),
    "RSA 3072": ("fit", "1\n3072\n"),
    "RSA 2048": ("weak", "1\n2048\n"),
}


def of_rnp(debian: Debian) -> Iterator[Kind]:
    """What rnpkeys makes."""
    for what, (expected, answers) in RNP.items():
        folder = debian.folder()
        run = ["rnpkeys", "--homedir", debian.inside(folder)]
        with suppress(subprocess.CalledProcessError):
            make = ["--expert", "--generate-key", "--userid", MATCH_ALL, "--password", ""]
            debian.run(*run, *make, given=answers.encode())
            secret = debian.run(*run, "--export-key", "--secret", "Adviseur")
            yield Kind(debian.version("rnp"), what, expected, secret, debian.run(*run, "--export-key", "Adviseur"))
        shutil.rmtree(folder)


SOP = {
    "gosop": {"": "fit", "compatibility": "fit", "performance": "too-new"},
    "sqop": {"": "fit", "rfc4880": "fit", "rfc9580": "too-new"},
    "rsop": {"": "fit", "rfc9580": "too-new", "interop-testing-rfc9580-nistp": "too-new"},
    "pgpainless-cli": {"": "fit"},
}


def of_sop(debian: Debian, program: str) -> Iterator[Kind]:
    """What a program of the Stateless OpenPGP interface makes, in each of its profiles."""
    for profile, expected in SOP[program].items():
        with suppress(subprocess.CalledProcessError):
            secret = debian.run(program, "generate-key", *([f"--profile={profile}"] if profile else []), MATCH_ALL)
            name = debian.version(program, "version")
            # Its first version made RSA keys of 2048 bits.
            expected = "weak" if name.startswith("gosop 0") else expected
            yield Kind(name, profile or "default", expected, secret, debian.run(program, "extract-cert", given=secret))


OPENPGPJS = {
    "RSA 2048": "weak",
    "no encryption subkey": "no-encryption",
    "expired": "expired",
    "version 6": "too-new",
    "X25519 as RFC 9580 writes it": "too-new",
    "X448 as RFC 9580 writes it": "too-new",
}


def of_openpgpjs() -> Iterator[Kind]:
    """What OpenPGP.js makes, in every version that browsers, Proton, Mailvelope and FlowCrypt ever asked it for."""
    version = json.loads((REPO / "node_modules" / "openpgp" / "package.json").read_text("utf-8"))["version"]
    for what, halves in json.loads(node("generate")).items():
        yield Kind(f"OpenPGP.js {version}", what, OPENPGPJS.get(what, "fit"), *(half.encode() for half in halves))


PROTON = {"post-quantum subkey alone": "no-encryption", "post-quantum, version 6": "too-new"}


def of_proton() -> Iterator[Kind]:
    """What Proton's own OpenPGP.js makes and no other program that can be had: keys with post-quantum parts."""
    folder = REPO / "tests" / "support" / "parsers"
    version = json.loads((folder / "package.json").read_text("utf-8"))["devDependencies"]["@protontech/openpgp"]
    made = subprocess.run(["node", str(folder / "pqc.mjs")], capture_output=True, check=True, timeout=60).stdout
    for what, halves in json.loads(made).items():
        yield Kind(f"Proton's OpenPGP.js {version}", what, PROTON.get(what, "fit"), *(half.encode() for half in halves))


PYSEQUOIA = """
import json, pysequoia
made, names = {}, {"": ["adviseur@vereniging.example"], " without a user ID": None, " with two": ["a@b.example", "c@d.example"]}
for profile in ("RFC4880", "RFC9580"):
    for what, user_ids in names.items():
        key = pysequoia.Tsk.generate(user_ids=user_ids, profile=getattr(pysequoia.Profile, profile))
        made[profile + what] = [str(key), str(key.extract_certificate())]
print(json.dumps(made))
"""


def of_pysequoia() -> Iterator[Kind]:
    """What pysequoia makes, in all its profiles."""
    run = subprocess.run(["python3", "-c", PYSEQUOIA], env=os.environ | {"PYTHONPATH": str(LIBRARIES)}, capture_output=True)
    for what, halves in json.loads(run.stdout or "{}").items():
        expected = "too-new" if "9580" in what else "no-user-id" if "without" in what else "fit"
        yield Kind("pysequoia", what, expected, *(half.encode() for half in halves))


def kinds() -> Iterator[Kind]:
    """The whole zoo."""
    yield from crafted()
    yield from large()
    for debian in debians():
        yield from of_gpg(debian)
        yield from of_sequoia(debian) if debian.has("sq") else ()
        yield from of_rnp(debian) if debian.has("rnpkeys") else ()
        for program in SOP:
            yield from of_sop(debian, program) if debian.has(program) else ()
    yield from of_openpgpjs()
    yield from of_proton()
    yield from of_pysequoia()


def node(command: str, *arguments: str, given: object = None) -> bytes:
    """What zoo.mjs prints."""
    script = ["node", str(REPO / "tests" / "support" / "zoo.mjs"), command, *arguments]
    return subprocess.run(script, input=json.dumps(given).encode(), capture_output=True, check=True, timeout=300).stdout

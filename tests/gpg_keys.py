"""Keys for the tests: good ones come from the demo, and bad ones of every kind are made here, with the real gpg."""

import os
import re
import subprocess
from pathlib import Path

# With the mark the clock stands still: a key that took a second to make would lie in the future of the next call.
PAST = "20200101T000000!"


class KeyMaker:
    """A GnuPG home in which keys of every kind are made and taken out of."""

    def __init__(self, home: Path) -> None:
        """Make the home; its path must be short, for gpg-agent's socket."""
        self.home = home
        home.mkdir(mode=0o700)

    def gpg(self, *arguments: str, data: bytes = b"") -> bytes:
        command = ["gpg", "--homedir", str(self.home), "--batch", "--yes", "--passphrase", "", *arguments]
        return subprocess.run(command, input=data, capture_output=True, check=True).stdout

    def primary(self, name: str, algorithm: str = "ed25519", expires: str = "never", *options: str) -> str:
        address = f"{name}@keys.example"
        self.gpg(*options, "--quick-generate-key", address, algorithm, "cert,sign", expires)
        return re.findall(r"^fpr:::::::::(\w{40}):", self.gpg("--with-colons", "--list-keys", address).decode(), re.M)[0]

    def subkey(self, fingerprint: str, algorithm: str = "cv25519", expires: str = "never", *options: str) -> None:
        self.gpg(*options, "--quick-add-key", fingerprint, algorithm, "encr", expires)

    def exported(self, fingerprint: str, *options: str) -> bytes:
        return self.gpg("--armor", *options, "--export", fingerprint)

    def revoke(self, fingerprint: str) -> None:
        certificate = (self.home / "openpgp-revocs.d" / f"{fingerprint}.rev").read_text("ascii")
        self.gpg("--import", data=certificate[certificate.index(":-----BEGIN") + 1 :].encode())

    def close(self) -> None:
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=True)


def make_flawed_keys(maker: KeyMaker) -> dict[str, tuple[str, bytes]]:
    """The fingerprint and the file of a key with each flaw (takes about a second)."""
    in_the_past = ("--faked-system-time", PAST)
    flawed = {}

    def keep(name: str, fingerprint: str, *options: str) -> None:
        flawed[name] = (fingerprint, maker.exported(fingerprint, *options))

    fingerprint = maker.primary("expired", "ed25519", "1y", *in_the_past)
    maker.subkey(fingerprint, "cv25519", "1y", *in_the_past)
    keep("expired", fingerprint)

    fingerprint = maker.primary("expired-subkey", "ed25519", "never", *in_the_past)
    maker.subkey(fingerprint, "cv25519", "1y", *in_the_past)
    keep("expired encryption subkey", fingerprint)

    fingerprint = maker.primary("revoked")
    maker.subkey(fingerprint)
    keep("not yet revoked", fingerprint)
    maker.revoke(fingerprint)
    keep("revoked", fingerprint)

    keep("sign-only", maker.primary("sign-only"))

    fingerprint = maker.primary("signs-twice")
    maker.gpg("--quick-add-key", fingerprint, "ed25519", "sign", "never")
    keep("two signing keys", fingerprint)

    for bits in (1024, 2048):
        fingerprint = maker.primary(f"rsa{bits}", f"rsa{bits}")
        maker.subkey(fingerprint, f"rsa{bits}")
        keep(f"RSA-{bits}", fingerprint)

    fingerprint = maker.primary("renewed", "ed25519", "never", *in_the_past)
    maker.subkey(fingerprint, "rsa1024", "1y", *in_the_past)
    maker.subkey(fingerprint)
    keep("weak subkey long expired", fingerprint)

    fingerprint = maker.primary("healthy")
    maker.subkey(fingerprint)
    keep("healthy", fingerprint)
    flawed["secret"] = (fingerprint, maker.gpg("--armor", "--export-secret-keys", fingerprint))
    flawed["two in a file"] = (fingerprint, flawed["healthy"][1] + flawed["RSA-2048"][1])
    # As keys.openpgp.org hands out keys whose address nobody confirmed.
    keep("without a user ID", fingerprint, "--export-filter", "keep-uid=uid=nobody")
    return flawed


def everything_below(folder: Path) -> bytes:
    """The bytes of every file in the folder and its subfolders, one after another."""
    files = [Path(place, name) for place, _folders, names in os.walk(folder) for name in names]
    return b"\n".join(str(file).encode() + file.read_bytes() for file in files if file.is_file())

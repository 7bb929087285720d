"""Keys of every kind, made by the real programs, each in a GnuPG home of its own."""

import functools
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ADDRESS = "adviseur@vereniging.example"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Maker:
    """A GnuPG home that makes one primary key and what belongs to it."""

    def __init__(self, home: Path, made_at: datetime | None = None, root: Path | None = None) -> None:
        """With a root, the gpg of the Debian that stands there; its home must stand there too."""
        self.home = home
        self._enter = ["chroot", str(root)] if root else []
        self._homedir = f"/{home.relative_to(root)}" if root else str(home)
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.fingerprint = ""
        self.at(made_at)

    def at(self, moment: datetime | None) -> "Maker":
        """What is made from here on was made at this moment; None: now."""
        # The mark stops the clock: a key that took a second to make would lie in the future of the next call.
        self._time = [f"--faked-system-time={moment:%Y%m%dT%H%M%S}!"] if moment else []
        return self

    def primary(self, algorithm: str = "ed25519", expires: str = "never", address: str = ADDRESS, usage: str = "") -> "Maker":
        usage = usage or ("cert" if algorithm.startswith("ed") else "sign,cert")
        self.gpg("--quick-generate-key", address, algorithm, usage, expires)
        listing = self.gpg("--with-colons", "--list-keys").decode(errors="replace")
        self.fingerprint = next(line.split(":")[9] for line in listing.splitlines() if line.startswith("fpr"))
        return self

    def subkey(self, algorithm: str = "cv25519", usage: str = "encr", expires: str = "never") -> "Maker":
        self.gpg("--quick-add-key", self.fingerprint, algorithm, usage, expires)
        return self

    def revoke(self) -> "Maker":
        certificate = self.home / "openpgp-revocs.d" / f"{self.fingerprint}.rev"
        self.gpg("--import", given=certificate.read_bytes().replace(b":-----BEGIN", b"-----BEGIN"))
        return self

    def revoke_subkey(self) -> "Maker":
        self.gpg("--command-fd", "0", "--edit-key", self.fingerprint, given=b"key 1\nrevkey\ny\n0\n\ny\nsave\n")
        return self

    def prolong(self, expires: str) -> "Maker":
        self.gpg("--quick-set-expire", self.fingerprint, expires)
        self.gpg("--quick-set-expire", self.fingerprint, expires, "*")
        return self

    def public(self, *options: str) -> bytes:
        return self.gpg("--armor", *options, "--export", self.fingerprint)

    def secret(self) -> bytes:
        return self.gpg("--armor", "--export-secret-keys", self.fingerprint)

    def gpg(self, *arguments: str, given: bytes = b"") -> bytes:
        command = [
            *self._enter,
            "gpg",
            "--homedir",
            self._homedir,
            "--batch",
            "--no-tty",
            "--quiet",
            "--pinentry-mode",
            "loopback",
        ]
        command += ["--passphrase", "", *self._time, *arguments]
        run = subprocess.run(command, input=given, capture_output=True, check=False, timeout=60)
        assert run.returncode == 0, run.stderr.decode()
        return run.stdout

    def close(self) -> None:
        subprocess.run([*self._enter, "gpgconf", "--homedir", self._homedir, "--kill", "all"], check=True)


@functools.cache
def key(kind: str) -> tuple[str, bytes]:
    """Fingerprint and key file of a key of this kind; made once for all tests of the run."""
    with tempfile.TemporaryDirectory(prefix="key-") as folder:
        maker = Maker(Path(folder), LONG_AGO if kind in ("expired", "expired-subkey") else None)
        try:
            file = _KINDS[kind](maker)
        finally:
            maker.close()
    return maker.fingerprint, file


_KINDS = {
    "healthy": lambda m: m.primary().subkey().public(),
    "second": lambda m: m.primary().subkey().public(),
    "expired": lambda m: m.primary(expires="1y").subkey(expires="1y").public(),
    "expired-subkey": lambda m: m.primary().subkey(expires="1y").public(),
    "expires-tomorrow": lambda m: m.primary().subkey(expires="seconds=86400").public(),
    # gpg encrypts for the newest subkey, here the one that ends first.
    "two-subkeys": lambda m: m.at(LONG_AGO).primary().subkey(expires="20y").at(None).subkey(expires="1d").public(),
    "revoked": lambda m: m.primary().subkey().revoke().public(),
    "revoked-subkey": lambda m: m.primary().subkey().revoke_subkey().public(),
    "sign-only": lambda m: m.primary().subkey("ed25519", "sign").public(),
    "no-subkey": lambda m: m.primary().public(),
    "rsa1024": lambda m: m.primary("rsa1024").subkey("rsa1024").public(),
    "rsa2048": lambda m: m.primary("rsa2048").subkey("rsa2048").public(),
    "rsa3072": lambda m: m.primary("rsa3072").subkey("rsa3072").public(),
    "weak-subkey-expired": lambda m: m.at(LONG_AGO).primary().subkey("rsa1024", expires="1y").at(None).subkey().public(),
    "dsa-elgamal": lambda m: m.primary("dsa1024").subkey("elg1024").public(),
    "no-user-id": lambda m: m.primary().subkey().public("--export-filter", "keep-uid=mbox = nobody@nowhere.example"),
    "two-in-a-file": lambda m: m.primary().subkey().public() + key("second")[1],
    # A name in Latin-1: gpg keeps the bytes that it is given.
    "latin-1-name": lambda m: m.primary(address=f"Ren\udce9e <{ADDRESS}>").subkey().public(),
    "secp256k1": lambda m: m.primary("secp256k1").subkey("secp256k1").public(),
    "secp256k1-subkey": lambda m: m.primary().subkey("secp256k1").public(),
    "brainpool": lambda m: m.primary("brainpoolP256r1").subkey("brainpoolP256r1").public(),
    "nist": lambda m: m.primary("nistp384").subkey("nistp384").public(),
    "secret": lambda m: m.primary().subkey().secret(),
}

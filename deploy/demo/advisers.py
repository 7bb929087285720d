"""Demo advisers: a key pair for each. The secret half stays in a home of the adviser's own, as on the adviser's computer."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gnupg

from contact_service.keys.advisers import everybody, read_associations
from contact_service.openpgp.key_files import grouped

EXAMPLE = Path(__file__).parent.parent / "advisers.example.toml"


def make_advisers(service: Path, computers: Path) -> None:
    """Write `advisers.toml` and `keys/` for the service, and a GnuPG home with the secret key for each adviser."""
    text = EXAMPLE.read_text(encoding="utf-8")
    (service / "keys").mkdir(parents=True, exist_ok=True)
    for adviser in everybody(read_associations(EXAMPLE).values()):
        fingerprint, public_key = make_key(computers / adviser.address, adviser.address)
        (service / "keys" / f"{adviser.name}.asc").write_text(public_key, encoding="ascii")
        text = text.replace(grouped(adviser.fingerprints[0]), fingerprint)
    # Written last: where this file stands, all keys stand.
    (service / "advisers.toml").write_text(text, encoding="utf-8")


def make_key(home: Path, address: str, expires: str = "0") -> tuple[str, str]:
    """A new key pair without passphrase in its own GnuPG home; its fingerprint and its public half."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with opened(home) as gpg:
        parameters = gpg.gen_key_input(
            key_type="EDDSA",
            key_curve="ed25519",
            subkey_type="ECDH",
            subkey_curve="cv25519",
            name_email=address,
            expire_date=expires,
            no_protection=True,
            # Left to itself, upstream's gpg 2.4 would have the key ask for a format of its own (OCB).
            preferences="AES256 AES192 AES SHA512 SHA384 SHA256 ZLIB Uncompressed",
        )
        fingerprint = str(gpg.gen_key(parameters).fingerprint)
        return fingerprint, str(gpg.export_keys(fingerprint))


def decrypt(home: Path, ciphertext: bytes) -> bytes | None:
    """The plaintext, if the adviser with this home can open the ciphertext."""
    with _short(home) as short:
        return decrypt_in(short, ciphertext)


def decrypt_in(home: Path, ciphertext: bytes) -> bytes | None:
    """The same in a home with a short name, whose agent goes on."""
    # python-gnupg would first ask gpg twice what it is.
    command = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--always-trust", "--decrypt"]
    run = subprocess.run(command, input=ciphertext, capture_output=True, check=False)
    return None if run.returncode else run.stdout


@contextmanager
def opened(home: Path) -> Iterator[gnupg.GPG]:
    """gpg on this home, whose agent is ended with the block."""
    with _short(home) as short:
        yield gnupg.GPG(gnupghome=str(short))


@contextmanager
def _short(home: Path) -> Iterator[Path]:
    """A short name for a home: the socket of its agent may not be longer than 107 characters (unix(7))."""
    with tempfile.TemporaryDirectory(prefix="gpg-") as folder:
        short = Path(folder) / "home"
        short.symlink_to(home.resolve())
        try:
            yield short
        finally:
            # GnuPG would leave its agent behind.
            subprocess.run(["gpgconf", "--homedir", str(short), "--kill", "all"], check=True)

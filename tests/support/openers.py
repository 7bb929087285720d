"""Other OpenPGP programs, each as its own user runs it: a secret key and an armored message in, the plaintext out."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.support.stack import REPO


def gpg(key: Path, message: bytes) -> bytes:
    with tempfile.TemporaryDirectory(prefix="gpg-") as home:
        _run(["gpg", "--homedir", home, "--batch", "--import", str(key)])
        try:
            return _run(["gpg", "--homedir", home, "--batch", "--decrypt"], message)
        finally:
            _run(["gpgconf", "--homedir", home, "--kill", "all"])


def sequoia(key: Path, message: bytes) -> bytes:
    option = "--recipient-key" if is_old_sequoia() else "--recipient-file"
    return _run(["sq", "decrypt", option, str(key)], message)


def sequoia_key(folder: Path, address: str, *options: str, expired: bool = False) -> tuple[bytes, bytes]:
    """A key as Sequoia makes it, without a passphrase: secret and public half. Its command line is another one since 1.0."""
    secret = folder / f"{len(list(folder.iterdir()))}.secret.asc"
    if is_old_sequoia():
        how = ["--userid", f"<{address}>", "--export", str(secret)]
        since = ["--creation-time", "20200101", "--expires-in", "1y"]
    else:
        revocation = secret.with_suffix(".rev")
        how = ["--own-key", "--email", address, "--without-password", "--output", str(secret), "--rev-cert", str(revocation)]
        since = ["--time", "20200101", "--expiration", "1y"]
    _run(["sq", "key", "generate", *how, *options, *(since if expired else [])])
    with tempfile.TemporaryDirectory(prefix="gpg-") as home:
        _run(["gpg", "--homedir", home, "--batch", "--import", str(secret)])
        try:
            return secret.read_bytes(), _run(["gpg", "--homedir", home, "--batch", "--armor", "--export"])
        finally:
            _run(["gpgconf", "--homedir", home, "--kill", "all"])


def is_old_sequoia(root: Path | None = None) -> bool:
    """Whether sq, here or in this root, has the command line of before 1.0: its version is an option, and no command."""
    command = [*(["chroot", str(root)] if root else []), "sq", "--version"]
    return b"sq 0." in subprocess.run(command, capture_output=True, check=False).stdout


def rnp(key: Path, message: bytes) -> bytes:
    with tempfile.TemporaryDirectory(prefix="rnp-") as home:
        (Path(home) / "message.asc").write_bytes(message)
        _run(["rnp", "--homedir", home, "--keyfile", str(key), "--decrypt", f"{home}/message.asc", "--output", f"{home}/text"])
        return (Path(home) / "text").read_bytes()


def openpgpjs(key: Path, message: bytes) -> bytes:
    return _run(["node", str(REPO / "tests" / "support" / "openpgpjs.mjs"), "decrypt", str(key)], message)


OPENERS: dict[str, Callable[[Path, bytes], bytes]] = {
    "GnuPG": gpg,
    "Sequoia": sequoia,
    "RNP": rnp,
    "OpenPGP.js": openpgpjs,
}


def missing_programs() -> list[str]:
    """What has to be installed before all openers can run."""
    missing = [name for name in ("gpg", "sq", "rnp", "node") if not shutil.which(name)]
    return missing + ([] if (REPO / "node_modules" / "openpgp").is_dir() else ["npm ci"])


def _run(command: list[str], given: bytes = b"") -> bytes:
    run = subprocess.run(command, input=given, capture_output=True, check=False, timeout=60)
    assert run.returncode == 0, f"{command[0]}: {run.stderr.decode('utf-8', 'replace')[-500:]}"
    return run.stdout

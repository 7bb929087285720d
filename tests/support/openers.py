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
    # The option has another name since 1.0.
    option = "--recipient-key" if b"--recipient-key" in _run(["sq", "decrypt", "--help"]) else "--recipient-file"
    return _run(["sq", "decrypt", option, str(key)], message)


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

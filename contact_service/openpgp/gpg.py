"""How gpg is run: with nothing of a user's own configuration, and never for longer than a reader can wait."""

import logging
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import gnupg

from contact_service.openpgp.armor import armored_key, is_armored

# python-gnupg logs recipients at DEBUG.
logging.getLogger("gnupg").setLevel(logging.WARNING)
# No configuration, no agent left behind, no network, no lock on a seed file (8 threads: 474 instead of 129 messages/s).
_OPTIONS = [
    "--no-options",
    "--no-autostart",
    "--disable-dirmngr",
    "--no-auto-key-locate",
    "--no-auto-check-trustdb",
    "--no-random-seed-file",
    "--no-encrypt-to",
    "--no-emit-version",
    "--no-comments",
]
# Compression would undo the padding (1000 equal bytes became 301, crypto research 1.3). Nobody writes to a frozen keyring.
# AES as browsers take it: for a key without preferences gpg would fall back to 3DES, in packets of another size.
_ENCRYPTING = [
    "--compress-algo",
    "none",
    "--cipher-algo",
    "AES256",
    "--set-filename",
    "",
    "--lock-never",
    "--always-trust",
    "--armor",
    "--encrypt",
]

# Encrypting takes milliseconds. The web server's worker is ended after 30 seconds, and the typed text with it.
LONGEST_SECONDS = 10


class EncryptionFailed(Exception):
    """gpg did not produce one complete armored message; nothing may be sent."""


def open_gpg(home: Path, *options: str) -> gnupg.GPG:
    """gpg on this home folder, for whatever is no secret. Raises OSError, with gpg's own words, where it does not run."""
    try:
        gpg = gnupg.GPG(gnupghome=str(home), options=[*_OPTIONS, *options])
        if not gpg.version:
            raise ValueError("it does not say its version")
    except ValueError as fault:
        raise OSError(f"gpg does not run on this machine: {fault}".strip()) from None
    return gpg


def _at(home: Path) -> list[str]:
    return ["gpg", "--batch", "--no-tty", "--quiet", "--homedir", str(home), *_OPTIONS]


def import_keys(home: Path, keys: Iterable[bytes]) -> None:
    """Take these keys, each as its packets, into a home folder, as far as gpg can read them.

    Each from a file of its own: some packets that gpg cannot take end its reading (a cut subkey, a remark of 50,000 letters),
    and one key would keep out all that come after it. As text: of binary files it refuses some that begin with a photo
    (measured with 2.2.40 and 2.4.7).
    """
    with tempfile.TemporaryDirectory(dir=home) as folder:
        command = [*_at(home), "--import"]
        for number, packets in enumerate(keys):
            file = Path(folder) / str(number)
            file.write_bytes(armored_key(packets))
            command.append(str(file))
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603


def lock(home: Path, plaintext: bytes, fingerprints: Iterable[str]) -> str:
    """One armored message for the keys with these full fingerprints in this home folder.

    Raises EncryptionFailed. Run without python-gnupg, which waits for a gpg that hangs as long as it hangs.
    """
    recipients = [argument for fingerprint in fingerprints for argument in ("--recipient", fingerprint)]
    command = [*_at(home), *recipients, *_ENCRYPTING]
    try:
        run = subprocess.run(command, input=plaintext, capture_output=True, timeout=LONGEST_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise EncryptionFailed(type(fault).__name__) from None
    armored = run.stdout.decode("ascii", "replace")
    if run.returncode != 0 or not is_armored(armored):
        raise EncryptionFailed(f"gpg ended with status {run.returncode}")
    return armored


def machine_options() -> list[str]:
    """What stands in the machine's own files of options, as "FILE: LINE". No option of gpg keeps it from reading these.

    A line there can add a reader or change the format; what it does to a key shows in its trial (`trial.fault_of`).
    """
    ask = ["gpgconf", "--list-dirs", "sysconfdir"]
    run = subprocess.run(ask, capture_output=True, text=True, check=False)  # noqa: S603
    files = [Path(run.stdout.strip() or "/etc/gnupg") / name for name in ("gpg.conf", "common.conf")]
    lines = [
        (file, line.strip()) for file in files if file.is_file() for line in file.read_text("utf-8", "replace").splitlines()
    ]
    return [f"{file}: {line}" for file, line in lines if line and not line.startswith("#")]


def works(home: Path, fingerprints: Iterable[str]) -> bool:
    """Whether a trial can be locked for each of these keys."""
    try:
        return all(lock(home, b"trial", [fingerprint]) for fingerprint in fingerprints)
    except EncryptionFailed:
        return False

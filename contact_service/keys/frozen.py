"""The frozen keyring: a folder named after its content, made once, tried before it gets its name, and then only read."""

import fcntl
import hashlib
import os
import secrets
import shutil
import tempfile
import weakref
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from contact_service.openpgp.gpg import import_keys, works
from contact_service.openpgp.key_files import KeyFile


class FrozenKeyring:
    """The folder that holds the keys of these files. Older ones beside it go as soon as no process works with them.

    Raises OSError, which names CONTACT_KEYRING, when the keys could not be written (a full disk): then nothing stays that a
    later start would take for a keyring.
    """

    def __init__(self, files: Collection[KeyFile], home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        packets = [file.packets for file in files]
        fingerprints = {file.fingerprint for file in files}
        content = hashlib.sha256(b"".join(packets)).hexdigest()
        self.folder = home / f"keyring-{content[:16]}"
        hold = _held(self.folder)
        if hold is not None and not works(self.folder, fingerprints):
            # Damaged since. Whoever works with it finds the new one under the same name.
            with suppress(FileNotFoundError):
                self.folder.rename(home / f"making-{secrets.token_hex(8)}")
            os.close(hold)
            hold = None
        if hold is None:
            hold = _made(self.folder, packets, fingerprints)
        weakref.finalize(self, os.close, hold)
        for folder in {*home.glob("keyring-*"), *home.glob("making-*")} - {self.folder}:
            _remove_unused(folder)


def _made(folder: Path, packets: Collection[bytes], fingerprints: Collection[str]) -> int:
    making = Path(tempfile.mkdtemp(prefix="making-", dir=folder.parent))
    hold = _held(making)
    if hold is None:
        # Another process tidied up before it was held.
        return _made(folder, packets, fingerprints)
    import_keys(making, packets)
    if not works(making, fingerprints):
        shutil.rmtree(making, ignore_errors=True)
        raise OSError(f"CONTACT_KEYRING: the keys could not be written to {folder.parent}. Is its disk full?")
    try:
        making.rename(folder)
    except OSError:
        # Another process of the service was first with the same content. It tidies up too, but not what is held.
        shutil.rmtree(making)
        os.close(hold)
        return _held(folder) or _made(folder, packets, fingerprints)
    return hold


def _held(folder: Path) -> int | None:
    """A lock that keeps others from removing the folder and ends with the process, however it ends; None: no such folder."""
    try:
        hold = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    fcntl.flock(hold, fcntl.LOCK_SH)
    # It may have been removed while this process waited for the lock.
    if folder.exists() and os.path.samestat(os.fstat(hold), folder.stat()):
        return hold
    os.close(hold)
    return None


def _remove_unused(folder: Path) -> None:
    try:
        hold = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return
    try:
        fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(hold)

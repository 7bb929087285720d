"""Counts that all workers share, in memory alone: nothing of them outlives the service, and no file system knows their name."""

import fcntl
import mmap
import os
import secrets
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from time import time

from limits.storage import Storage

# When a count ends (seconds since 1970), and how far it is.
_SLOT = struct.Struct("<dQ")
# Two that share a slot are asked for work a little sooner. Without work, 600 an hour are taken, each of a handful of counts.
_SLOTS = 1 << 16
_SALT = struct.Struct("<d32s")


class SharedCounts(Storage):
    """The counts of this process and of all that are forked from it after this was made."""

    STORAGE_SCHEME = None
    base_exceptions = OSError

    def __init__(self) -> None:
        super().__init__()
        self._file = os.memfd_create("counts")
        os.ftruncate(self._file, _SLOTS * _SLOT.size + _SALT.size)
        self._memory = mmap.mmap(self._file, 0)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a count, or begin it anew when it has ended; returns how far it is."""
        with self._alone():
            ends, count = self._read(key)
            if time() >= ends:
                ends, count = time() + expiry, 0
            _SLOT.pack_into(self._memory, self._place(key), ends, count + amount)
        return count + amount

    def get(self, key: str) -> int:
        """How far a count is."""
        ends, count = self._read(key)
        return count if time() < ends else 0

    def get_expiry(self, key: str) -> float:
        """When a count ends, in seconds since 1970; now, when there is none."""
        return max(self._read(key)[0], time())

    def salt(self, lifetime_seconds: int) -> bytes:
        """The same random bytes for all, renewed after this long; then all counts begin anew."""
        with self._alone():
            ends, salt = _SALT.unpack_from(self._memory, _SLOTS * _SLOT.size)
            if time() >= ends:
                self.reset()
                salt = secrets.token_bytes(32)
                _SALT.pack_into(self._memory, _SLOTS * _SLOT.size, time() + lifetime_seconds, salt)
        return bytes(salt)

    def check(self) -> bool:
        """Memory is always there."""
        return True

    def reset(self) -> None:
        """Forget all counts."""
        self._memory[:] = bytes(len(self._memory))

    def clear(self, key: str) -> None:
        """Forget one count."""
        _SLOT.pack_into(self._memory, self._place(key), 0, 0)

    def _read(self, key: str) -> tuple[float, int]:
        ends, count = _SLOT.unpack_from(self._memory, self._place(key))
        return ends, count

    def _place(self, key: str) -> int:
        # Python's own hash is keyed by chance, once for all that are forked: nobody can look for names that share a slot.
        return hash(key) % _SLOTS * _SLOT.size

    @contextmanager
    def _alone(self) -> Iterator[None]:
        # The kernel ends this lock with the process that holds it, however that ends.
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)


# Made when the service is first loaded, before its workers are (deploy/gunicorn.conf.py), and kept over a reload.
COUNTS = SharedCounts()

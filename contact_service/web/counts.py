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

# Whose count it is, when it ends (seconds since 1970), and how far it is.
_SLOT = struct.Struct("<qdQ")
# A count stands in one of a row of slots. Without work, 600 an hour are taken, each of a handful of counts: one slot in twenty
# is ever filled. With one slot for each name, two of a hundred senders shared theirs one time in fourteen.
_SLOTS, _ROW = 1 << 16, 16
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
        """Add to a count or take from it, or begin it anew when it has ended; returns how far it is."""
        with self._alone():
            place, ends, count = self._find(key)
            if time() >= ends:
                ends, count = time() + expiry, 0
            count = max(0, count + amount)
            _SLOT.pack_into(self._memory, place, hash(key), ends, count)
        return count

    def get(self, key: str) -> int:
        """How far a count is."""
        _, ends, count = self._find(key)
        return count if time() < ends else 0

    def get_expiry(self, key: str) -> float:
        """When a count ends, in seconds since 1970; now, when there is none."""
        return max(self._find(key)[1], time())

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
        _SLOT.pack_into(self._memory, self._find(key)[0], 0, 0, 0)

    def _find(self, key: str) -> tuple[int, float, int]:
        """Where a count stands or may begin, when it ends, and how far it is."""
        # Python's own hash is keyed by chance, once for all that are forked: nobody can look for names that share a row.
        name = hash(key)
        first = name % (_SLOTS - _ROW) * _SLOT.size
        row = list(_SLOT.iter_unpack(self._memory[first : first + _ROW * _SLOT.size]))
        for number, (whose, ends, count) in enumerate(row):
            if whose == name and time() < ends:
                return first + number * _SLOT.size, ends, count
        # Whichever ends first: as a rule one that has ended.
        ends, number = min((ends, number) for number, (_, ends, _) in enumerate(row))
        return first + number * _SLOT.size, 0.0, 0

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

"""A small disk of its own (a tmpfs), which can really be full: every write on it then meets ENOSPC."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path

BLOCK_BYTES = 4096


def can_mount() -> bool:
    """Whether this process may mount one: root may, unless a container takes that away."""
    return os.geteuid() == 0


@contextmanager
def mounted(megabytes: int) -> Iterator[Path]:
    """Mount the disk for a while, at a place that every user may pass through, as PostgreSQL needs it."""
    place = Path(tempfile.mkdtemp(prefix="disk-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
        place.rmdir()


def fill(disk: Path) -> None:
    """Take every block that is free, in a file called "filler"."""
    with (disk / "filler").open("ab", buffering=0) as filler:
        free_bytes = os.statvfs(disk).f_bavail * BLOCK_BYTES
        for size in (max(free_bytes - BLOCK_BYTES, 0), BLOCK_BYTES, BLOCK_BYTES, BLOCK_BYTES):
            try:
                if size:
                    os.posix_fallocate(filler.fileno(), filler.seek(0, os.SEEK_END), size)
            except OSError as fault:
                if fault.errno != ENOSPC:
                    raise

"""A power cut between any two writes of the outbox: what was acknowledged is there, whole, and nothing is there by half.

The disk holds what was synced, and any part of what was written since. So every state is made from the real files: the
journal cut or torn at each of its frames, and the database with each part of a checkpoint written.
"""

import itertools
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contact_service.outbox.kept import Kept
from contact_service.outbox.outbox import Mail, Outbox
from tests.support.built_site import REPO

PAGE_BYTES, HEADER_BYTES = 4096, 32
FRAME_BYTES = 24 + PAGE_BYTES
PEOPLE = ("anna", "bert")


def mails(number: int) -> list[Mail]:
    content = random.Random(number).randbytes(3000 + 700 * number)
    return [Mail(f"{number:064d}-{name}", "ABCD-EFGH", name, f"{name}@ngb.example", content) for name in PEOPLE]


class History:
    """An outbox that has worked for a while: its files, and how long the journal was when each submission was acknowledged."""

    def __init__(self, folder: Path) -> None:
        self.file, self.journal = folder / "outbox.sqlite", folder / "outbox.sqlite-wal"
        self.outbox = Outbox(f"sqlite:///{self.file}")
        self.outbox.create()
        self.acknowledged: list[tuple[int, int]] = []
        for number in range(5):
            self.outbox.put(mails(number))
            self.acknowledged.append((self.journal.stat().st_size, number))
            if number in (1, 3):
                self.outbox.record_handed_over(self.outbox.claim(60), 3600)
        self.database, self.log = self.file.read_bytes(), self.journal.read_bytes()

    def received(self, synced_bytes: int) -> set[int]:
        return {number for length, number in self.acknowledged if length <= synced_bytes}


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    (tmp_path / "before").mkdir()
    history = History(tmp_path / "before")
    yield history
    history.outbox.database._engine.dispose()


def after_the_cut(folder: Path, database: bytes, log: bytes) -> set[int]:
    """The submissions that are there once the machine runs again; each must be whole, in every respect."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "outbox.sqlite").write_bytes(database)
    (folder / "outbox.sqlite-wal").write_bytes(log)
    outbox = Outbox(f"sqlite:///{folder}/outbox.sqlite")
    outbox.create()
    with outbox.database.transaction() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        rows = {row.id: row for row in connection.exec_driver_sql("SELECT id, state, mail FROM outbox")}
    outbox.database._engine.dispose()
    found = {int(name.split("-")[0]) for name in rows}
    for mail in itertools.chain.from_iterable(mails(number) for number in found):
        assert rows[mail.id].mail == mail.mail
    return found


def test_a_journal_cut_or_torn_anywhere_keeps_every_acknowledged_submission(history: History, tmp_path: Path) -> None:
    chance = random.Random(5)
    ends = range(HEADER_BYTES, len(history.log) + 1, FRAME_BYTES)
    assert len(ends) > 30
    for end in ends:
        torn = history.log[: end + chance.randrange(FRAME_BYTES)]
        for log in (history.log[:end], torn, torn + bytes(2 * FRAME_BYTES)):
            assert after_the_cut(tmp_path / "after", history.database, log) >= history.received(end)


def test_later_writes_that_reached_the_disk_before_earlier_ones_change_nothing(history: History, tmp_path: Path) -> None:
    for synced, _number in history.acknowledged[:-1]:
        # The first frame after the last sync is missing, all others are there.
        log = history.log[:synced] + bytes(FRAME_BYTES) + history.log[synced + FRAME_BYTES :]
        assert after_the_cut(tmp_path / "after", history.database, log) == history.received(synced)


def test_a_cut_in_the_middle_of_a_checkpoint_loses_nothing(history: History, tmp_path: Path) -> None:
    Kept(history.outbox.database).forget(3600)
    assert history.journal.stat().st_size == 0
    whole, everything = history.file.read_bytes(), history.received(len(history.log))
    assert whole != history.database
    before = history.database.ljust(len(whole), b"\0")
    starts = range(0, len(whole), PAGE_BYTES)
    for seed in range(20):
        written = random.Random(seed).sample(starts, seed * len(starts) // 20)
        pages = [(whole if start in written else before)[start : start + PAGE_BYTES] for start in starts]
        assert after_the_cut(tmp_path / "after", b"".join(pages), history.log) == everything
    for log in (history.log, history.log[:HEADER_BYTES], b""):
        assert after_the_cut(tmp_path / "after", whole, log) == everything


PUTTING = """
import sys
from tests.outbox.test_power_cut import Outbox, mails
outbox = Outbox(f"sqlite:///{sys.argv[1]}")
outbox.create()
for number in range(3):
    outbox.put(mails(number))
    print("received", flush=True)
"""


@pytest.mark.program
def test_the_kernel_was_asked_to_sync_before_anything_is_acknowledged(tmp_path: Path) -> None:
    if not shutil.which("strace"):
        pytest.skip("needs the Debian package strace")
    log, command = tmp_path / "calls", [sys.executable, "-c", PUTTING, str(tmp_path / "outbox.sqlite")]
    watched = ["strace", "-f", "-y", "-e", "trace=write,pwrite64,fdatasync,fsync", "-o", str(log), *command]
    run = subprocess.run(watched, cwd=REPO, env={**os.environ, "PYTHONPATH": str(REPO)}, check=False, capture_output=True)
    if b"ptrace" in run.stderr:
        pytest.skip("nobody may watch a process here")
    calls = [line for line in log.read_text("utf-8", "replace").splitlines() if "sqlite-wal" in line or '"received' in line]
    answers = [place for place, line in enumerate(calls) if '"received' in line]
    assert len(answers) == 3
    for previous, place in itertools.pairwise([-1, *answers]):
        assert "pwrite64" in "".join(calls[previous + 1 : place])
        assert "sync(" in calls[place - 1]

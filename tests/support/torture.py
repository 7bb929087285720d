"""Submissions while everything breaks: `make torture` (COUNT=5000); a small run is part of the tests.

Web, delivery and the database's processes are killed with -9 at random, the mail server is away twice, the disk of the outbox
is full once. Nothing that was acknowledged may be missing, and no mail may come under two Message-IDs.
"""

import argparse
import mailbox
import random
import re
import signal
import sys
import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from os import kill
from pathlib import Path
from time import monotonic

from benchmarks.figures import Figure
from benchmarks.report import record
from contact_service.keys.advisers import read_associations
from contact_service.outbox.outbox import Outbox
from deploy.demo.advisers import opened
from tests.support.disk import can_mount, fill, mounted
from tests.support.postgres import Postgres
from tests.support.stack import REPO, Stack, is_open, reference_in, wait_until

CLIENTS = 4
# In a long run: often enough to hit every instant, seldom enough that it ends today (20 minutes for 5,000 otherwise).
KILLS = 400
# Only a run of this length goes into the results.
WHOLE = 5000
DISK_MEGABYTES = {"sqlite": 512, "postgresql": 1024}
# The clients share a machine with all that they break: how long none of them may get an acknowledgement.
STANDSTILL_SECONDS = 120


@dataclass
class Figures:
    """What a run counted."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    expected: set[tuple[str, str]] = field(default_factory=set)
    posts: int = 0
    refused: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    outages: int = 0
    full_disks: int = 0
    delivered: Counter[tuple[str, str]] = field(default_factory=Counter)
    message_ids: defaultdict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    seconds: float = 0.0

    @property
    def missing(self) -> set[tuple[str, str]]:
        """Acknowledged, but not with each adviser of the role: reference and address."""
        return self.expected - set(self.delivered)

    @property
    def unstable_ids(self) -> list[tuple[str, str]]:
        """Delivered more than once under different Message-IDs, so that no mailbox can drop the copy."""
        return [mail for mail, ids in self.message_ids.items() if len(ids) > 1]

    def __str__(self) -> str:
        again = sum(count - 1 for count in self.delivered.values())
        kills = ", ".join(f"{name} {number}" for name, number in sorted(self.kills.items()))
        return (
            f"acknowledged {len(self.acknowledged)} in {self.posts} posts ({self.refused} refused with the text kept); "
            f"kill -9: {kills}; mail server away {self.outages} times, disk full {self.full_disks} times; "
            f"expected {len(self.expected)} mails, missing {len(self.missing)}, {again} again, "
            f"{len(self.unstable_ids)} of them under another Message-ID; {self.seconds:.0f} s"
        )


class Torture:
    """One run on a stack that is not started yet; `disk` is where its outbox lies, when it should be full once."""

    def __init__(self, stack: Stack, count: int, fault_seconds: float, seed: int) -> None:
        self.stack, self.count, self.fault_seconds = stack, count, fault_seconds
        self.figures = Figures()
        self.disk: Path | None = None
        self.server: Postgres | None = None
        self._chances = [random.Random(seed + number) for number in range(CLIENTS + 1)]
        self._progress_at = monotonic()
        self._faults_done, self._all_done = threading.Event(), threading.Event()

    def run(self) -> Figures:
        """Let `count` submissions and more be acknowledged while all faults last, then wait until the outbox is empty."""
        started = monotonic()
        self.stack.start("mail", "web", "delivery")
        with ThreadPoolExecutor(CLIENTS + 2) as threads:
            clients = [threads.submit(self._send, chance) for chance in self._chances[1:]]
            others = [threads.submit(self._break_things), threads.submit(self._kill_at_random, self._chances[0])]
            try:
                for future in clients:
                    future.result()
            finally:
                self._all_done.set()
            for future in others:
                future.result()
        outbox = Outbox(self.stack.environment["CONTACT_OUTBOX"])
        wait_until(lambda: self._restart() and not outbox.queue().waiting, 120 + self.count / 5, "an empty outbox")
        outbox.database._engine.dispose()
        self._count_mails()
        self.figures.seconds = monotonic() - started
        return self.figures

    def _send(self, chance: random.Random) -> None:
        """An official who sends the same form again until an answer comes; then the next one."""
        while len(self.figures.acknowledged) < self.count or not self._faults_done.is_set():
            assert monotonic() < self._progress_at + STANDSTILL_SECONDS + self.fault_seconds, "nothing is acknowledged any more"
            assert not self._all_done.is_set(), "another thread failed"
            with suppress(OSError, HTTPException):
                wait_until(lambda: is_open(self.stack.port), STANDSTILL_SECONDS)
                # Councillors have two advisers: one submission, two mails.
                role = chance.choice(("burgemeester", "raadslid"))
                fields = {"token": self.stack.token(), "role": role, "reach": "06 12345678", "message": "Help. " * 200}
                self._insist(role, fields)

    def _insist(self, role: str, fields: dict[str, str]) -> None:
        deadline = monotonic() + STANDSTILL_SECONDS + self.fault_seconds
        while True:
            assert monotonic() < deadline, "a form is never acknowledged"
            self.figures.posts += 1
            with suppress(OSError, HTTPException):
                status, page = self.stack.post(**fields)
                if reference := reference_in(page):
                    self.figures.acknowledged[reference] = role
                    self._progress_at = monotonic()
                    return
                assert status == 503, f"status {status}"
                assert fields["message"] in page, "refused, and the text is lost"
                self.figures.refused += 1
            self._all_done.wait(0.05)

    def _break_things(self) -> None:
        faults: list[Callable[[], None]] = [self._mail_server_away, self._disk_full, self._mail_server_away]
        for number, fault in enumerate(faults):
            start = self.count * number // len(faults)
            self._wait_for(lambda start=start: len(self.figures.acknowledged) >= start)
            fault()
        self._faults_done.set()

    def _mail_server_away(self) -> None:
        self.stack.kill("mail")
        self._all_done.wait(self.fault_seconds)
        self.stack.start("mail")
        self.figures.outages += 1

    def _disk_full(self) -> None:
        if not self.disk:
            return
        refused, until = self.figures.refused, monotonic() + self.fault_seconds
        # Space that the database sets free is taken again at once. It lasts until somebody was really refused.
        while monotonic() < until or (
            self.figures.refused < refused + CLIENTS and monotonic() < until + STANDSTILL_SECONDS / 2
        ):
            fill(self.disk)
            if self._all_done.wait(0.05):
                break
        (self.disk / "filler").unlink()
        self.figures.full_disks += 1

    def _kill_at_random(self, chance: random.Random) -> None:
        while not (self._all_done.is_set() or (self._faults_done.is_set() and len(self.figures.acknowledged) >= self.count)):
            # Paced by what was acknowledged, so that a slow machine makes a slow run and not an endless one.
            enough, until = len(self.figures.acknowledged) + max(1, self.count // KILLS), monotonic() + 2
            self._wait_for(lambda n=enough, until=until: len(self.figures.acknowledged) >= n or monotonic() > until)
            self._all_done.wait(chance.uniform(0, 0.1))
            self._restart()
            self._kill_one(chance.random(), chance)
        self._restart()

    def _kill_one(self, victim: float, chance: random.Random) -> None:
        if self.server and victim < 0.03:
            # The whole database goes through crash recovery for one of its processes.
            self._kill("database", chance, self.server.processes)
        elif victim < 0.4:
            self._kill("web worker", chance, self.stack.workers)
        else:
            self._replace("web" if victim < 0.5 else "delivery")

    def _kill(self, name: str, chance: random.Random, pids: Callable[[], list[int]]) -> None:
        # There may be none at this moment, or it ended by itself.
        with suppress(OSError, IndexError):
            kill(chance.choice(pids()), signal.SIGKILL)
            self.figures.kills[name] += 1

    def _replace(self, name: str) -> None:
        self.stack.kill(name)
        self.figures.kills[name] += 1
        self.stack.start(name, wait=False)

    def _restart(self) -> bool:
        """What systemd does with Restart=always; the database too, which ends itself when its disk is full."""
        if self.server and not self.disk_is_full():
            self.server.start_if_ended()
        self.stack.restart_the_ended()
        return True

    def disk_is_full(self) -> bool:
        """Whether the filler lies on the disk."""
        return bool(self.disk and (self.disk / "filler").exists())

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        while not condition() and not self._all_done.wait(0.02):
            pass

    def _count_mails(self) -> None:
        figures, associations = self.figures, read_associations(self.stack.folder / "service" / "advisers.toml")
        for reference, role in figures.acknowledged.items():
            figures.expected |= {(reference, adviser.address) for adviser in associations[role].advisers}
        boxes = defaultdict(list)
        for message in mailbox.Maildir(self.stack.mail):
            boxes[message["To"]].append(message)
        for address, messages in boxes.items():
            with opened(self.stack.computers / address) as gpg:
                for message in messages:
                    plaintext = gpg.decrypt(message.as_bytes(), always_trust=True)
                    assert plaintext.ok, "a mail arrived that its adviser cannot open"
                    mail = (reference_of_mail(plaintext.data), address)
                    figures.message_ids[mail].add(message["Message-ID"])
                    figures.delivered[mail] += 1


def reference_of_mail(plaintext: bytes) -> str:
    """The reference inside a decrypted mail."""
    found = re.search(rb"^Referentie: (\S+)", plaintext, re.MULTILINE)
    assert found
    return found[1].decode()


def torture(folder: Path, site: Path, database: str, *, count: int, fault_seconds: float, seed: int) -> Figures:
    """One run in this folder on "sqlite" or "postgresql"; without the right to mount, the disk is never full."""
    with ExitStack() as undo:
        disk = undo.enter_context(mounted(DISK_MEGABYTES[database])) if can_mount() else None
        server = Postgres(disk) if database == "postgresql" else None
        if server:
            undo.callback(server.remove)
        url = server.url if server else f"sqlite:///{disk or folder / 'service'}/outbox.sqlite"
        # No space is kept back, so that the web process meets the full disk itself, in the middle of a commit.
        stack = Stack(folder, site, CONTACT_OUTBOX=url, CONTACT_MINIMUM_FREE_BYTES="0")
        undo.callback(stack.stop)
        run = Torture(stack, count, fault_seconds, seed)
        run.disk, run.server = disk, server
        return run.run()


def fell_short(figures: Figures, count: int) -> list[str]:
    """What the run did not reach, in words."""
    faults = {
        "acknowledged too few": len(figures.acknowledged) < count,
        "acknowledged mails are missing": bool(figures.missing),
        "a copy came under another Message-ID": bool(figures.unstable_ids),
        "web was never killed": not (figures.kills["web"] or figures.kills["web worker"]),
        "delivery was never killed": not figures.kills["delivery"],
        "the mail server was not away twice": figures.outages != 2,
        "the full disk refused nobody": bool(figures.full_disks) and not figures.refused,
    }
    return [words for words, true in faults.items() if true]


def measured(figures: Figures, count: int, database: str) -> list[Figure]:
    """What the results tell of a whole run."""
    kills = ", ".join(f"{name} {number}" for name, number in sorted(figures.kills.items()))
    return [
        Figure(f"submissions acknowledged under fire, {database}", len(figures.acknowledged), at_least=count, for_readme=True),
        Figure(f"acknowledged ones that are missing, {database}", len(figures.missing), at_most=0, for_readme=True),
        Figure("copies under another Message-ID", len(figures.unstable_ids), at_most=0),
        Figure(f"kill -9 ({kills})", figures.kills.total()),
        Figure("outages of the mail server", figures.outages, at_least=2),
        Figure("full disks", figures.full_disks),
        Figure("posts refused meanwhile, with the text kept", figures.refused),
        Figure("mails that came twice", sum(number - 1 for number in figures.delivered.values())),
        Figure("duration", figures.seconds, "s"),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures of each database; exit status 1 when a run fell short."""
    parser = argparse.ArgumentParser(prog="make torture")
    parser.add_argument("--count", type=int, default=WHOLE)
    parser.add_argument("--fault-seconds", type=float, default=15)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    options = parser.parse_args(arguments)
    if not can_mount():
        print("The disk is never full in this run: mounting a small one needs root.")
    status, seed = 0, random.randrange(10**6)
    for database in ("sqlite", "postgresql") if options.database == "both" else (options.database,):
        with tempfile.TemporaryDirectory(prefix="torture-") as folder:
            figures = torture(
                Path(folder), REPO / "site", database, count=options.count, fault_seconds=options.fault_seconds, seed=seed
            )
        faults = fell_short(figures, options.count)
        status |= bool(faults)
        if options.count >= WHOLE:
            record(f"torture-{database}", measured(figures, options.count, database))
        print(f"{database} (seed {seed}): {figures}", *(f"FAILED: {fault}" for fault in faults), sep="\n", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())

"""Submissions of which a third reach nobody: `make torture` runs it after the other storm (UNHEARD=1000).

Of every three mails one goes to a mailbox that is full, unknown or dead, to a filter that drops it in silence, or to somebody
who is away. Web, delivery and the command that takes reports are killed with -9 at random. At the end, when the day and the
quarter of a day are over, each submission is opened, or somebody was told of it; once its days are over, nothing is left.
"""

import argparse
import email
import itertools
import mailbox
import random
import re
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP
from sqlalchemy import func, select, update

from contact_service.outbox.mails import (
    ADVISER,
    CAME_BACK,
    HANDED_OVER,
    HELD,
    MAILS,
    NOTICE,
    OPENED,
    OPERATOR,
    SUBMISSION,
    WAITING,
)
from contact_service.outbox.outbox import Outbox
from deploy.demo.advisers import opened
from tests.support.postgres import Postgres
from tests.support.stack import REPO, Stack, reference_in, wait_until

FATES = ("full", "unknown", "dead", "dropped", "away")
# A third of all mails; the others are opened.
SHARE = 3
ROLES = ("burgemeester", "wethouder", "raadslid")
CLIENTS = 4


class World(Mailbox):
    """The next hop and all that is behind it. Of every three new mails one has bad luck, each kind of it in turn."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)  # type: ignore[arg-type]
        self._written = Path(folder).parent / "fates"
        self._fates = fates(self._written)

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        fate = self._fate(email.message_from_bytes(envelope.content)["Message-ID"])
        if fate == "unknown":
            return "550 5.1.1 no such user"
        if fate == "dropped":
            return "250 OK, and it is never seen again"
        return await super().handle_DATA(server, session, envelope)

    def _fate(self, message_id: str) -> str:
        """Always the same, however often the mail comes."""
        if message_id not in self._fates:
            number = len(self._fates)
            fate = FATES[number // SHARE % len(FATES)] if number % SHARE == 0 else "opened"
            with self._written.open("a", encoding="ascii") as written:
                written.write(f"{message_id} {fate}\n")
            self._fates[message_id] = fate
        return self._fates[message_id]


def fates(written: Path) -> dict[str, str]:
    """What became of each mail, by its Message-ID."""
    lines = written.read_text("ascii").splitlines() if written.exists() else []
    return {message_id: fate for message_id, _gap, fate in (line.partition(" ") for line in lines)}


@dataclass
class Unheard:
    """What a run counted."""

    acknowledged: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    reports: int = 0
    neither: set[str] = field(default_factory=set)
    kept_too_long: int = 0
    again: int = 0
    wrong_ids: int = 0

    def __str__(self) -> str:
        counted = {"fates": self.fates, "ends": self.states, "kill -9": self.kills}
        told = "; ".join(f"{name}: {', '.join(f'{k} {n}' for k, n in sorted(each.items()))}" for name, each in counted.items())
        return (
            f"acknowledged {self.acknowledged}; {told}; {self.reports} reports; neither opened nor told {len(self.neither)}, "
            f"kept beyond their time {self.kept_too_long}, {self.again} copies, under another Message-ID {self.wrong_ids}"
        )

    def fell_short(self, count: int) -> list[str]:
        """What the run did not reach, in words."""
        faults = {
            "acknowledged too few": self.acknowledged < count,
            "some are neither opened nor told of": bool(self.neither),
            "some are kept beyond their time": bool(self.kept_too_long),
            "a copy came under another Message-ID": bool(self.wrong_ids),
            "a kind of bad luck is missing": not set(FATES) <= set(self.fates),
            "web was never killed": not self.kills["web"],
            "delivery was never killed": not self.kills["delivery"],
        }
        return [words for words, true in faults.items() if true]


def unheard(folder: Path, site: Path, database: str, *, count: int, seed: int) -> Unheard:
    """One run on "sqlite" or "postgresql"."""
    with ExitStack() as undo:
        server = Postgres() if database == "postgresql" else None
        if server:
            undo.callback(server.remove)
        about = {"CONTACT_ALERT_COMMAND": f"tee -a {folder}/told", "CONTACT_OPERATOR": "beheer@ict.example"}
        if server:
            about["CONTACT_OUTBOX"] = server.url
        stack = Stack(folder / "s", site, **about)
        stack.mail_command = stack.mail_command.replace("aiosmtpd.handlers.Mailbox", "tests.support.unheard.World")
        undo.callback(stack.stop)
        return _Run(stack, count, random.Random(seed), undo).run(folder / "told")


class _Run:
    def __init__(self, stack: Stack, count: int, chance: random.Random, undo: ExitStack) -> None:
        self.stack, self.count, self.chance, self.found = stack, count, chance, Unheard()
        self.outbox = Outbox(stack.environment["CONTACT_OUTBOX"])
        undo.callback(self.outbox.database.close)
        self.references: set[str] = set()
        self.done, self.starting, self.seen = threading.Event(), threading.Lock(), set[str]()
        # An agent for each adviser as long as the run lasts: to start one takes longer than to decrypt.
        homes = stack.computers.iterdir()
        self.computers = {home.name: undo.enter_context(opened(home)) for home in homes}

    def run(self, told: Path) -> Unheard:
        self.stack.start("mail", "web", "delivery")
        with ThreadPoolExecutor(CLIENTS + 2) as threads:
            others = [threads.submit(self._answer), threads.submit(self._kill)]
            senders = [threads.submit(self._send, self.count // CLIENTS) for _ in range(CLIENTS)]
            try:
                for sender in senders:
                    sender.result()
                patience = 300 + 4 * self.count
                wait_until(lambda: self._alive() and self.outbox.queue().waiting == 0, patience, "every mail to leave")
                wait_until(self._settled, patience, "every opening and report")
            finally:
                self.done.set()
            for other in others:
                other.result()
        self._let_time_pass(told)
        self._judge(told)
        self._end()
        return self.found

    def _send(self, count: int) -> None:
        for _ in range(count):
            role, reference = self.chance.choice(ROLES), None
            fields: dict[str, str] = {}
            while not reference and not self.done.is_set():
                with suppress(OSError, HTTPException):
                    fields = fields or {"token": self.stack.token(), "role": role, "reach": "06 1", "message": "Help."}
                    reference = reference_in(self.stack.post(**fields)[1])
                sleep(0 if reference else 0.05)
            self.references |= {reference} if reference else set()

    def _answer(self) -> None:
        """Advisers who open what they get, and servers that report what they could not deliver; each may be asked twice."""
        while not self.done.wait(0.05):
            arrived = mailbox.Maildir(self.stack.mail)
            for key in set(arrived.keys()) - self.seen:
                message = arrived[key]
                fate = fates(self.stack.mail.parent / "fates")[message["Message-ID"]]
                if not self.done.is_set() and self._acts(fate, message):
                    self.seen.add(key)

    def _acts(self, fate: str, message: Any) -> bool:
        if fate in ("full", "dead"):
            return self._report(message["Message-ID"], failed=fate == "full")
        return fate == "away" or self._open(message)

    def _report(self, message_id: str, *, failed: bool) -> bool:
        action = "failed\nStatus: 5.2.2" if failed else "delayed\nStatus: 4.4.1"
        lines = f"Reporting-MTA: dns; mx\nOriginal-Envelope-Id: {message_id[1:33]}\n\nFinal-Recipient: rfc822; a@b.example\n"
        text = f"{lines}Action: {action}\nDiagnostic-Code: smtp; it is so\n"
        head = (
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\nContent-Type: text/plain\n\nx\n'
        )
        content = f"{head}--b\nContent-Type: message/delivery-status\n\n{text}\n--b--\n"
        command = [sys.executable, "-m", "tests.support.cli", "bounced"]
        patience = None if self.chance.random() > 0.1 else self.chance.uniform(0.1, 1)
        self.found.reports += 1
        environment, log = self.stack.environment, self.stack.folder / "bounced.log"
        with log.open("ab") as lines_of_log:
            try:
                run = subprocess.run(
                    command,
                    input=content.encode(),
                    cwd=REPO,
                    env=environment,
                    timeout=patience,
                    check=False,
                    stdout=lines_of_log,
                    stderr=lines_of_log,
                )
            except subprocess.TimeoutExpired:
                self.found.kills["bounced"] += 1  # by SIGKILL
                return False
        return run.returncode == 0

    def _open(self, message: Any) -> bool:
        """Press the button behind the link; a mail without one is read, and that is all."""
        opener = self.computers[message["To"]] if "[...]" in message["Subject"] else None
        inner = opener.decrypt(message.as_bytes(), always_trust=True).data if opener else b""
        link = re.search(rb"^Ik heb dit bericht: (\S+)\r$", inner, re.MULTILINE)
        if not link:
            return True
        with suppress(OSError, HTTPException), urllib.request.urlopen(link[1].decode(), b"have=yes", timeout=30) as answer:
            return bool(answer.status == 200)
        return False

    def _settled(self) -> bool:
        self._alive()
        return self.seen == set(mailbox.Maildir(self.stack.mail).keys())

    def _alive(self) -> bool:
        with self.starting:
            self.stack.restart_the_ended()
        return True

    def _kill(self) -> None:
        # Seldom enough that what was started gets to work, also on a busy machine.
        names = itertools.cycle(("web", "delivery"))
        while not self.done.wait(self.chance.uniform(2, 6)):
            with self.starting:
                self._kill_and_start(next(names), wait=False)

    def _kill_and_start(self, name: str, *, wait: bool) -> None:
        self.stack.kill(name)
        self.found.kills[name] += 1
        self.stack.start(name, wait=wait)

    def _let_time_pass(self, told: Path) -> None:
        """The day until a reminder, and the quarter of a day until the operator hears of it."""
        self._alive()
        for stage in (ADVISER, OPERATOR):
            late = (MAILS.c.kind == SUBMISSION) & MAILS.c.state.in_((HANDED_OVER, CAME_BACK)) & (MAILS.c.told < stage)
            with self.outbox.database.transaction() as connection:
                connection.execute(update(MAILS).where(late).values(due_at=1.0))
            wait_until(lambda late=late: self._alive() and not self._count(late), 120, f"stage {stage} of telling")
        # A new one looks at once.
        self._kill_and_start("delivery", wait=True)
        wait_until(lambda: told.exists() and "mail-unopened" in told.read_text("utf-8"), 60, "the alert")

    def _count(self, condition: Any) -> int:
        with self.outbox.database.reading() as connection:
            return int(connection.execute(select(func.count()).where(condition)).scalar_one())

    def _judge(self, told: Path) -> None:
        text, found = told.read_text("utf-8"), self.found
        with self.outbox.database.reading() as connection:
            query = select(MAILS.c.id, MAILS.c.reference, MAILS.c.state, MAILS.c.told).where(MAILS.c.kind == SUBMISSION)
            rows = connection.execute(query).all()
        heard = {CAME_BACK: "mail-came-back", HELD: "mail-held", HANDED_OVER: "mail-unopened"}
        known, fate_of = set(), fates(self.stack.mail.parent / "fates")
        for name, reference, state, stage in rows:
            found.states[state] += 1
            found.fates[fate_of.get(f"<{name}@hulp.example>", "never left")] += 1
            is_told = state in heard and heard[state] in text and (state != HANDED_OVER or stage == OPERATOR)
            if state == OPENED or is_told:
                known.add(reference)
        found.acknowledged, found.neither = len(self.references), self.references - known
        ids = {f"<{row[0]}@hulp.example>" for row in rows}
        sent = Counter(mail["Message-ID"] for mail in mailbox.Maildir(self.stack.mail) if mail["Subject"].startswith("[...]"))
        found.again, found.wrong_ids = sent.total() - len(sent), len(set(sent) - ids)

    def _end(self) -> None:
        """The days are over for everything that left, and for every notice."""
        with self.outbox.database.transaction() as connection:
            connection.execute(update(MAILS).where(MAILS.c.left_at.is_not(None)).values(left_at=1.0))
            never_left = (MAILS.c.state == OPENED) | (MAILS.c.kind == NOTICE)
            connection.execute(update(MAILS).where(never_left).values(accepted_at=1.0))
        self._kill_and_start("delivery", wait=True)
        kept = MAILS.c.state.not_in((WAITING, HELD)) | (MAILS.c.kind == NOTICE)
        with suppress(AssertionError):
            wait_until(lambda: self._count(kept) == 0, 30)
        self.found.kept_too_long = self._count(kept)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures of each database; exit status 1 when a run fell short."""
    parser = argparse.ArgumentParser(prog="make torture")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    options, status, seed = parser.parse_args(arguments), 0, random.randrange(10**6)
    for database in ("sqlite", "postgresql") if options.database == "both" else (options.database,):
        start = monotonic()
        with tempfile.TemporaryDirectory(prefix="unheard-") as folder:
            found = unheard(Path(folder), REPO / "site", database, count=options.count, seed=seed)
        faults = found.fell_short(options.count)
        status |= bool(faults)
        print(
            f"{database} (seed {seed}, {monotonic() - start:.0f} s): {found}",
            *(f"FAILED: {fault}" for fault in faults),
            sep="\n",
        )
    return status


if __name__ == "__main__":
    sys.exit(main())

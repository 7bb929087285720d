"""Submissions of which a third reach nobody: `make torture` runs it after the other storm; a small run is part of the tests.

Of every three mails one goes to an adviser whose mailbox is full, unknown or dead, whose filter drops it in silence, or who is
away. Web, delivery and the command that takes reports are killed with -9 at random. At the end, when the day and the quarter of
a day are over, each submission is opened, or somebody was told of it; once its days are over, nothing of it is left.
"""

import argparse
import email
import hashlib
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
from time import sleep
from typing import Any

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP

from contact_service.outbox.outbox import Outbox
from deploy.demo.advisers import decrypt
from tests.support.postgres import Postgres
from tests.support.stack import REPO, Stack, reference_in, wait_until

FATES = ("full", "unknown", "dead", "dropped", "away")
# A third of all mails; the others are opened.
SHARE = 3
ROLES = ("burgemeester", "wethouder", "raadslid")
CLIENTS = 4


def fate_of(message_id: str) -> str:
    """What becomes of a mail: always the same, however often it comes."""
    number = int(hashlib.sha256(message_id.encode()).hexdigest()[:8], 16)
    return FATES[number // SHARE % len(FATES)] if number % SHARE == 0 else "opened"


class World(Mailbox):
    """The next hop and all that is behind it."""

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        fate = fate_of(email.message_from_bytes(envelope.content)["Message-ID"])
        if fate == "unknown":
            return "550 5.1.1 no such user"
        if fate == "dropped":
            return "250 OK, and it is never seen again"
        await super().handle_DATA(server, session, envelope)  # type: ignore[no-untyped-call]
        return "250 OK"


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
    wrong_ids: int = 0

    def __str__(self) -> str:
        counted = {"fates": self.fates, "ends": self.states, "kill -9": self.kills}
        told = "; ".join(f"{name}: {', '.join(f'{k} {n}' for k, n in sorted(each.items()))}" for name, each in counted.items())
        return (
            f"acknowledged {self.acknowledged}; {told}; {self.reports} reports; neither opened nor told {len(self.neither)}, "
            f"kept beyond their time {self.kept_too_long}, copies under another Message-ID {self.wrong_ids}"
        )

    @property
    def fell_short(self) -> bool:
        return bool(self.neither or self.kept_too_long or self.wrong_ids) or not (self.kills["web"] and self.kills["delivery"])


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
        undo.callback(stack.stop)
        return _Run(stack, count, random.Random(seed)).run(folder / "told")


class _Run:
    def __init__(self, stack: Stack, count: int, chance: random.Random) -> None:
        self.stack, self.count, self.chance, self.found = stack, count, chance, Unheard()
        self.outbox = Outbox(stack.environment["CONTACT_OUTBOX"])
        self.references: set[str] = set()
        self.done, self.seen = threading.Event(), set[str]()

    def run(self, told: Path) -> Unheard:
        mail = self.stack.mail_command.replace("aiosmtpd.handlers.Mailbox", "tests.support.unheard.World")
        self.stack.mail_command = mail
        self.stack.start("mail", "web", "delivery")
        with ThreadPoolExecutor(CLIENTS + 2) as threads:
            others = [threads.submit(self._answer), threads.submit(self._kill)]
            senders = [threads.submit(self._send, self.count // CLIENTS) for _ in range(CLIENTS)]
            try:
                for sender in senders:
                    sender.result()
                patience = 300 + 4 * self.count
                wait_until(lambda: self._alive() and self.outbox.queue().waiting == 0, patience, "every mail to leave")
                wait_until(lambda: self._settled(), patience, "every opening and report")
            finally:
                self.done.set()
            for other in others:
                other.result()
        self._alive()
        self._let_time_pass(told)
        self._judge(told)
        self._end()
        return self.found

    def _send(self, count: int) -> None:
        for _ in range(count):
            role, reference = self.chance.choice(ROLES), None
            fields: dict[str, str] = {}
            while not reference:
                with suppress(OSError, HTTPException):
                    fields = fields or {"token": self.stack.token(), "role": role, "reach": "06 1", "message": "Help."}
                    reference = reference_in(self.stack.post(**fields)[1])
                sleep(0 if reference else 0.05)
            self.references.add(reference)

    def _answer(self) -> None:
        """Advisers who open what they get, and servers that report what they could not deliver; each may be asked twice."""
        while not self.done.wait(0.05):
            for key, message in list(mailbox.Maildir(self.stack.mail).items()):
                if key in self.seen or self.done.is_set():
                    continue
                fate = fate_of(message["Message-ID"])
                if fate in ("full", "dead"):
                    self.found.reports += 1
                    if self._report(message["Message-ID"], failed=fate == "full"):
                        self.seen.add(key)
                elif fate == "away" or self._open(message):
                    self.seen.add(key)

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
        try:
            run = subprocess.run(
                command, input=content.encode(), cwd=REPO, env=self.stack.environment, timeout=patience, check=False
            )
        except subprocess.TimeoutExpired:
            self.found.kills["bounced"] += 1  # by SIGKILL
            return False
        return run.returncode == 0

    def _open(self, message: Any) -> bool:
        inner = decrypt(self.stack.computers / message["To"], message.as_bytes()) if "[...]" in message["Subject"] else b""
        link = re.search(rb"^Ik heb dit bericht: (\S+)\r$", inner or b"", re.MULTILINE)
        if not link:
            return True
        with suppress(OSError, HTTPException), urllib.request.urlopen(link[1].decode(), b"have=yes", timeout=30) as answer:
            return bool(answer.status == 200)
        return False

    def _settled(self) -> bool:
        self._alive()
        return len(self.seen) == len(mailbox.Maildir(self.stack.mail))

    def _alive(self) -> bool:
        self.stack.restart_the_ended()
        return True

    def _kill(self) -> None:
        # Seldom enough that what was started gets to work, also on a busy machine.
        while not self.done.wait(self.chance.uniform(2, 6)):
            name = self.chance.choice(("web", "delivery"))
            with suppress(KeyError):
                self.stack.kill(name)
                self.found.kills[name] += 1
                self.stack.start(name, wait=False)

    def _let_time_pass(self, told: Path) -> None:
        """The day until a reminder, and the quarter of a day until the operator hears of it."""
        due = "SELECT count(*) FROM outbox WHERE state IN ('handed over', 'came back') AND told = 0"
        for stage in (1, 2):
            with self.outbox.database.transaction() as connection:
                query = "UPDATE outbox SET due_at = 1 WHERE kind = 'submission' AND left_at > 0 AND told < "
                connection.exec_driver_sql(query + str(stage))
            wait_until(lambda: self._alive() and self._count(due) == 0, 120, "all reminders")
        late = "SELECT count(*) FROM outbox WHERE state IN ('handed over', 'came back') AND told < 2"
        wait_until(lambda: self._alive() and self._count(late) == 0, 120, "the operator to be told")
        self.stack.kill("delivery")
        self.stack.start("delivery")
        wait_until(lambda: told.exists() and "mail-unopened" in told.read_text("utf-8"), 60, "the alert")

    def _count(self, query: str) -> int:
        with self.outbox.database.reading() as connection:
            return int(connection.exec_driver_sql(query).scalar_one())

    def _judge(self, told: Path) -> None:
        text, found = told.read_text("utf-8"), self.found
        with self.outbox.database.reading() as connection:
            rows = connection.exec_driver_sql("SELECT id, reference, state, told FROM outbox WHERE kind = 'submission'").all()
        heard = {"came back": "mail-came-back", "held": "mail-held", "handed over": "mail-unopened"}
        known = set()
        for name, reference, state, stage in rows:
            found.states[state] += 1
            found.fates[fate_of(f"<{name}@hulp.example>")] += 1
            is_told = state in heard and heard[state] in text and (state != "handed over" or stage == 2)
            if state == "opened" or is_told:
                known.add(reference)
        found.acknowledged = len(self.references)
        found.neither = self.references - known
        ids = {row[0] for row in rows}
        mails = [m for m in mailbox.Maildir(self.stack.mail) if m["Subject"].startswith("[...] ")]
        found.wrong_ids = sum(message["Message-ID"][1:33] not in ids for message in mails)

    def _end(self) -> None:
        """The days are over for everything that left."""
        with self.outbox.database.transaction() as connection:
            connection.exec_driver_sql("UPDATE outbox SET left_at = 1 WHERE left_at > 0")
            connection.exec_driver_sql("UPDATE outbox SET accepted_at = 1 WHERE state = 'opened'")
        self.stack.kill("delivery")
        self.stack.start("delivery")
        kept = "SELECT count(*) FROM outbox WHERE state NOT IN ('waiting', 'held')"
        with suppress(AssertionError):
            wait_until(lambda: self._count(kept) == 0, 30)
        self.found.kept_too_long = self._count(kept)
        self.outbox.database._engine.dispose()


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures of each database; exit status 1 when a run fell short."""
    parser = argparse.ArgumentParser(prog="make torture")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    options, status = parser.parse_args(arguments), 0
    for database in ("sqlite", "postgresql") if options.database == "both" else (options.database,):
        with tempfile.TemporaryDirectory(prefix="unheard-") as folder:
            found = unheard(Path(folder), REPO / "site", database, count=options.count, seed=random.randrange(10**6))
        status |= found.fell_short
        print(f"{database}: {found}", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())

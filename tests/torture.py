"""Submissions while everything breaks: mail server down, web and delivery killed with -9 at random. Nothing that was
acknowledged may be missing. Run as `make torture`; a small run is part of the tests.
"""

import mailbox
import random
import re
import signal
import sys
import tempfile
import threading
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from os import kill
from pathlib import Path
from time import monotonic

from contact_service.advisers import read_associations
from contact_service.outbox import Outbox
from deploy.demo.advisers import decrypt
from tests.postgresql import Postgresql
from tests.stack import REPO, Stack, is_open, reference_in, wait_until

CLIENTS = 4


@dataclass
class Figures:
    """What a run counted."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    expected: set[tuple[str, str]] = field(default_factory=set)
    posts: int = 0
    web_kills: int = 0
    delivery_kills: int = 0
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
        return (
            f"acknowledged {len(self.acknowledged)} in {self.posts} posts, web killed {self.web_kills} times, delivery "
            f"{self.delivery_kills} times; expected {len(self.expected)} mails, delivered {len(self.delivered)}, "
            f"{again} again, missing {len(self.missing)}; {self.seconds:.0f} s"
        )


def torture(stack: Stack, count: int, outage_seconds: float, seed: int) -> Figures:
    """Let `count` submissions be acknowledged under fire, then wait until the outbox is empty."""
    figures, started, done = Figures(), monotonic(), threading.Event()
    stack.start("mail", "web", "delivery")
    chances = [random.Random(seed + number) for number in range(CLIENTS + 1)]
    vandal = threading.Thread(target=_break_things, args=(stack, figures, outage_seconds, done, chances.pop()))
    clients = [threading.Thread(target=_send, args=(stack, figures, count, chance)) for chance in chances]
    for thread in [*clients, vandal]:
        thread.start()
    for thread in clients:
        thread.join()
    done.set()
    vandal.join()
    outbox = Outbox(stack.environment["CONTACT_OUTBOX"])
    wait_until(lambda: not outbox.unsent(), 120 + count / 5, "an empty outbox")
    _count_mails(stack, figures)
    figures.seconds = monotonic() - started
    return figures


def _send(stack: Stack, figures: Figures, count: int, chance: random.Random) -> None:
    deadline = monotonic() + 60 + count
    while len(figures.acknowledged) < count:
        # A reader whose connection breaks sends the same form again, until an answer comes.
        with suppress(OSError, HTTPException):
            # Councillors have two advisers: one submission, two mails.
            role = chance.choice(("burgemeester", "raadslid"))
            fields = {"token": stack.token(), "role": role, "reach": "06 12345678", "message": "Help. " * 200}
            while True:
                wait_until(lambda: is_open(stack.port))
                assert monotonic() < deadline, "the clients make no progress"
                figures.posts += 1
                with suppress(OSError, HTTPException):
                    _status, page = stack.post(**fields)
                    if reference := reference_in(page):
                        figures.acknowledged[reference] = role
                        break


def _break_things(stack: Stack, figures: Figures, outage_seconds: float, done: threading.Event, chance: random.Random) -> None:
    stack.kill("mail")
    back_at = monotonic() + outage_seconds
    while not done.is_set():
        # Paced by what was acknowledged, so that a slow machine makes a slow run and not an endless one.
        seen = len(figures.acknowledged)
        wait_until(lambda seen=seen: len(figures.acknowledged) > seen or done.is_set(), 60, "a next acknowledgement")
        done.wait(chance.uniform(0, 0.1))
        if monotonic() > back_at and "mail" not in stack.processes:
            stack.start("mail")
        victim = chance.random()
        if victim < 0.4:
            with suppress(ProcessLookupError, IndexError):
                kill(chance.choice(stack.workers()), signal.SIGKILL)
                figures.web_kills += 1
        elif victim < 0.5:
            stack.kill("web")
            figures.web_kills += 1
            stack.start("web")
        else:
            stack.kill("delivery")
            figures.delivery_kills += 1
            stack.start("delivery")
    wait_until(lambda: monotonic() > back_at, outage_seconds + 1)
    if "mail" not in stack.processes:
        stack.start("mail")


def _count_mails(stack: Stack, figures: Figures) -> None:
    associations = read_associations(stack.folder / "service" / "advisers.toml")
    for reference, role in figures.acknowledged.items():
        figures.expected |= {(reference, adviser.address) for adviser in associations[role].advisers}
    for message in mailbox.Maildir(stack.mail):
        plaintext = decrypt(stack.computers / message["To"], message.as_bytes())
        assert plaintext, "a mail arrived that its adviser cannot open"
        mail = (reference_of_mail(plaintext), message["To"])
        figures.message_ids[mail].add(message["Message-ID"])
        figures.delivered[mail] += 1


def reference_of_mail(plaintext: bytes) -> str:
    """The reference inside a decrypted mail."""
    found = re.search(rb"^Referentie: (\S+)", plaintext, re.MULTILINE)
    assert found
    return found[1].decode()


def main(count: int, outage_seconds: float, database: str) -> int:
    """Print the figures; exit status 1 when something is missing or was never acknowledged."""
    server = Postgresql() if database == "postgresql" else None
    settings = {"CONTACT_OUTBOX": server.url} if server else {}
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        # Short leases: a killed delivery process is waited for in the test, not in its default five minutes.
        stack = Stack(Path(folder), REPO / "site", **settings)
        try:
            figures = torture(stack, count, outage_seconds, seed=random.randrange(10**6))
        finally:
            stack.stop()
            if server:
                server.remove()
    print(f"{database}: {figures}")
    return 1 if figures.missing or figures.unstable_ids or len(figures.acknowledged) < count else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]))

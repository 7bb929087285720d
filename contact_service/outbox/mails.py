"""One mail in the outbox, and the table that holds it."""

from collections.abc import Iterable
from dataclasses import dataclass
from time import time
from typing import Any

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, MetaData, String, Table

# What becomes of a mail, in the words that commands, alerts and the guide share.
WAITING, HELD, HANDED_OVER, CAME_BACK, OPENED = "waiting", "held", "handed over", "came back", "opened"
# A submission's mail stays until an adviser has it; so does a practice mail, but nobody is told. A notice is gone once it left.
SUBMISSION, PRACTICE, NOTICE = "submission", "practice", "notice"
# Who was told that nobody opened a mail: nobody yet, its adviser, then the operator and the reserve.
NOBODY, ADVISER, OPERATOR = 0, 1, 2

METADATA = MetaData()
MAILS = Table(
    "outbox",
    METADATA,
    Column("id", String(145), primary_key=True),  # what stands in the mail's Message-ID and ENVID
    Column("reference", String(9), nullable=False),
    Column("adviser", String(80), nullable=False),
    Column("address", String(254), nullable=False),
    Column("state", String(20), nullable=False, default=WAITING),
    Column("attempts", Integer, nullable=False, default=0),
    Column("last_answer", String(200), nullable=False, default=""),
    Column("accepted_at", Float, nullable=False),
    # When something is to be done: to try the mail (again), or to tell somebody that nobody opened it. A claim moves it
    # ahead by the lease; NULL once nothing is left to do, so that the index holds no more than that.
    Column("due_at", Float, index=True),
    Column("kind", String(10), nullable=False, default=SUBMISSION, server_default=SUBMISSION),
    # The sum of the code in the encrypted text: with it alone nobody can say "I have it".
    Column("code", String(64), nullable=False, default="", server_default="", index=True),
    # The address that is told when nobody opens it.
    Column("reserve", String(254), nullable=False, default="", server_default=""),
    Column("told", Integer, nullable=False, default=NOBODY, server_default="0"),
    Column("left_at", Float),  # when a server took it first
    # Last, so that SQLite finds all else without reading past a long mail.
    Column("mail", LargeBinary, nullable=False),
    # Keeps the figures cheap, however many traces there are.
    Index("ix_outbox_figures", "state", "kind", "told"),
)


@dataclass(frozen=True)
class Mail:
    """One mail of one submission. `attempts` also fences a claim: a later claim has a higher number."""

    id: str
    reference: str
    adviser: str
    address: str
    mail: bytes
    state: str = WAITING
    attempts: int = 0
    last_answer: str = ""
    accepted_at: float = 0.0
    kind: str = SUBMISSION
    code: str = ""
    reserve: str = ""
    told: int = NOBODY
    left_at: float | None = None

    def __repr__(self) -> str:
        return f"Mail(reference={self.reference!r}, adviser={self.adviser!r}, attempts={self.attempts})"


COLUMNS = [MAILS.c[name] for name in Mail.__dataclass_fields__]


def as_rows(mails: Iterable[Mail]) -> list[dict[str, Any]]:
    """New mails as the table takes them: accepted, and due, now."""
    now = time()
    return [vars(mail) | {"accepted_at": now, "due_at": now} for mail in mails]


@dataclass(frozen=True)
class Queue:
    """How many mails have not left yet, came back, or were not opened although their advisers were reminded; and when the
    oldest that has not left was accepted."""

    waiting: int = 0
    held: int = 0
    came_back: int = 0
    unopened: int = 0
    oldest_accepted_at: float | None = None

"""One mail in the outbox, and the table that holds it."""

from dataclasses import dataclass

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, MetaData, String, Table

WAITING, HELD, SENT = "waiting", "held", "sent"

METADATA = MetaData()
MAILS = Table(
    "outbox",
    METADATA,
    Column("id", String(145), primary_key=True),  # 64 digits, a hyphen, and the adviser
    Column("reference", String(9), nullable=False),
    Column("adviser", String(80), nullable=False),
    Column("address", String(254), nullable=False),
    Column("mail", LargeBinary, nullable=False),
    Column("state", String(7), nullable=False, default=WAITING),
    Column("attempts", Integer, nullable=False, default=0),
    Column("last_answer", String(200), nullable=False, default=""),
    Column("accepted_at", Float, nullable=False),
    # When the mail may be tried (again): a claim moves it ahead by the lease; NULL once the mail is sent, so that the
    # index holds unsent mails alone and a claim costs the same whether 100 or 100,000 wait.
    Column("due_at", Float, index=True),
)

# Keeps "how many wait, and since when" cheap, however many traces of sent mails there are.
UNSENT = MAILS.c.due_at.is_not(None)
Index("outbox_unsent", MAILS.c.accepted_at, MAILS.c.state, sqlite_where=UNSENT, postgresql_where=UNSENT)


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

    def __repr__(self) -> str:
        return f"Mail(reference={self.reference!r}, adviser={self.adviser!r}, attempts={self.attempts})"


@dataclass(frozen=True)
class Queue:
    """How many mails have not left yet, and when the oldest of them was accepted."""

    waiting: int
    held: int
    oldest_accepted_at: float | None

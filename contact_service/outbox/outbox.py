"""Finished, encrypted mails on their way to the next mail server.

A mail is here from the commit that lets the official read "received" until the next mail server took it over; then its
bytes are erased and a trace stays for a while, so that the same form sent again is recognised.
"""

from collections.abc import Iterable
from time import time
from typing import Any

from sqlalchemy import bindparam, case, delete, func, select, update

from contact_service.outbox.database import Database, OutboxUnavailable
from contact_service.outbox.mails import HELD, MAILS, METADATA, SENT, UNSENT, WAITING, Mail, Queue

__all__ = ["HELD", "SENT", "WAITING", "Mail", "Outbox", "OutboxUnavailable", "Queue"]

TRACE_SECONDS = 7 * 24 * 3600


class Outbox:
    """The table of mails at a database URL: SQLite for one machine, PostgreSQL for many.

    Every method raises OutboxUnavailable when the database cannot be used; then it changed nothing.
    """

    def __init__(self, url: str, minimum_free_bytes: int = 0) -> None:
        self.database = Database(url)
        self._minimum_free_bytes = minimum_free_bytes
        self._insert = self.database.insert(MAILS).on_conflict_do_nothing()

    def create(self) -> None:
        """Make the table where it does not exist yet."""
        self.database.create(METADATA)

    def put(self, mails: Iterable[Mail]) -> None:
        """Commit the mails of one submission together, synced to disk; mails that are there already stay as they are."""
        self.check_space()
        now = time()
        rows = [
            {"id": m.id, "reference": m.reference, "adviser": m.adviser, "address": m.address, "mail": m.mail}
            | {"accepted_at": now, "due_at": now}
            for m in mails
        ]
        with self.database.transaction() as connection:
            connection.execute(self._insert, rows)

    def has(self, ids: Iterable[str]) -> bool:
        """Whether one of these mails is here, or left a trace."""
        with self.database.reading() as connection:
            return connection.execute(select(MAILS.c.id).where(MAILS.c.id.in_(list(ids))).limit(1)).first() is not None

    def check_space(self) -> None:
        """Raise OutboxUnavailable when the disk is nearly full: what is left is for delivery, which needs to write too."""
        free_bytes = self.database.free_bytes()
        if self.is_nearly_full(free_bytes):
            raise OutboxUnavailable(f"only {free_bytes} bytes left on the disk of the outbox")

    def is_nearly_full(self, free_bytes: int | None) -> bool:
        """Whether this much free disk is too little for a new submission."""
        return free_bytes is not None and free_bytes < self._minimum_free_bytes

    def claim(self, lease_seconds: float) -> Mail | None:
        """The mail that is due longest, kept from other delivery processes for the time of the lease."""
        now = time()
        # A claim that a power cut undoes is made again, and the mail goes out once more under the same Message-ID. Not to
        # wait for the disk took a third off a delivery (alternating, on both databases).
        with self.database.transaction(synced=False) as connection:
            row = connection.execute(_CLAIM, {"now": now, "until": now + lease_seconds}).one_or_none()
        return Mail(**row._mapping) if row else None

    def record_sent(self, mail: Mail) -> None:
        """The next mail server has the mail: erase its bytes, keep the trace."""
        self._record(mail, state=SENT, mail=b"", last_answer="", due_at=None)

    def record_unsent(self, mail: Mail, state: str, answer: str, delay_seconds: float) -> None:
        """The mail stays here, WAITING or HELD, and is tried again after the delay."""
        self._record(mail, state=state, last_answer=answer, due_at=time() + delay_seconds)

    def record_untried(self, mail: Mail, answer: str) -> None:
        """The mail could not even be offered: as before the claim it is the oldest that is due, with as many attempts."""
        self._record(mail, attempts=mail.attempts - 1, last_answer=answer, due_at=mail.accepted_at)

    def unsent(self) -> list[Mail]:
        """Every mail that has not left, oldest first, without its bytes."""
        columns = [column for column in _COLUMNS if column.name != "mail"]
        query = select(*columns).where(MAILS.c.due_at.is_not(None)).order_by(MAILS.c.accepted_at)
        with self.database.reading() as connection:
            return [Mail(mail=b"", **row._mapping) for row in connection.execute(query)]

    def queue(self) -> Queue:
        """What has not left yet, in figures."""
        held = func.coalesce(func.sum(case((MAILS.c.state == HELD, 1), else_=0)), 0)
        query = select(func.count(), held, func.min(MAILS.c.accepted_at)).where(UNSENT)
        with self.database.reading() as connection:
            unsent, refused, oldest = connection.execute(query).one()
        return Queue(unsent - refused, refused, oldest)

    def mend_times(self, longest_delay_seconds: float) -> None:
        """Make mails due now whose time lies further ahead than any delay: the clock was wrong when it was written."""
        now = time()
        astray = update(MAILS).where(MAILS.c.due_at > now + longest_delay_seconds).values(due_at=now)
        with self.database.transaction() as connection:
            connection.execute(astray)

    def retry(self) -> int:
        """Make every unsent mail due now; return how many."""
        every = update(MAILS).where(MAILS.c.due_at.is_not(None)).values(due_at=time()).returning(MAILS.c.id)
        with self.database.transaction() as connection:
            return len(connection.execute(every).all())

    def forget_traces(self) -> None:
        """Delete what is left of mails that were sent: their traces after a week, their bytes in the database's files now."""
        old = delete(MAILS).where(MAILS.c.state == SENT, MAILS.c.accepted_at < time() - TRACE_SECONDS)
        with self.database.transaction() as connection:
            connection.execute(old)
        self.database.erase(MAILS)

    def _record(self, claimed: Mail, **values: Any) -> None:
        # Only the latest claim may write: a process that overslept its lease must not undo what another recorded. After a
        # power cut two claims may have the same number; a mail that was sent has no bytes any more, so it stays sent.
        mine = (MAILS.c.id == claimed.id) & (MAILS.c.attempts == claimed.attempts) & UNSENT
        with self.database.transaction() as connection:
            connection.execute(update(MAILS).where(mine).values(**values))


_COLUMNS = [
    MAILS.c[name]
    for name in ("id", "reference", "adviser", "address", "mail", "state", "attempts", "last_answer", "accepted_at")
]

# Built once: SQLAlchemy took 0.3 ms for it each time, of 2.6 ms of processor that a mail costs (benchmarks.delivery).
_DUE = select(MAILS.c.id).where(MAILS.c.due_at <= bindparam("now")).order_by(MAILS.c.due_at).limit(1)
# SQLite has no row locks and needs none: BEGIN IMMEDIATE lets one writer in at a time.
_CLAIM = (
    update(MAILS)
    .where(MAILS.c.id == _DUE.with_for_update(skip_locked=True).scalar_subquery())
    .values(due_at=bindparam("until"), attempts=MAILS.c.attempts + 1)
    .returning(*_COLUMNS)
)

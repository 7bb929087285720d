"""Finished, encrypted mails on their way to somebody who has read them.

A mail is here from the commit that lets the official read "received" until an adviser says "I have it". This is its
way out; what happens to a mail that has left is in `kept`.
"""

from collections.abc import Iterable
from time import time
from typing import Any

from sqlalchemy import bindparam, case, delete, func, select, update

from contact_service.outbox.database import Database, OutboxUnavailable
from contact_service.outbox.mails import (
    CAME_BACK,
    COLUMNS,
    HANDED_OVER,
    HELD,
    MAILS,
    METADATA,
    NOTICE,
    OPERATOR,
    PRACTICE,
    WAITING,
    Mail,
    Queue,
    as_rows,
)
from contact_service.outbox.upgrade import upgrade

__all__ = ["HANDED_OVER", "HELD", "WAITING", "Mail", "Outbox", "OutboxUnavailable", "Queue"]


class Outbox:
    """The table of mails at a database URL: SQLite for one machine, PostgreSQL for many.

    Every method raises OutboxUnavailable when the database cannot be used; then it changed nothing.
    """

    def __init__(self, url: str, minimum_free_bytes: int = 0) -> None:
        self.database = Database(url)
        self._minimum_free_bytes = minimum_free_bytes
        self._insert = self.database.insert(MAILS).on_conflict_do_nothing()

    def create(self) -> None:
        """Make the table where it does not exist yet, and take one of an earlier version over."""
        self.database.create(METADATA, upgrade)

    def put(self, mails: Iterable[Mail]) -> None:
        """Commit the mails of one submission together, synced to disk; mails that are there already stay as they are."""
        self.check_space()
        rows = as_rows(mails)
        with self.database.transaction() as connection:
            connection.execute(self._insert, rows)

    def has(self, ids: Iterable[str]) -> bool:
        """Whether one of these mails is here for good, or left a trace."""
        with self.database.settled() as connection:
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
        """The mail that is due longest, to be sent or told of, kept from other processes for the time of the lease."""
        now = time()
        # A claim that a power cut undoes is made again, and the mail goes out once more under the same Message-ID. Not to
        # wait for the disk took a third off a delivery (alternating, on both databases).
        with self.database.transaction(synced=False) as connection:
            row = connection.execute(_CLAIM, {"now": now, "until": now + lease_seconds}).one_or_none()
        return Mail(**row._mapping) if row else None

    def record_handed_over(self, mail: Mail, tell_seconds: float) -> None:
        """The next mail server has the mail: keep it until somebody opens it, and tell of it when nobody does in time."""
        if mail.kind == NOTICE:
            with self.database.transaction() as connection:
                connection.execute(delete(MAILS).where(MAILS.c.id == mail.id))
            return
        now = time()
        due_at = None if mail.told == OPERATOR or mail.kind == PRACTICE else now + tell_seconds
        self._record(mail, state=HANDED_OVER, last_answer="", left_at=mail.left_at or now, due_at=due_at)

    def record_unsent(self, mail: Mail, state: str, answer: str, delay_seconds: float) -> None:
        """The mail stays here, WAITING or HELD, and is tried again after the delay."""
        self._record(mail, state=state, last_answer=answer, due_at=time() + delay_seconds)

    def record_untried(self, mail: Mail, answer: str) -> None:
        """The mail could not even be offered: as before the claim it is the oldest that is due, with as many attempts."""
        self._record(mail, attempts=mail.attempts - 1, last_answer=answer, due_at=mail.accepted_at)

    def record_told(self, mail: Mail, told: int, again_seconds: float | None, notices: Iterable[Mail]) -> None:
        """Somebody is told that nobody opened the mail, by these notices, and somebody else after the time, if any."""
        due_at = None if again_seconds is None else time() + again_seconds
        self._record(mail, notices, told=told, due_at=due_at)

    def queue(self) -> Queue:
        """What has not left yet, came back or was not opened in time, in figures. Notices don't count: a reminder that cannot
        leave wakes nobody, and its submission does."""
        counts = select(MAILS.c.state, MAILS.c.told, func.count()).where(MAILS.c.kind != NOTICE)
        counts = counts.group_by(MAILS.c.state, MAILS.c.told)
        oldest = select(func.min(MAILS.c.accepted_at)).where(MAILS.c.state.in_((WAITING, HELD)), MAILS.c.kind != NOTICE)
        with self.database.reading() as connection:
            found = [tuple(row) for row in connection.execute(counts)]
            accepted_at = connection.execute(oldest).scalar_one()
        waiting, held, came_back = (sum(n for state, _, n in found if state == each) for each in (WAITING, HELD, CAME_BACK))
        unopened = sum(number for state, told, number in found if (state, told) == (HANDED_OVER, OPERATOR))
        return Queue(waiting, held, came_back, unopened, accepted_at)

    def mend_times(self, longest_delay_seconds: float) -> None:
        """Make mails due now whose time lies further ahead than any delay: the clock was wrong when it was written."""
        now = time()
        ahead = now + longest_delay_seconds
        astray = MAILS.c.state.in_((WAITING, HELD)) & (MAILS.c.due_at > ahead)
        with self.database.transaction() as connection:
            connection.execute(update(MAILS).where(astray).values(due_at=now))
            # What somebody has, or was told of, has nothing left to do.
            due_at = case((MAILS.c.due_at.is_not(None), now))
            connection.execute(update(MAILS).where(MAILS.c.left_at > ahead).values(left_at=now, due_at=due_at))
            # Else it would not be late before that day came, nor would a notice ever end.
            connection.execute(update(MAILS).where(MAILS.c.accepted_at > ahead).values(accepted_at=now))

    def _record(self, claimed: Mail, notices: Iterable[Mail] = (), **values: Any) -> None:
        # Only the latest claim may write: a process that overslept its lease must not undo what another recorded. After a
        # power cut two claims may have the same number; what was recorded since, or opened, shows in the state.
        mine = (MAILS.c.id == claimed.id) & (MAILS.c.attempts == claimed.attempts) & (MAILS.c.state == claimed.state)
        rows = as_rows(notices)
        with self.database.transaction() as connection:
            recorded = connection.execute(update(MAILS).where(mine).values(**values).returning(MAILS.c.id)).first()
            if recorded and rows:
                connection.execute(self._insert, rows)


# Built once: SQLAlchemy took 0.3 ms for it each time, of 2.6 ms of processor that a mail costs (benchmarks.delivery).
_DUE = select(MAILS.c.id).where(MAILS.c.due_at <= bindparam("now")).order_by(MAILS.c.due_at).limit(1)
# SQLite has no row locks and needs none: BEGIN IMMEDIATE lets one writer in at a time.
_CLAIM = (
    update(MAILS)
    .where(MAILS.c.id == _DUE.with_for_update(skip_locked=True).scalar_subquery())
    .values(due_at=bindparam("until"), attempts=MAILS.c.attempts + 1)
    .returning(*COLUMNS)
)

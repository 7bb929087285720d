"""What is kept after it left: until somebody opens it, it comes back, it is sent again, or its time is over.

Once opened, the bytes are erased and a trace stays, so that the same form sent again, or the same click, is recognised.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import time
from typing import Any

from sqlalchemy import bindparam, case, delete, func, select, update

from contact_service.outbox.database import Database
from contact_service.outbox.mails import (
    CAME_BACK,
    COLUMNS,
    HANDED_OVER,
    HELD,
    MAILS,
    NOBODY,
    NOTICE,
    OPENED,
    PRACTICE,
    SUBMISSION,
    WAITING,
    Mail,
    as_rows,
)

log = logging.getLogger(__name__)

# Built once: it is what a flood of wrong codes costs.
_FIND = select(MAILS.c.reference, MAILS.c.state, MAILS.c.kind)
_FIND = _FIND.where(MAILS.c.code == bindparam("code"), MAILS.c.code != "").limit(1)
_WITHOUT_BYTES = [column for column in COLUMNS if column.name != "mail"]


@dataclass(frozen=True)
class Find:
    """The submission that a code belongs to, whether somebody said before that they have it, and whether it is for practice."""

    reference: str
    opened: bool
    practice: bool = False


class Kept:
    """The outbox's table, seen from its end. Every method raises OutboxUnavailable when the database cannot be used."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._insert = database.insert(MAILS).on_conflict_do_nothing()

    def unopened(self, reference: str | None = None) -> list[Mail]:
        """Every mail that nobody has yet, oldest first, without its bytes; those of one submission alone by its reference."""
        query = select(*_WITHOUT_BYTES).where(MAILS.c.state != OPENED).order_by(MAILS.c.accepted_at)
        if reference is not None:
            query = query.where(MAILS.c.reference == reference)
        with self.database.reading() as connection:
            return _mails(connection.execute(query))

    def find(self, code: str) -> Find | None:
        """What a code's sum belongs to; changes nothing."""
        with self.database.reading() as connection:
            row = connection.execute(_FIND, {"code": code}).one_or_none()
        return Find(row.reference, row.state == OPENED, row.kind == PRACTICE) if row else None

    def open(self, code: str, notices: Callable[[Sequence[Mail]], Iterable[Mail]]) -> Find | None:
        """Somebody has the submission with this code's sum: erase its mails, and put the notices that tell its readers."""
        mine = (MAILS.c.code == code) & (MAILS.c.code != "") & (MAILS.c.state != OPENED)
        done = {"state": OPENED, "mail": b"", "last_answer": "", "due_at": None}
        with self.database.transaction() as connection:
            opened = _mails(connection.execute(update(MAILS).where(mine).values(**done).returning(*_WITHOUT_BYTES)))
            if rows := as_rows(notices(opened)) if opened else []:
                connection.execute(self._insert, rows)
        return Find(opened[0].reference, False, opened[0].kind == PRACTICE) if opened else self.find(code)

    def answered(self, mail_id: str, words: str, *, failed: bool) -> bool:
        """A server on the way says what became of a mail; False when no mail of ours has this id. Of one that somebody has, or
        that has not left, nobody can say anything."""
        with self.database.reading() as connection:
            state = connection.execute(select(MAILS.c.state).where(MAILS.c.id == mail_id)).scalar_one_or_none()
        if state == HANDED_OVER:
            values = {"last_answer": words} | ({"state": CAME_BACK} if failed else {})
            mine = update(MAILS).where(MAILS.c.id == mail_id, MAILS.c.state == HANDED_OVER).values(**values)
            with self.database.transaction() as connection:
                connection.execute(mine)
        return state is not None

    def content(self, mail_id: str) -> bytes:
        """The bytes of a mail; none when somebody has it."""
        with self.database.reading() as connection:
            return bytes(connection.execute(select(MAILS.c.mail).where(MAILS.c.id == mail_id)).scalar_one_or_none() or b"")

    def resend(self, mail: Mail, address: str, content: bytes) -> bool:
        """Let a mail leave once more, to this address; False when somebody has it meanwhile."""
        again = {"state": WAITING, "due_at": time(), "told": NOBODY, "address": address, "mail": content}
        mine = update(MAILS).where(MAILS.c.id == mail.id, MAILS.c.state != OPENED).values(**again)
        with self.database.transaction() as connection:
            return connection.execute(mine.returning(MAILS.c.id)).one_or_none() is not None

    def retry(self) -> int:
        """Make every mail that waits, is held or came back due now; return how many."""
        stuck = MAILS.c.state.in_((WAITING, HELD, CAME_BACK))
        state = case((MAILS.c.state == CAME_BACK, WAITING), else_=MAILS.c.state)
        with self.database.transaction() as connection:
            return len(
                connection.execute(update(MAILS).where(stuck).values(state=state, due_at=time()).returning(MAILS.c.id)).all()
            )

    def forget(self, keep_seconds: float) -> list[Mail]:
        """Delete what left so long ago, with its trace, and let erased bytes leave the database's files now; return the
        submissions that nobody had opened. One that never left is never forgotten; a notice about it is, like all else."""
        left_at = func.coalesce(MAILS.c.left_at, MAILS.c.accepted_at)
        never_left = MAILS.c.state.in_((WAITING, HELD)) & (MAILS.c.kind != NOTICE)
        old = delete(MAILS).where(~never_left, left_at < time() - keep_seconds)
        with self.database.transaction() as connection:
            gone = _mails(connection.execute(old.returning(*_WITHOUT_BYTES)))
        if not self.database.erase(MAILS):
            log.warning("what was erased still stands in the files of PostgreSQL, which is busy: tried again in an hour")
        return [mail for mail in gone if mail.state != OPENED and mail.kind == SUBMISSION]


def _mails(rows: Iterable[Any]) -> list[Mail]:
    return [Mail(mail=b"", **row._mapping) for row in rows]

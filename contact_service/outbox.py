"""Finished, encrypted mails on their way to the next mail server, and the only module that knows the database.

A mail is here from the commit that lets the official read "received" until the next mail server took it over; then its
bytes are erased and a trace stays for a while, so that the same form sent again is recognised.
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    event,
    make_url,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import SQLAlchemyError

WAITING, HELD, SENT = "waiting", "held", "sent"

TRACE_SECONDS = 7 * 24 * 3600

_metadata = MetaData()
_mails = Table(
    "outbox",
    _metadata,
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


class OutboxUnavailable(Exception):
    """The mails could not be committed: nothing was accepted, and the official must be told so."""


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


class Outbox:
    """The table of mails at a database URL: SQLite for one machine, PostgreSQL for many.

    Every method raises OutboxUnavailable when the database cannot be used; then it changed nothing.
    """

    def __init__(self, url: str, minimum_free_bytes: int = 0) -> None:
        self._engine = _engine(url)
        self._minimum_free_bytes = minimum_free_bytes

    def create(self) -> None:
        """Make the table where it does not exist yet."""
        with self._transaction() as connection:
            _metadata.create_all(connection)

    def put(self, mails: Iterable[Mail]) -> None:
        """Commit the mails of one submission together, synced to disk; mails that are there already stay as they are."""
        self.check_space()
        now = time()
        rows = [
            {"id": m.id, "reference": m.reference, "adviser": m.adviser, "address": m.address, "mail": m.mail}
            | {"accepted_at": now, "due_at": now}
            for m in mails
        ]
        insert = sqlite_insert if self._engine.dialect.name == "sqlite" else postgresql_insert
        with self._transaction() as connection:
            connection.execute(insert(_mails).on_conflict_do_nothing(), rows)

    def check_space(self) -> None:
        """Raise OutboxUnavailable when the disk is nearly full: what is left is for delivery, which needs to write too."""
        database = self._engine.url.database
        if self._engine.dialect.name == "sqlite" and database:
            try:
                free_bytes = shutil.disk_usage(Path(database).parent).free
            except OSError as fault:
                raise OutboxUnavailable(f"the folder of the outbox: {fault.strerror}") from None
            if free_bytes < self._minimum_free_bytes:
                raise OutboxUnavailable(f"only {free_bytes} bytes left on the disk of the outbox")

    def claim(self, lease_seconds: float) -> Mail | None:
        """The mail that is due longest, kept from other delivery processes for the time of the lease."""
        now = time()
        due = select(_mails.c.id).where(_mails.c.due_at <= now).order_by(_mails.c.due_at).limit(1)
        # SQLite has no row locks and needs none: BEGIN IMMEDIATE lets one writer in at a time.
        first = due.with_for_update(skip_locked=True).scalar_subquery()
        claimed = (
            update(_mails)
            .where(_mails.c.id == first)
            .values(due_at=now + lease_seconds, attempts=_mails.c.attempts + 1)
            .returning(*_COLUMNS)
        )
        with self._transaction() as connection:
            row = connection.execute(claimed).one_or_none()
        return Mail(**row._mapping) if row else None

    def record_sent(self, mail: Mail) -> None:
        """The next mail server has the mail: erase its bytes, keep the trace."""
        self._record(mail, state=SENT, mail=b"", last_answer="", due_at=None)

    def record_unsent(self, mail: Mail, state: str, answer: str, delay_seconds: float) -> None:
        """The mail stays here, WAITING or HELD, and is tried again after the delay."""
        self._record(mail, state=state, last_answer=answer, due_at=time() + delay_seconds)

    def unsent(self) -> list[Mail]:
        """Every mail that has not left, oldest first, without its bytes."""
        columns = [column for column in _COLUMNS if column.name != "mail"]
        query = select(*columns).where(_mails.c.due_at.is_not(None)).order_by(_mails.c.accepted_at)
        with self._transaction() as connection:
            return [Mail(mail=b"", **row._mapping) for row in connection.execute(query)]

    def retry(self) -> int:
        """Make every unsent mail due now; return how many."""
        every = update(_mails).where(_mails.c.due_at.is_not(None)).values(due_at=time()).returning(_mails.c.id)
        with self._transaction() as connection:
            return len(connection.execute(every).all())

    def forget_traces(self) -> None:
        """Delete what is left of mails that were sent long enough ago."""
        old = delete(_mails).where(_mails.c.state == SENT, _mails.c.accepted_at < time() - TRACE_SECONDS)
        with self._transaction() as connection:
            connection.execute(old)

    def _record(self, claimed: Mail, **values: Any) -> None:
        # Only the latest claim may write: a process that overslept its lease must not undo what another recorded.
        mine = (_mails.c.id == claimed.id) & (_mails.c.attempts == claimed.attempts)
        with self._transaction() as connection:
            connection.execute(update(_mails).where(mine).values(**values))

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as fault:
            # The cause may quote the statement with its values, so it is cut off here.
            raise OutboxUnavailable(f"{self._engine.dialect.name}: {type(fault).__name__}") from None


_COLUMNS = [
    _mails.c[name]
    for name in ("id", "reference", "adviser", "address", "mail", "state", "attempts", "last_answer", "accepted_at")
]


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, hide_parameters=True, pool_pre_ping=True)
    engine = create_engine(url, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # SQLAlchemy's recipe for real transactions with sqlite3: the driver must not begin them by itself.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine

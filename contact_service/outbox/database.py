"""The database under the outbox: SQLite on one machine, PostgreSQL for several, with every commit synced to disk."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DisconnectionError, OperationalError, SQLAlchemyError

_CREATING = 0x07703738314  # any number, the same for all processes
_BEGIN = {True: "BEGIN", None: "BEGIN IMMEDIATE"}


class OutboxUnavailable(Exception):
    """The mails could not be committed: nothing was accepted, and the official must be told so."""


class Database:
    """Transactions on the database at `url`; every fault becomes OutboxUnavailable, without a value in it."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._kind = self._engine.dialect.name

    def create(self, tables: MetaData, upgrade: Callable[[Connection], None] = lambda _: None) -> None:
        """Make the tables that do not exist yet, and upgrade those that do, whoever else starts at this moment."""
        with self.transaction() as connection:
            if self._kind == "postgresql":
                # "Create if absent" is no atomic step there: two processes at once met a duplicate key.
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CREATING})
            tables.create_all(connection)
            upgrade(connection)

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that can say what to do about a row that is there already."""
        return sqlite.insert(table) if self._kind == "sqlite" else postgresql.insert(table)

    def free_bytes(self) -> int | None:
        """What is left on the disk of the database; None where it is not on this machine. Raises OutboxUnavailable."""
        if not (path := self._engine.url.database) or self._kind != "sqlite":
            return None
        try:
            return shutil.disk_usage(Path(path).parent).free
        except OSError as fault:
            raise OutboxUnavailable(f"the folder of CONTACT_OUTBOX: {fault.strerror}") from None

    def erase(self, table: Table) -> None:
        """Let what was erased leave the files too: SQLite's journal, and PostgreSQL's dead rows, by a new file without them."""
        # Outside of any transaction; the next time will do. A plain vacuum would leave bytes in pages that still hold a mail.
        with self._guarded(), self._engine.connect() as connection:
            if self._kind == "sqlite":
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                return
            with suppress(OperationalError):
                vacuum = f"VACUUM (FULL, SKIP_LOCKED) {table.name}"
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(vacuum)

    @contextmanager
    def transaction(self, synced: bool = True) -> Iterator[Connection]:
        """Commit what the block does, or none of it; raises OutboxUnavailable. A power cut may undo what is not synced."""
        with self._guarded(), self._engine.connect() as connection:
            if self._kind == "sqlite":
                # Before the transaction begins: SQLite takes it only there.
                connection.connection.execute(f"PRAGMA synchronous={'FULL' if synced else 'NORMAL'}")
            with connection.begin():
                if self._kind == "postgresql" and not synced:
                    connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """What is committed, without waiting for whoever writes; raises OutboxUnavailable."""
        with self._guarded(), self._engine.connect() as connection:
            yield connection.execution_options(reading=True)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as fault:
            # The cause may quote the statement with its values, so it is cut off here.
            raise OutboxUnavailable(f"{self._kind}: {type(fault).__name__}") from None


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        # A server that is cut off must not hold a reader for minutes, as TCP does by itself.
        patience = {"connect_timeout": 5, "tcp_user_timeout": 10_000, "keepalives_idle": 10, "keepalives_interval": 5}
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=patience)
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    _follow_the_file(engine)
    event.listen(engine, "begin", lambda opened: opened.exec_driver_sql(_BEGIN[opened.get_execution_options().get("reading")]))
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # SQLAlchemy's recipe for real transactions with sqlite3: the driver must not begin them by itself.
    connection.isolation_level = None
    for pragma in ("busy_timeout=10000", "synchronous=FULL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    # Processes that start together on a new file meet here, and SQLite does not let them wait for each other by itself.
    for attempts_left in reversed(range(100)):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except connection.OperationalError:
            if not attempts_left:
                raise
            sleep(0.05)


def _follow_the_file(engine: Engine) -> None:
    """Leave a connection whose file was moved, deleted or replaced: SQLite would go on committing to it, where no one looks."""

    def file() -> tuple[int, int] | None:
        try:
            found = os.stat(engine.url.database or "")
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def remember(_connection: Any, record: Any) -> None:
        record.info["file"] = file()

    def compare(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info["file"] != file():
            raise DisconnectionError

    event.listen(engine, "connect", remember)
    event.listen(engine, "checkout", compare)


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '10s'")
        cursor.execute("SET statement_timeout = '20s'")
        cursor.execute("SHOW synchronous_commit")
        # Without it, "received" could be shown for a mail that a power cut still takes.
        if cursor.fetchone()[0] == "off":
            cursor.execute("SET synchronous_commit = on")
    connection.commit()

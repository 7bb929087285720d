"""The database under the outbox: SQLite on one machine, PostgreSQL for several, with every commit synced to disk."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import Connection, MetaData, Table, text
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from contact_service.outbox.causes import words_for
from contact_service.outbox.engine import open_engine

# Who waited in vain for a server on the network lets nobody wait for it again at once: a reader's answer has many questions.
SLOW_SECONDS, AWAY_SECONDS = 1.0, 3.0
_CREATING = 0x07703738314  # any number, the same for all processes


class OutboxUnavailable(Exception):
    """The mails could not be committed: nothing was accepted, and the official must be told so."""


class Database:
    """Transactions on the database at `url`; every fault becomes OutboxUnavailable, without a value in it."""

    def __init__(self, url: str) -> None:
        try:
            self._engine = open_engine(url)
        except (ArgumentError, ValueError):
            # Their words hold the address, and so perhaps a password.
            raise OutboxUnavailable("CONTACT_OUTBOX is no address of a database") from None
        self._kind, self._driver = self._engine.dialect.name, self._engine.dialect.loaded_dbapi
        # Made once: to give them to each connection took a tenth of a commit's processor time.
        self._not_synced = self._engine.execution_options(synced=False)
        self._reading = self._engine.execution_options(reading=True)
        self._away_until = 0.0
        # Only the disk of this machine is looked at.
        path = self._engine.url.database if self._kind == "sqlite" else None
        self._folder = Path(path).parent if path else None

    def create(self, tables: MetaData, upgrade: Callable[[Connection], None] = lambda _: None) -> None:
        """Make the tables that do not exist yet, and upgrade those that do, whoever else starts at this moment."""
        with self.transaction() as connection:
            if self._kind == "postgresql":
                # "Create if absent" is no atomic step there: two processes at once met a duplicate key.
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CREATING})
            tables.create_all(connection)
            upgrade(connection)

    def close(self) -> None:
        """Leave no connection open, for processes that begin as copies of this one; the next transaction opens its own."""
        self._engine.dispose()

    def insert(self, table: Table) -> Any:
        """An INSERT that can say what to do about a row that is there already."""
        # Only the dialect in use is read: the other takes two megabytes of each process.
        return import_module(f"sqlalchemy.dialects.{self._kind}").insert(table)

    def free_bytes(self) -> int | None:
        """What is left on the disk of the database; None where it is not on this machine. Raises OutboxUnavailable."""
        if not self._folder:
            return None
        try:
            return shutil.disk_usage(self._folder).free
        except OSError as fault:
            raise OutboxUnavailable(f"the folder of CONTACT_OUTBOX: {fault.strerror}") from None

    def erase(self, table: Table) -> bool:
        """Let what was erased leave the files too: SQLite's journal, and PostgreSQL's dead rows, by a new file without them.

        False when that would keep a submission waiting too long; the next time will do.
        """
        # Outside of any transaction. A plain vacuum would leave bytes in pages that still hold a mail.
        with self._guarded(), self._engine.connect() as connection:
            if self._kind == "sqlite":
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                return True
            try:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(f"VACUUM FULL {table.name}")
            except OperationalError:
                return False
            return True

    @contextmanager
    def transaction(self, synced: bool = True) -> Iterator[Connection]:
        """Commit what the block does, or none of it; raises OutboxUnavailable. A power cut may undo what is not synced."""
        with self._guarded(), (self._engine if synced else self._not_synced).begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """What is committed, without waiting for whoever writes; raises OutboxUnavailable."""
        with self._guarded(), self._reading.connect() as connection:
            yield connection

    def settled(self) -> AbstractContextManager[Connection]:
        """What no loss of one server can take back; raises OutboxUnavailable. SQLite has one server alone."""
        return self.transaction() if self._kind == "postgresql" else self.reading()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        start = monotonic()
        if start < self._away_until:
            raise OutboxUnavailable(f"{self._kind}: it was away a moment ago")
        try:
            yield
        except (SQLAlchemyError, self._driver.Error) as fault:
            if self._kind == "postgresql" and monotonic() - start > SLOW_SECONDS:
                self._away_until = monotonic() + AWAY_SECONDS
            # The cause may quote the statement with its values, so it is cut off here.
            cause = getattr(fault, "orig", None) or fault
            raise OutboxUnavailable(f"{self._kind}: {words_for(cause)}") from None

"""PostgreSQL as the outbox needs it: it answers in time or counts as away, and what it commits a standby has as well."""

from contextlib import suppress
from time import monotonic
from typing import Any, Self

import psycopg
from psycopg import errors
from sqlalchemy import Connection, Engine, create_engine, event

# All of it together stays below the ten seconds in which a reader must have an answer, two hosts in the URL included.
CONNECT_SECONDS = 2
LOOK_SECONDS = 1.0
TRANSACTION_SECONDS = 4.0
# Nobody else gets at the table meanwhile: below the time that a submission may take, and it is received all the same.
VACUUM_SECONDS = 3.0
CANCEL_SECONDS = 0.5

# A transaction that counts begins with this. A pool may hand out another server connection each time, so the setting is made
# here. The empty message is something to wait for: without it, the commit of a submission that is sent again would find its
# rows there, write nothing, and not wait for the standby that never got them.
_SYNCED = """SELECT pg_logical_emit_message(true, 'contact', ''),
 CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END"""
_NOT_SYNCED = "SET LOCAL synchronous_commit = off"


class InTime(psycopg.Connection[Any]):
    """A connection that ends when the server does not answer in time.

    No setting of the server covers it all: a commit that waits for a standby, a server that hangs, a line that is cut.
    """

    until: float | None = None
    _warned = False

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for one answer, as long as the time lasts."""
        left = LOOK_SECONDS if self.until is None else max(0.0, self.until - monotonic())
        try:
            return super().wait(gen, interval, left if timeout is None else min(left, timeout))
        except errors._WaitTimeout:
            # Whatever the server makes of it now, here it counts as not committed. It should not go on waiting either.
            with suppress(psycopg.Error):
                self.cancel_safe(timeout=CANCEL_SECONDS)
            self.close()
            raise errors.ConnectionTimeout("no answer in time") from None

    def commit(self) -> None:
        """Commit; raises OperationalError when the server committed without the standby that it should wait for."""
        self._warned = False
        super().commit()
        if self._warned:
            raise psycopg.OperationalError("committed, but perhaps not on the standby")

    def mind_warnings(self) -> Self:
        """Take note of what the server warns of, in whichever language."""

        def warned(diagnostic: errors.Diagnostic) -> None:
            self._warned |= diagnostic.severity_nonlocalized == "WARNING"

        self.add_notice_handler(warned)
        return self


def open_postgresql(url: str) -> Engine:
    """The engine; nothing is opened before its first transaction."""
    # Prepared statements belong to one server connection, and behind a pool the next transaction has another.
    options = {"prepare_threshold": None, "connect_timeout": CONNECT_SECONDS, "tcp_user_timeout": 10_000}
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=options)
    event.listen(engine, "do_connect", lambda _dialect, _record, given, named: InTime.connect(*given, **named).mind_warnings())
    event.listen(engine, "checkout", lambda connection, _record, _proxy: _allow(connection, TRANSACTION_SECONDS))
    event.listen(engine, "checkin", _look_only)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(opened: Connection) -> None:
    options = opened.get_execution_options()
    if options.get("isolation_level") == "AUTOCOMMIT":
        _allow(opened.connection.dbapi_connection, VACUUM_SECONDS)
    elif not options.get("reading"):
        opened.exec_driver_sql(_SYNCED if options.get("synced", True) else _NOT_SYNCED)


def _allow(connection: Any, seconds: float) -> None:
    connection.until = monotonic() + seconds


def _look_only(connection: Any, _record: Any) -> None:
    if connection is not None:
        connection.until = None

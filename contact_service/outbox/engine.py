"""How each kind of database is opened, so that what it says is committed is on the disk."""

import os
from time import sleep
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DisconnectionError


def open_engine(url: str) -> Engine:
    """The engine for the database at `url`; nothing is opened before its first transaction."""
    if make_url(url).get_backend_name() != "sqlite":
        # Only with such a URL does the driver have to be here.
        from contact_service.outbox.postgresql import open_postgresql

        return open_postgresql(url)
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    _follow_the_file(engine)
    event.listen(engine, "begin", _begin_sqlite)
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


def _begin_sqlite(opened: Connection) -> None:
    # To the driver itself: by way of SQLAlchemy these few words took a tenth of a commit's processor time.
    options, execute = opened.get_execution_options(), opened.connection.execute
    if options.get("reading"):
        execute("BEGIN")
        return
    # Before the transaction begins: SQLite takes it only there.
    execute(f"PRAGMA synchronous={'FULL' if options.get('synced', True) else 'NORMAL'}")
    execute("BEGIN IMMEDIATE")


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

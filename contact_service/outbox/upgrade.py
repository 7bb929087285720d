"""An outbox that an earlier version made becomes one of this version, with every mail that is in it."""

import hashlib

from sqlalchemy import Connection, inspect, select, text, update
from sqlalchemy.schema import CreateColumn

from contact_service.outbox.mails import MAILS, OPENED


def mail_id(key: str, adviser: str) -> str:
    """The name of one adviser's mail: 32 digits that say nothing, for its Message-ID and ENVID."""
    return hashlib.sha256(f"{key}-{adviser}".encode()).hexdigest()[:32]


def upgrade(connection: Connection) -> None:
    """Add what the table lacks, inside a transaction: a break leaves the table as it was."""
    there = {column["name"] for column in inspect(connection).get_columns(MAILS.name)}
    lacking = [column for column in MAILS.columns if column.name not in there]
    if not lacking:
        return
    for column in lacking:
        definition = CreateColumn(column).compile(dialect=connection.dialect)
        connection.execute(text(f"ALTER TABLE {MAILS.name} ADD COLUMN {definition}"))
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ALTER TABLE {MAILS.name} ALTER COLUMN state TYPE VARCHAR(20)"))
    for index in MAILS.indexes:
        index.create(connection, checkfirst=True)
    # Of these the bytes were erased when they left; what remains is the trace by which the same form is recognised.
    connection.execute(update(MAILS).where(MAILS.c.state == "sent").values(state=OPENED))
    for (old,) in connection.execute(select(MAILS.c.id).where(MAILS.c.id.contains("-"))).all():
        key, _hyphen, adviser = old.partition("-")
        connection.execute(update(MAILS).where(MAILS.c.id == old).values(id=mail_id(key, adviser)))

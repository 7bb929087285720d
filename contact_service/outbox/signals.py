"""What the processes tell each other through the outbox's database: signs of life, and what the operator was told."""

import math
from dataclasses import dataclass
from time import time

from sqlalchemy import Column, Float, MetaData, String, Table, delete, select, update

from contact_service.outbox.database import Database

MAX_TEXT_CHARACTERS = 200

_metadata = MetaData()
_signals = Table(
    "signals",
    _metadata,
    Column("name", String(80), primary_key=True),
    Column("given_at", Float, nullable=False),
    Column("text", String(MAX_TEXT_CHARACTERS), nullable=False),
)


@dataclass(frozen=True)
class Signal:
    """What one process said last, and when."""

    given_at: float
    text: str


class Signals:
    """The table of signals. Every method raises OutboxUnavailable when the database cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self) -> None:
        """Make the table where it does not exist yet."""
        self._database.create(_metadata)

    def give(self, name: str, text: str = "") -> None:
        """Say something under this name, in the place of what was said before."""
        values = {"given_at": time(), "text": text[:MAX_TEXT_CHARACTERS]}
        upsert = self._database.insert(_signals).values(name=name, **values)
        with self._database.transaction() as connection:
            connection.execute(upsert.on_conflict_do_update(index_elements=["name"], set_=values))

    def latest(self, prefix: str, until: float = math.inf) -> Signal | None:
        """The newest signal whose name starts with the prefix, of those that were given until then."""
        query = select(_signals.c.given_at, _signals.c.text).where(_signals.c.name.startswith(prefix))
        if until < math.inf:
            query = query.where(_signals.c.given_at <= until)
        with self._database.reading() as connection:
            row = connection.execute(query.order_by(_signals.c.given_at.desc()).limit(1)).one_or_none()
        return Signal(row.given_at, row.text) if row else None

    def take(self, name: str, text: str, repeat_seconds: float) -> bool:
        """True for one process alone when the text under this name changes, and again each time the period has passed."""
        now = time()
        first = self._database.insert(_signals).values(name=name, given_at=now, text="").on_conflict_do_nothing()
        # What lies as far ahead was given by a clock that was wrong.
        over = (_signals.c.given_at < now - repeat_seconds) | (_signals.c.given_at > now + repeat_seconds)
        due = (_signals.c.text != text) | (over & (_signals.c.text != ""))
        taken = update(_signals).where((_signals.c.name == name) & due).values(given_at=now, text=text)
        with self._database.transaction() as connection:
            connection.execute(first)
            return connection.execute(taken.returning(_signals.c.name)).one_or_none() is not None

    def forget(self, prefix: str, age_seconds: float) -> None:
        """Delete what processes said that are long gone."""
        old = delete(_signals).where(_signals.c.name.startswith(prefix), _signals.c.given_at < time() - age_seconds)
        with self._database.transaction() as connection:
            connection.execute(old)

"""An outbox on SQLite and on PostgreSQL, and the time that it reads."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contact_service.outbox import kept as kept_module
from contact_service.outbox import mails as mails_module
from contact_service.outbox import outbox as outbox_module
from contact_service.outbox.outbox import Outbox
from tests.support.mails import execute
from tests.support.postgres import FOUND, Postgres


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgres]:
    """A PostgreSQL server for all tests of this file, started in a few seconds."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (the extra `postgresql`)")
    if not FOUND:
        pytest.skip("needs the Debian package postgresql")
    server = Postgres()
    yield server
    server.remove()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The file of an outbox on SQLite, for tests that look into it."""
    return tmp_path / "outbox.sqlite"


@pytest.fixture
def connect() -> Iterator[Callable[..., Outbox]]:
    """Open an outbox as a process does, and close it with the test."""
    outboxes: list[Outbox] = []

    def connected(url: str, **options: int) -> Outbox:
        outboxes.append(Outbox(url, **options))
        return outboxes[-1]

    yield connected
    for outbox in outboxes:
        outbox.database._engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def url(request: pytest.FixtureRequest, database: Path, connect: Callable[..., Outbox]) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{database}"
    else:
        url = request.getfixturevalue("postgresql").url
        yield url
        execute(connect(url), "DROP TABLE IF EXISTS outbox")


@pytest.fixture
def outbox(url: str, connect: Callable[..., Outbox]) -> Outbox:
    outbox = connect(url)
    outbox.create()
    return outbox


@pytest.fixture
def another(url: str, connect: Callable[..., Outbox]) -> Callable[[], Outbox]:
    """Open the same outbox in another process."""
    return lambda: connect(url)


@pytest.fixture
def file_outbox(database: Path) -> Outbox:
    outbox = Outbox(f"sqlite:///{database}")
    outbox.create()
    return outbox


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the outbox reads, to be moved by the test."""
    now = [1_800_000_000.0]
    for module in (outbox_module, kept_module, mails_module):
        monkeypatch.setattr(module, "time", lambda: now[0])
    return now

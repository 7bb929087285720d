"""PostgreSQL with a standby, behind a pool, and when it hangs: "received" is true, or it is not said."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from contact_service.outbox import database as database_module
from contact_service.outbox.kept import Kept
from contact_service.outbox.outbox import Outbox, OutboxUnavailable
from tests.support.mails import execute
from tests.support.mails import mail as a_mail
from tests.support.pgbouncer import FOUND as POOL
from tests.support.pgbouncer import pool
from tests.support.postgres import FOUND, Postgres
from tests.support.production import production, wait_for

pytestmark = [pytest.mark.server, pytest.mark.skipif(not FOUND, reason="needs the Debian package postgresql")]

# A reader must have an answer in ten seconds; this machine runs other tests at the same time.
IN_TIME_SECONDS = 10


@pytest.fixture(autouse=True)
def tables_of_its_own(postgresql: Postgres, connect: Callable[..., Outbox]) -> Iterator[None]:
    yield
    execute(connect(postgresql.url), "DROP TABLE IF EXISTS outbox, signals")


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask a server again although it was away a moment ago."""
    monkeypatch.setattr(database_module, "AWAY_SECONDS", 0.0)


@contextmanager
def without_its_standby(postgresql: Postgres) -> Iterator[None]:
    """As a primary is whose only synchronous standby is gone: each commit waits for one that nobody is."""
    postgresql.set("synchronous_standby_names", "gone")
    try:
        yield
    finally:
        postgresql.set("synchronous_standby_names", "")


@contextmanager
def hanging(postgresql: Postgres) -> Iterator[None]:
    """Connections are taken, and nothing answers."""
    stopped = postgresql.everybody()
    for process in stopped:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in stopped:
            os.kill(process, signal.SIGCONT)


@pytest.mark.usefixtures("no_pause")
def test_what_no_standby_has_is_not_received_also_when_sent_again(postgresql: Postgres, connect: Callable[..., Outbox]) -> None:
    outbox, mail = connect(postgresql.url), a_mail(1)
    outbox.create()
    with without_its_standby(postgresql):
        for _ in range(2):
            start = monotonic()
            with pytest.raises(OutboxUnavailable, match="no answer in time|ConnectionTimeout"):
                outbox.put([mail])
            assert monotonic() - start < IN_TIME_SECONDS
        with pytest.raises(OutboxUnavailable):
            outbox.has([mail.id])
    assert outbox.has([mail.id])
    outbox.put([mail])
    assert outbox.queue().waiting == 1


@pytest.mark.usefixtures("no_pause")
def test_a_commit_that_somebody_sets_free_without_the_standby_does_not_count(
    postgresql: Postgres, connect: Callable[..., Outbox]
) -> None:
    outbox = connect(postgresql.url)
    outbox.create()
    free = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    refused = pytest.raises(OutboxUnavailable, match="OperationalError")
    with without_its_standby(postgresql), postgresql.asked_again_and_again(free), refused:
        outbox.put([a_mail(1)])


@pytest.mark.usefixtures("no_pause")
def test_a_server_that_hangs_keeps_nobody_waiting(postgresql: Postgres, connect: Callable[..., Outbox]) -> None:
    outbox = connect(postgresql.url)
    outbox.create()
    with hanging(postgresql):
        for _ in range(2):
            start = monotonic()
            with pytest.raises(OutboxUnavailable):
                outbox.put([a_mail(1)])
            assert monotonic() - start < IN_TIME_SECONDS
    outbox.put([a_mail(1)])
    assert outbox.queue().waiting == 1


@pytest.mark.parametrize("fault", [without_its_standby, hanging])
@pytest.mark.parametrize(("path", "words"), [("/contact/", "niet ontvangen"), ("/en/contact/", "has not been received")])
def test_readers_have_form_text_and_phone_number_in_time(
    postgresql: Postgres, tmp_path: Path, path: str, words: str, fault: Callable[[Postgres], object]
) -> None:
    with production(tmp_path, CONTACT_OUTBOX=postgresql.url) as machine:
        machine.start_web(workers=2)
        machine.start_nginx()
        wait_for(lambda: machine.ask("GET", path)[0] == 200)
        token = machine.token()
        with fault(postgresql):
            for _ in range(2):
                start = monotonic()
                status, page = machine.send(path, token=token, message="Mijn hele verhaal")
                assert (status, monotonic() - start < IN_TIME_SECONDS) == (503, True)
                assert all(part in page for part in (words, "Mijn hele verhaal", "tel:+31", 'id="send"'))
            status, _headers, body = machine.ask("GET", "/readyz")
            assert (status, b"outbox-unavailable" in body) == (503, True)
        wait_for(lambda: machine.ask("GET", "/readyz")[0] == 200)
        # Each worker looks again by itself, some seconds later.
        wait_for(lambda: machine.send(path, token=token, message="Mijn hele verhaal")[0] == 200)
        assert "Mijn hele verhaal" not in machine.logs()


@pytest.mark.skipif(not POOL, reason="needs the Debian package pgbouncer")
@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_a_pool_changes_nothing(postgresql: Postgres, connect: Callable[..., Outbox], tmp_path: Path, mode: str) -> None:
    # What a connection was told once is gone with the next transaction; so is what it prepared.
    postgresql.set("synchronous_commit", "off")
    try:
        with pool(postgresql, tmp_path, mode) as url:
            outboxes = [connect(url) for _ in range(4)]
            outboxes[0].create()
            for number in range(40):
                outboxes[number % 4].put([a_mail(number)])
                assert outboxes[(number + 1) % 4].has([a_mail(number).id])
            assert outboxes[0].queue().waiting == 40
            for outbox in outboxes:
                with outbox.database.transaction() as connection:
                    assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
    finally:
        postgresql.set("synchronous_commit", "on")


def test_of_several_hosts_the_one_that_takes_writes_is_used(postgresql: Postgres, connect: Callable[..., Outbox]) -> None:
    hosts = f"?host=127.0.0.1:1&host=127.0.0.1:{postgresql.port}&target_session_attrs=read-write"
    outbox = connect(f"postgresql+psycopg://contact@/postgres{hosts}")
    outbox.create()
    outbox.put([a_mail(1)])
    assert outbox.queue().waiting == 1


@pytest.mark.usefixtures("no_pause")
def test_a_user_who_may_not_is_told_in_words(postgresql: Postgres, connect: Callable[..., Outbox]) -> None:
    outbox = connect(postgresql.url)
    outbox.create()
    execute(outbox, "CREATE ROLE reader LOGIN")
    reader = Kept(connect(postgresql.url.replace("contact@", "reader@")).database)
    try:
        for change, words in {
            "GRANT USAGE ON SCHEMA public TO reader": "its user may not make or use its tables",
            "ALTER ROLE reader CONNECTION LIMIT 0": "it has no connection left",
            "ALTER ROLE reader NOLOGIN": "it refuses the password or the user",
        }.items():
            execute(outbox, change)
            reader.database.close()
            with pytest.raises(OutboxUnavailable, match=words):
                reader.unopened()
    finally:
        execute(outbox, "DROP OWNED BY reader")
        execute(outbox, "DROP ROLE reader")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"/postgres": "/nowhere"}, "it has no such database or user"),
        ({"contact@": "open-sesame@"}, "it has no such database or user"),
        ({"127.0.0.1": "sesame.invalid"}, "its host name is not known"),
        ({"/postgres": "/postgres?sslmode=require"}, "it does not speak TLS"),
        ({"/postgres": "/postgres?target_session_attrs=standby"}, ""),
        ({"/postgres": "/postgres?sslmode=sesame"}, "an option in its address has a value that does not exist"),
        ({"/postgres": "/postgres?nosuch=sesame"}, "its address has an option that does not exist"),
    ],
)
def test_the_cause_is_told_in_words_that_name_no_value(
    postgresql: Postgres, connect: Callable[..., Outbox], change: dict[str, str], words: str
) -> None:
    url = postgresql.url
    for old, new in change.items():
        url = url.replace(old, new)
    with pytest.raises(OutboxUnavailable) as fault:
        connect(url).create()
    assert words in str(fault.value)
    assert "sesame" not in str(fault.value)

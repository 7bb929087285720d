"""Promise 1: what the outbox took is there after anything, and leaves once."""

import sqlite3
from pathlib import Path

import pytest

from contact_service import outbox as outbox_module
from contact_service.outbox import HELD, WAITING, Mail, Outbox, OutboxUnavailable

LEASE_SECONDS = 60.0


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite"


@pytest.fixture
def outbox(database: Path) -> Outbox:
    outbox = Outbox(f"sqlite:///{database}")
    outbox.create()
    return outbox


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the outbox reads, to be moved by the test."""
    now = [1_800_000_000.0]
    monkeypatch.setattr(outbox_module, "time", lambda: now[0])
    return now


def mail(number: int = 1, content: bytes = b"ciphertext") -> Mail:
    return Mail(id=f"key-{number}", reference="ABCD-EFGH", adviser="anna", address="anna@ngb.example", mail=content)


def claimed(outbox: Outbox) -> Mail:
    mail = outbox.claim(LEASE_SECONDS)
    assert mail
    return mail


def test_a_mail_is_there_for_another_process_as_soon_as_it_is_put(outbox: Outbox, database: Path) -> None:
    outbox.put([mail()])

    assert claimed(Outbox(f"sqlite:///{database}")).mail == b"ciphertext"


def test_every_commit_is_synced_to_disk(outbox: Outbox) -> None:
    with outbox.database.transaction() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_the_mails_of_one_submission_are_put_together_or_not_at_all(outbox: Outbox) -> None:
    broken = Mail(id="key-2", reference="ABCD-EFGH", adviser="bert", address="bert@ngb.example", mail=None)  # type: ignore[arg-type]

    with pytest.raises(OutboxUnavailable):
        outbox.put([mail(1), broken])

    assert outbox.unsent() == []


def test_the_same_submission_put_again_changes_nothing(outbox: Outbox) -> None:
    outbox.put([mail(content=b"first")])
    first = claimed(outbox)
    outbox.put([mail(content=b"second")])

    assert outbox.claim(LEASE_SECONDS) is None
    outbox.record_sent(first)
    outbox.put([mail(content=b"third")])
    assert outbox.unsent() == []


def test_a_claimed_mail_is_kept_from_others_until_the_lease_ends(outbox: Outbox, clock: list[float]) -> None:
    outbox.put([mail()])
    claimed(outbox)

    assert outbox.claim(LEASE_SECONDS) is None
    clock[0] += LEASE_SECONDS
    assert claimed(outbox).attempts == 2


def test_the_mail_that_waited_longest_is_claimed_first(outbox: Outbox, clock: list[float]) -> None:
    for number in (1, 2, 3):
        outbox.put([mail(number)])
        clock[0] += 1

    assert [claimed(outbox).id for _ in range(3)] == ["key-1", "key-2", "key-3"]


def test_who_overslept_the_lease_cannot_undo_what_another_recorded(outbox: Outbox, clock: list[float]) -> None:
    outbox.put([mail()])
    late = claimed(outbox)
    clock[0] += LEASE_SECONDS
    outbox.record_sent(claimed(outbox))

    outbox.record_unsent(late, WAITING, "421 try later", 0)

    assert outbox.unsent() == []


@pytest.mark.parametrize("state", [WAITING, HELD])
def test_an_unsent_mail_comes_back_after_its_delay(outbox: Outbox, clock: list[float], state: str) -> None:
    outbox.put([mail()])
    outbox.record_unsent(claimed(outbox), state, "450 busy", 30)

    assert outbox.claim(LEASE_SECONDS) is None
    (waiting,) = outbox.unsent()
    assert (waiting.state, waiting.last_answer, waiting.attempts, waiting.mail) == (state, "450 busy", 1, b"")
    clock[0] += 30
    assert claimed(outbox).mail == b"ciphertext"


def test_retry_makes_held_mails_due_at_once(outbox: Outbox) -> None:
    outbox.put([mail()])
    outbox.record_unsent(claimed(outbox), HELD, "550 no", 3600)

    assert outbox.retry() == 1
    assert claimed(outbox).id == "key-1"


def test_a_sent_mail_leaves_no_byte_of_itself_in_any_file(outbox: Outbox, database: Path) -> None:
    outbox.put([mail(content=b"canary " * 2000)])
    outbox.record_sent(claimed(outbox))
    with outbox.database.transaction() as connection:
        connection.exec_driver_sql("SELECT 1")
    checkpoint = sqlite3.connect(database)
    checkpoint.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    checkpoint.close()

    assert not [file for file in database.parent.iterdir() if b"canary" in file.read_bytes()]


def test_the_trace_of_a_sent_mail_is_forgotten_after_a_week(outbox: Outbox, database: Path, clock: list[float]) -> None:
    outbox.put([mail()])
    outbox.record_sent(claimed(outbox))
    rows = sqlite3.connect(database)

    clock[0] += outbox_module.TRACE_SECONDS - 1
    outbox.forget_traces()
    assert rows.execute("SELECT count(*) FROM outbox").fetchone() == (1,)
    clock[0] += 2
    outbox.forget_traces()
    assert rows.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
    rows.close()


def test_what_waits_is_never_forgotten(outbox: Outbox, clock: list[float]) -> None:
    outbox.put([mail()])

    clock[0] += 10 * outbox_module.TRACE_SECONDS
    outbox.forget_traces()

    assert len(outbox.unsent()) == 1


def test_a_nearly_full_disk_refuses_new_mails_and_lets_old_ones_leave(database: Path, outbox: Outbox) -> None:
    outbox.put([mail()])
    full = Outbox(f"sqlite:///{database}", minimum_free_bytes=10**18)

    with pytest.raises(OutboxUnavailable, match="bytes left"):
        full.put([mail(2)])

    full.record_sent(claimed(full))
    assert full.unsent() == []


def test_a_fault_of_the_database_names_no_value(outbox: Outbox, database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("DROP TABLE outbox")
    connection.close()

    with pytest.raises(OutboxUnavailable) as fault:
        outbox.put([mail(content=b"canary")])

    assert "anna" not in str(fault.value) and "canary" not in str(fault.value)
    assert fault.value.__cause__ is None


def test_a_claim_looks_no_row_over_however_many_wait(outbox: Outbox, database: Path) -> None:
    connection = sqlite3.connect(database)
    plan = connection.execute("EXPLAIN QUERY PLAN SELECT id FROM outbox WHERE due_at <= 1 ORDER BY due_at LIMIT 1").fetchall()
    connection.close()

    assert [row[-1] for row in plan] == ["SEARCH outbox USING INDEX ix_outbox_due_at (due_at<?)"]


def test_no_adviser_or_content_shows_in_a_printed_mail() -> None:
    shown = repr(mail(content=b"canary"))

    assert "canary" not in shown and "anna@ngb.example" not in shown

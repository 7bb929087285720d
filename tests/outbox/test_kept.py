"""Promise 1, second half: what left is kept until somebody has it or was told of it, and then really erased."""

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from contact_service.outbox.kept import Find, Kept
from contact_service.outbox.mails import CAME_BACK, HANDED_OVER, HELD, MAILS, NOTICE, OPENED, OPERATOR, PRACTICE, WAITING, Mail
from contact_service.outbox.outbox import Outbox, Queue
from contact_service.outbox.postgresql import CANCEL_SECONDS, TRANSACTION_SECONDS, VACUUM_SECONDS
from contact_service.outbox.upgrade import mail_id
from tests.support.mails import CODE, KEEP_SECONDS, TELL_SECONDS, claimed, execute, hand_over, mail, unsent
from tests.support.postgres import Postgres

HOUR = 3600.0


@pytest.fixture
def kept(outbox: Outbox) -> Kept:
    return Kept(outbox.database)


def no_notices(_opened: Any) -> tuple[Mail, ...]:
    return ()


def states(outbox: Outbox) -> dict[str, str]:
    return {row[0]: row[1] for row in execute(outbox, "SELECT id, state FROM outbox")}


def bytes_of(outbox: Outbox) -> list[bytes]:
    return [bytes(row[0]) for row in execute(outbox, "SELECT mail FROM outbox ORDER BY id")]


def test_a_mail_that_the_next_server_took_is_kept_whole_and_not_sent_again(outbox: Outbox, clock: list[float]) -> None:
    hand_over(outbox)

    clock[0] += TELL_SECONDS - 1
    assert outbox.claim(60) is None
    assert (states(outbox), bytes_of(outbox)) == ({"key-1": HANDED_OVER}, [b"ciphertext"])


def test_whoever_has_one_mail_of_a_submission_has_it_and_its_bytes_are_gone(outbox: Outbox, kept: Kept) -> None:
    hand_over(outbox, 1)
    hand_over(outbox, 2, adviser="bert")
    hand_over(outbox, 3, code="0" * 64)

    assert kept.find(CODE) == Find("ABCD-EFGH", False)
    assert kept.open(CODE, no_notices) == Find("ABCD-EFGH", False)

    assert states(outbox) == {"key-1": OPENED, "key-2": OPENED, "key-3": HANDED_OVER}
    assert bytes_of(outbox) == [b"", b"", b"ciphertext"]
    assert kept.find(CODE) == kept.open(CODE, no_notices) == Find("ABCD-EFGH", True)


def test_a_code_that_nobody_was_given_finds_and_opens_nothing(outbox: Outbox, kept: Kept) -> None:
    hand_over(outbox, 1)
    hand_over(outbox, 2, code="")

    for code in ("1" * 64, "", "%", CODE[:63]):
        assert kept.find(code) is None
        assert kept.open(code, no_notices) is None
    assert set(states(outbox).values()) == {HANDED_OVER}


def test_a_mail_under_way_that_is_opened_meanwhile_stays_opened(outbox: Outbox, kept: Kept) -> None:
    outbox.put([mail()])
    under_way = claimed(outbox)
    kept.open(CODE, no_notices)

    outbox.record_handed_over(under_way, TELL_SECONDS)
    outbox.record_unsent(under_way, HELD, "550 no", 0)

    assert (states(outbox), bytes_of(outbox)) == ({"key-1": OPENED}, [b""])
    assert outbox.claim(60) is None


def test_the_notices_of_an_opening_are_put_once_and_are_gone_once_they_left(outbox: Outbox, kept: Kept) -> None:
    hand_over(outbox)
    notices = [Mail("notice", "ABCD-EFGH", "bert", "bert@ngb.example", b"taken", kind=NOTICE)]

    kept.open(CODE, lambda _: notices)
    kept.open(CODE, lambda _: notices)

    outbox.record_handed_over(claimed(outbox), TELL_SECONDS)
    assert outbox.claim(60) is None
    assert states(outbox) == {"key-1": OPENED}


def test_nobody_opening_a_mail_comes_up_when_its_time_is_over_and_again_when_told(outbox: Outbox, clock: list[float]) -> None:
    hand_over(outbox)
    clock[0] += TELL_SECONDS
    due = claimed(outbox)
    assert due.state == HANDED_OVER
    reminder = Mail("reminder", "ABCD-EFGH", "anna", "anna@ngb.example", b"look", kind=NOTICE)

    outbox.record_told(due, 1, HOUR, [reminder])

    assert claimed(outbox).id == "reminder"
    assert outbox.claim(60) is None
    clock[0] += HOUR
    again = next(found for found in (claimed(outbox), claimed(outbox)) if found.id == "key-1")
    outbox.record_told(again, OPERATOR, None, [])
    assert outbox.queue().unopened == 1
    clock[0] += 100 * HOUR
    assert claimed(outbox).id == "reminder"
    assert outbox.claim(60) is None


def test_whoever_overslept_tells_nobody_twice(outbox: Outbox, clock: list[float]) -> None:
    hand_over(outbox)
    clock[0] += TELL_SECONDS
    late = claimed(outbox)
    clock[0] += 61
    outbox.record_told(claimed(outbox), 1, HOUR, [])

    outbox.record_told(late, 1, HOUR, [Mail("late", "ABCD-EFGH", "anna", "anna@ngb.example", b"look", kind=NOTICE)])

    assert states(outbox) == {"key-1": HANDED_OVER}


def test_a_mail_that_came_back_is_kept_counted_and_leaves_again_when_asked(outbox: Outbox, kept: Kept) -> None:
    hand_over(outbox)

    assert kept.answered("key-1", "5.2.2 mailbox full", failed=True)

    assert outbox.queue() == Queue(came_back=1)
    (back,) = kept.unopened()
    assert (back.state, back.last_answer) == (CAME_BACK, "5.2.2 mailbox full")
    assert kept.resend(back, "anna@elders.example", b"To: anna@elders.example")
    again = claimed(outbox)
    assert (again.state, again.address, again.mail) == (WAITING, "anna@elders.example", b"To: anna@elders.example")


@pytest.mark.parametrize("state", ["waiting", "held", "opened", "unknown"])
def test_a_report_about_anything_but_a_mail_that_left_changes_nothing(outbox: Outbox, kept: Kept, state: str) -> None:
    if state != "unknown":
        outbox.put([mail()])
    if state == "held":
        outbox.record_unsent(claimed(outbox), HELD, "550 no", 0)
    if state == "opened":
        kept.open(CODE, no_notices)
    before = execute(outbox, "SELECT * FROM outbox")

    assert kept.answered("key-1", "5.1.1 no such user", failed=True) == (state != "unknown")

    assert execute(outbox, "SELECT * FROM outbox") == before


def test_what_somebody_has_is_not_sent_again(outbox: Outbox, kept: Kept) -> None:
    left = hand_over(outbox)
    kept.open(CODE, no_notices)

    assert not kept.resend(left, left.address, b"once more")
    assert kept.content("key-1") == b""


def test_retry_sends_what_came_back_and_leaves_alone_what_an_adviser_may_still_open(outbox: Outbox, kept: Kept) -> None:
    hand_over(outbox, 1)
    hand_over(outbox, 2)
    kept.answered("key-2", "5.2.2 full", failed=True)

    assert kept.retry() == 1
    assert claimed(outbox).id == "key-2"
    assert outbox.claim(60) is None


@pytest.mark.parametrize("end", ["opened", "came back", "not opened"])
def test_nothing_that_left_is_kept_beyond_its_days(outbox: Outbox, kept: Kept, clock: list[float], end: str) -> None:
    hand_over(outbox)
    if end == "opened":
        kept.open(CODE, no_notices)
    if end == "came back":
        kept.answered("key-1", "5.2.2 full", failed=True)

    clock[0] += KEEP_SECONDS - 1
    assert kept.forget(KEEP_SECONDS) == []
    assert len(states(outbox)) == 1
    clock[0] += 2
    assert [gone.id for gone in kept.forget(KEEP_SECONDS)] == ([] if end == "opened" else ["key-1"])
    assert states(outbox) == {}


def test_its_days_count_from_the_first_time_it_left(outbox: Outbox, kept: Kept, clock: list[float]) -> None:
    hand_over(outbox)
    clock[0] += KEEP_SECONDS - HOUR
    kept.resend(kept.unopened()[0], "anna@ngb.example", b"again")
    outbox.record_handed_over(claimed(outbox), TELL_SECONDS)

    clock[0] += HOUR + 1
    kept.forget(KEEP_SECONDS)

    assert states(outbox) == {}


def test_what_never_left_is_never_forgotten(outbox: Outbox, kept: Kept, clock: list[float]) -> None:
    outbox.put([mail(1), mail(2)])
    outbox.record_unsent(claimed(outbox), HELD, "550 no", HOUR)

    clock[0] += 10 * KEEP_SECONDS
    kept.forget(KEEP_SECONDS)

    assert len(unsent(outbox)) == 2


@pytest.mark.parametrize("state", [WAITING, HELD])
def test_a_notice_that_could_never_leave_ends_after_its_days_and_is_no_message_that_nobody_opened(
    outbox: Outbox, kept: Kept, clock: list[float], state: str
) -> None:
    outbox.put([Mail("notice", "ABCD-EFGH", "anna", "anna@ngb.example", b"look", kind=NOTICE)])
    outbox.record_unsent(claimed(outbox), state, "550 no", HOUR)

    clock[0] += KEEP_SECONDS - 1
    assert kept.forget(KEEP_SECONDS) == []
    assert len(states(outbox)) == 1
    clock[0] += 2
    assert kept.forget(KEEP_SECONDS) == []
    assert states(outbox) == {}


def test_a_practice_mail_that_nobody_opened_ends_without_a_word(outbox: Outbox, kept: Kept, clock: list[float]) -> None:
    hand_over(outbox, kind=PRACTICE)

    clock[0] += KEEP_SECONDS + 1
    assert kept.forget(KEEP_SECONDS) == []
    assert states(outbox) == {}


def end_all(outbox: Outbox, clock: list[float], end: str) -> None:
    """Bring every mail to one of its ends."""
    if end == "opened":
        Kept(outbox.database).open(CODE, no_notices)
    else:
        clock[0] += KEEP_SECONDS + 1
    Kept(outbox.database).forget(KEEP_SECONDS)


ENDS = pytest.mark.parametrize("end", ["opened", "its time is over"])


@ENDS
def test_at_its_end_a_mail_leaves_no_byte_of_itself_in_any_file(
    file_outbox: Outbox, database: Path, clock: list[float], end: str
) -> None:
    # A burst makes the write-ahead log long: what stands at its end is not soon written over.
    for number in range(100):
        hand_over(file_outbox, number, content=b"canary " * 2000)
    assert [file for file in database.parent.iterdir() if b"canary" in file.read_bytes()]
    file_outbox.put([mail(100, content=b"another", code="0" * 64)])

    end_all(file_outbox, clock, end)

    assert not [file for file in database.parent.iterdir() if b"canary" in file.read_bytes()]
    assert [file for file in database.parent.iterdir() if b"another" in file.read_bytes()]


@ENDS
@pytest.mark.server
def test_at_its_end_a_mail_leaves_the_files_of_postgresql_also_while_another_is_kept(
    postgresql: Postgres, connect: Callable[..., Outbox], clock: list[float], end: str
) -> None:
    outbox = connect(postgresql.url)
    outbox.create()
    try:
        for number in range(50):
            hand_over(outbox, number, content=random.Random(number).randbytes(6000) + b"canary")
            outbox.put([mail(100 + number, content=random.Random(number).randbytes(6000) + b"another", code="0" * 64)])
            outbox.record_unsent(claimed(outbox), HELD, "550 no", 1e9)
        execute(outbox, "CHECKPOINT")
        assert postgresql.table_files(b"canary")

        end_all(outbox, clock, end)

        execute(outbox, "CHECKPOINT")
        assert not postgresql.table_files(b"canary")
        assert postgresql.table_files(b"another")
    finally:
        execute(outbox, "DROP TABLE outbox")


@pytest.mark.server
def test_erasing_keeps_no_submission_waiting_too_long_and_is_tried_again(
    postgresql: Postgres, connect: Callable[..., Outbox], clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert VACUUM_SECONDS + CANCEL_SECONDS < TRANSACTION_SECONDS
    outbox, busy = connect(postgresql.url), connect(postgresql.url)
    outbox.create()
    try:
        hand_over(outbox)
        clock[0] += KEEP_SECONDS + 1
        monkeypatch.setattr("contact_service.outbox.postgresql.VACUUM_SECONDS", 0.2)
        with busy.database.reading() as connection:
            connection.execute(text("SELECT 1 FROM outbox"))
            assert len(Kept(outbox.database).forget(KEEP_SECONDS)) == 1
            assert not outbox.database.erase(MAILS)

        outbox.put([mail(2)])
        monkeypatch.undo()
        assert outbox.database.erase(MAILS)
    finally:
        execute(outbox, "DROP TABLE outbox")


OLD_TABLE = """CREATE TABLE outbox (
id VARCHAR(145) NOT NULL PRIMARY KEY, reference VARCHAR(9) NOT NULL, adviser VARCHAR(80) NOT NULL,
address VARCHAR(254) NOT NULL, mail {bytes} NOT NULL, state VARCHAR(7) NOT NULL, attempts INTEGER NOT NULL,
last_answer VARCHAR(200) NOT NULL, accepted_at FLOAT NOT NULL, due_at FLOAT)"""


def test_an_outbox_of_an_earlier_version_is_taken_over_with_every_mail(
    url: str, connect: Callable[..., Outbox], clock: list[float]
) -> None:
    outbox = connect(url)
    execute(outbox, OLD_TABLE.format(bytes="BLOB" if url.startswith("sqlite") else "BYTEA"))
    execute(outbox, "CREATE INDEX ix_outbox_due_at ON outbox (due_at)")
    key = "ab" * 32
    old = "INSERT INTO outbox VALUES (:id, 'ABCD-EFGH', 'anna', 'anna@ngb.example', :mail, :state, 2, '', :now, :due)"
    with outbox.database.transaction() as connection:
        for adviser, state, content in (("anna", "waiting", b"one"), ("bert", "held", b"two"), ("cora", "sent", b"")):
            due = None if state == "sent" else clock[0]
            values = {"id": f"{key}-{adviser}", "mail": content, "state": state, "now": clock[0], "due": due}
            connection.execute(text(old), values)

    for _twice in range(2):
        outbox.create()

    names = {adviser: mail_id(key, adviser) for adviser in ("anna", "bert", "cora")}
    assert states(outbox) == {names["anna"]: WAITING, names["bert"]: HELD, names["cora"]: OPENED}
    assert outbox.has([names["cora"]])
    assert sorted(claimed(outbox).mail for _ in range(2)) == [b"one", b"two"]
    hand_over(outbox, 1)
    assert states(outbox)["key-1"] == HANDED_OVER


def test_a_break_while_an_outbox_is_taken_over_leaves_it_as_it_was(
    database: Path, file_outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.unlink()
    with sqlite3.connect(database) as connection:
        connection.execute(OLD_TABLE.format(bytes="BLOB"))
        connection.execute("INSERT INTO outbox VALUES ('k-anna', 'R', 'anna', 'a@b.c', x'00', 'sent', 1, '', 1.0, NULL)")
    monkeypatch.setattr("contact_service.outbox.upgrade.mail_id", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        Outbox(f"sqlite:///{database}").create()

    assert [column[1] for column in connection.execute("PRAGMA table_info(outbox)")][-1] == "due_at"
    assert connection.execute("SELECT state FROM outbox").fetchall() == [("sent",)]
    connection.close()

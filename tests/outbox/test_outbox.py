"""Promise 1: what the outbox took is there after anything, and leaves once. On SQLite and on PostgreSQL."""

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from contact_service.outbox.kept import Kept
from contact_service.outbox.mails import NOTICE
from contact_service.outbox.outbox import HELD, WAITING, Mail, Outbox, OutboxUnavailable, Queue
from tests.support.mails import CODE, KEEP_SECONDS, LEASE_SECONDS, TELL_SECONDS, claimed, execute, hand_over, mail, unsent
from tests.support.postgres import Postgres


def in_threads(count: int, work: Any) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_mail_is_there_for_another_process_as_soon_as_it_is_put(outbox: Outbox, another: Any) -> None:
    outbox.put([mail(content=b"cipher\0text\xff")])

    assert claimed(another()).mail == b"cipher\0text\xff"


def test_every_commit_is_synced_to_disk(file_outbox: Outbox) -> None:
    assert execute(file_outbox, "PRAGMA synchronous") == [(2,)]  # FULL
    assert execute(file_outbox, "PRAGMA journal_mode") == [("wal",)]


@pytest.mark.server
def test_every_commit_is_synced_to_disk_even_by_a_server_that_is_set_otherwise(postgresql: Postgres, connect: Any) -> None:
    careless = connect(f"{postgresql.url}?options=-csynchronous_commit%3Doff")

    assert execute(careless, "SHOW synchronous_commit") == [("on",)]


def test_processes_that_start_together_make_one_table(another: Any) -> None:
    faults: list[OutboxUnavailable] = []

    def create() -> None:
        try:
            another().create()
        except OutboxUnavailable as fault:
            faults.append(fault)

    in_threads(5, create)

    assert faults == []
    assert unsent(another()) == []


def test_the_mails_of_one_submission_are_put_together_or_not_at_all(outbox: Outbox) -> None:
    broken = Mail(id="key-2", reference="ABCD-EFGH", adviser="bert", address="bert@ngb.example", mail=None)  # type: ignore[arg-type]

    with pytest.raises(OutboxUnavailable):
        outbox.put([mail(1), broken])

    assert unsent(outbox) == []


def test_the_same_submission_put_again_changes_nothing(outbox: Outbox) -> None:
    outbox.put([mail(content=b"first")])
    first = claimed(outbox)
    outbox.put([mail(content=b"second")])

    assert outbox.claim(LEASE_SECONDS) is None
    outbox.record_handed_over(first, TELL_SECONDS)
    outbox.put([mail(content=b"third")])
    assert unsent(outbox) == []


def test_a_submission_is_known_until_its_trace_is_forgotten(outbox: Outbox, clock: list[float]) -> None:
    outbox.put([mail(1), mail(2)])
    outbox.record_handed_over(claimed(outbox), TELL_SECONDS)
    assert outbox.has(["key-1"]) and outbox.has(["key-2"]) and outbox.has(["key-9", "key-2"])
    assert not outbox.has(["key-3"]) and not outbox.has([])

    clock[0] += KEEP_SECONDS + 1
    Kept(outbox.database).forget(KEEP_SECONDS)

    assert not outbox.has(["key-1"]) and outbox.has(["key-2"])


def test_a_claimed_mail_is_kept_from_others_until_the_lease_ends(outbox: Outbox, clock: list[float]) -> None:
    outbox.put([mail()])
    claimed(outbox)

    assert outbox.claim(LEASE_SECONDS) is None
    clock[0] += LEASE_SECONDS
    assert claimed(outbox).attempts == 2


def test_processes_that_claim_at_once_share_the_mails_out(outbox: Outbox, another: Any) -> None:
    outbox.put(mail(number) for number in range(40))
    ids: list[str] = []

    def claim_all() -> None:
        own = another()
        while found := own.claim(LEASE_SECONDS):
            ids.append(found.id)

    in_threads(4, claim_all)

    assert sorted(ids) == sorted(f"key-{number}" for number in range(40))


def test_the_mail_that_waited_longest_is_claimed_first(outbox: Outbox, clock: list[float]) -> None:
    for number in (1, 2, 3):
        outbox.put([mail(number)])
        clock[0] += 1

    assert [claimed(outbox).id for _ in range(3)] == ["key-1", "key-2", "key-3"]


def test_a_mail_that_could_not_be_offered_is_the_next_to_be_claimed(outbox: Outbox, clock: list[float]) -> None:
    for number in (1, 2):
        outbox.put([mail(number)])
        clock[0] += 1

    outbox.record_untried(claimed(outbox), "Connection refused")

    again = claimed(outbox)
    assert (again.id, again.attempts, again.last_answer) == ("key-1", 1, "Connection refused")


@pytest.mark.parametrize("late_record", ["untried", "unsent"])
def test_who_overslept_the_lease_cannot_undo_what_another_recorded(
    outbox: Outbox, clock: list[float], late_record: str
) -> None:
    outbox.put([mail()])
    late = claimed(outbox)
    clock[0] += LEASE_SECONDS
    outbox.record_handed_over(claimed(outbox), TELL_SECONDS)

    if late_record == "untried":
        outbox.record_untried(late, "Connection refused")
    else:
        outbox.record_unsent(late, WAITING, "421 try later", 0)

    assert unsent(outbox) == []


def test_a_claim_that_a_power_cut_undid_is_made_again_and_a_sent_mail_stays_sent(outbox: Outbox) -> None:
    outbox.put([mail()])
    before = claimed(outbox)
    # Of two commits, the one that was not synced is gone.
    execute(outbox, "UPDATE outbox SET attempts = 0, due_at = 0")
    again = claimed(outbox)
    assert (again.attempts, again.mail) == (before.attempts, b"ciphertext")

    outbox.record_handed_over(before, TELL_SECONDS)
    outbox.record_unsent(again, WAITING, "421 try later", 0)

    assert outbox.claim(LEASE_SECONDS) is None
    assert execute(outbox, "SELECT state FROM outbox") == [("handed over",)]


def test_all_but_a_claim_is_synced(file_outbox: Outbox) -> None:
    file_outbox.put([mail()])
    synced = {}
    for name, work in (("claim", lambda: claimed(file_outbox)), ("put", lambda: file_outbox.put([mail(2)]))):
        work()
        with file_outbox.database._engine.connect() as connection:
            synced[name] = connection.connection.execute("PRAGMA synchronous").fetchone()
    assert synced == {"claim": (1,), "put": (2,)}


@pytest.mark.parametrize("state", [WAITING, HELD])
def test_an_unsent_mail_comes_back_after_its_delay(outbox: Outbox, clock: list[float], state: str) -> None:
    outbox.put([mail()])
    outbox.record_unsent(claimed(outbox), state, "450 busy", 30)

    assert outbox.claim(LEASE_SECONDS) is None
    (waiting,) = unsent(outbox)
    assert (waiting.state, waiting.last_answer, waiting.attempts, waiting.mail) == (state, "450 busy", 1, b"")
    clock[0] += 30
    assert claimed(outbox).mail == b"ciphertext"


def test_what_did_not_leave_is_listed_oldest_first(outbox: Outbox, clock: list[float]) -> None:
    for number in (2, 3, 1):
        outbox.put([mail(number)])
        clock[0] += 1

    assert [waiting.id for waiting in unsent(outbox)] == ["key-2", "key-3", "key-1"]


def test_retry_makes_held_mails_due_at_once(outbox: Outbox) -> None:
    outbox.put([mail()])
    outbox.record_unsent(claimed(outbox), HELD, "550 no", 3600)

    assert Kept(outbox.database).retry() == 1
    assert claimed(outbox).id == "key-1"


def test_a_mail_is_not_lost_in_a_future_that_a_wrong_clock_wrote(outbox: Outbox, clock: list[float]) -> None:
    clock[0] += 365 * 24 * 3600
    outbox.put([mail()])
    clock[0] -= 365 * 24 * 3600
    assert outbox.claim(LEASE_SECONDS) is None

    outbox.mend_times(7200)

    assert claimed(outbox).id == "key-1"


def test_a_wrong_clock_sends_nothing_again_that_somebody_has(outbox: Outbox, clock: list[float]) -> None:
    clock[0] += 365 * 24 * 3600
    hand_over(outbox, 1)
    hand_over(outbox, 2, code="0" * 64)
    Kept(outbox.database).open(CODE, lambda _: ())
    clock[0] -= 365 * 24 * 3600

    outbox.mend_times(7200)

    assert claimed(outbox).id == "key-2"
    assert outbox.claim(LEASE_SECONDS) is None


def test_a_mail_accepted_by_a_clock_that_was_ahead_is_as_late_as_it_is(outbox: Outbox, clock: list[float]) -> None:
    clock[0] += 365 * 24 * 3600
    outbox.put([mail(), mail(2, kind=NOTICE)])
    clock[0] -= 365 * 24 * 3600
    outbox.mend_times(7200)
    clock[0] += 15 * 24 * 3600

    assert outbox.queue().oldest_accepted_at == clock[0] - 15 * 24 * 3600
    Kept(outbox.database).forget(14 * 24 * 3600)
    assert [found.id for found in Kept(outbox.database).unopened()] == ["key-1"]


def test_a_mail_that_waits_out_its_delay_is_left_to_it(outbox: Outbox, clock: list[float]) -> None:
    outbox.put([mail()])
    outbox.record_unsent(claimed(outbox), HELD, "550 no", 7200)

    outbox.mend_times(7200)

    assert outbox.claim(LEASE_SECONDS) is None


def test_the_figures_count_what_waits_and_what_is_held(outbox: Outbox, clock: list[float]) -> None:
    assert outbox.queue() == Queue()
    outbox.put(mail(number) for number in (1, 2, 3, 4))
    outbox.record_handed_over(claimed(outbox), TELL_SECONDS)
    assert outbox.queue() == Queue(waiting=3, oldest_accepted_at=clock[0])

    outbox.record_unsent(claimed(outbox), HELD, "550 no", 3600)

    assert outbox.queue() == Queue(waiting=2, held=1, oldest_accepted_at=clock[0])


def test_a_notice_that_cannot_leave_is_no_figure(outbox: Outbox, clock: list[float]) -> None:
    outbox.put([Mail("notice", "ABCD-EFGH", "anna", "anna@ngb.example", b"look", kind=NOTICE)])
    assert outbox.queue() == Queue()

    outbox.record_unsent(claimed(outbox), HELD, "550 no", 3600)

    assert outbox.queue() == Queue()


def test_a_nearly_full_disk_refuses_new_mails_and_lets_old_ones_leave(file_outbox: Outbox, database: Path) -> None:
    file_outbox.put([mail()])
    full = Outbox(f"sqlite:///{database}", minimum_free_bytes=10**18)

    with pytest.raises(OutboxUnavailable, match="bytes left"):
        full.put([mail(2)])

    full.record_handed_over(claimed(full), TELL_SECONDS)
    assert unsent(full) == []


def test_a_full_disk_accepts_nothing_and_keeps_what_it_has(file_outbox: Outbox) -> None:
    file_outbox.put([mail(1)])
    pages = execute(file_outbox, "PRAGMA page_count")[0][0]
    execute(file_outbox, f"PRAGMA max_page_count = {pages}")

    with pytest.raises(OutboxUnavailable):
        file_outbox.put([mail(2, content=b"x" * 20_000)])

    assert [waiting.id for waiting in unsent(file_outbox)] == ["key-1"]
    assert execute(file_outbox, "PRAGMA integrity_check") == [("ok",)]


def test_a_locked_database_refuses_instead_of_waiting_forever(outbox: Outbox, another: Any, url: str) -> None:
    is_sqlite = url.startswith("sqlite")
    # The same limit as in production, but shorter than the ten seconds there.
    execute(outbox, "PRAGMA busy_timeout=20" if is_sqlite else "SET lock_timeout = '20ms'")

    with another().database.transaction() as connection:
        connection.exec_driver_sql("SELECT 1" if is_sqlite else "LOCK TABLE outbox")
        with pytest.raises(OutboxUnavailable):
            outbox.put([mail()])

    assert unsent(outbox) == []


@pytest.mark.server
def test_the_outbox_works_again_after_its_server_was_away(postgresql: Postgres, connect: Any) -> None:
    outbox = connect(postgresql.url)
    outbox.create()
    outbox.put([mail(1)])
    postgresql.crash()

    try:
        with pytest.raises(OutboxUnavailable, match=r"^postgresql: nobody answers at its address$"):
            outbox.put([mail(2)])
    finally:
        postgresql.start()

    assert [waiting.id for waiting in unsent(outbox)] == ["key-1"]
    outbox.put([mail(3)])
    assert claimed(outbox).id == "key-1"
    execute(outbox, "DROP TABLE outbox")


@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
def test_a_mail_is_refused_when_the_file_under_the_outbox_is_gone(file_outbox: Outbox, database: Path, replaced: bool) -> None:
    file_outbox.put([mail(1)])
    # An operator moves the file, or puts an empty one in its place; an open connection would not notice.
    for file in list(database.parent.iterdir()):
        file.rename(file.with_name(f"old-{file.name}"))
    if replaced:
        database.touch()

    with pytest.raises(OutboxUnavailable):
        file_outbox.put([mail(2)])

    Outbox(f"sqlite:///{database}").create()
    file_outbox.put([mail(3)])
    assert [waiting.id for waiting in unsent(Outbox(f"sqlite:///{database}"))] == ["key-3"]


@pytest.mark.parametrize("place", ["no/such/folder/outbox.sqlite", "a-folder", "garbage"])
def test_a_place_that_holds_no_outbox_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "a-folder").mkdir()
    (tmp_path / "garbage").write_bytes(b"not a database " * 100)

    for use in (Outbox.create, unsent, lambda outbox: outbox.put([mail()])):
        with pytest.raises(OutboxUnavailable):
            use(Outbox(f"sqlite:///{tmp_path / place}"))


def test_a_database_without_our_tables_or_with_those_of_an_earlier_version_is_told(url: str, connect: Any) -> None:
    kept = Kept(connect(url).database)
    for made in ("", "CREATE TABLE outbox (id VARCHAR(145), state VARCHAR(5))"):
        if made:
            execute(connect(url), made)
        for use in (kept.unopened, kept.retry, lambda: kept.find(CODE)):
            with pytest.raises(OutboxUnavailable, match="no outbox of this version; the service makes one when it starts"):
                use()


def test_a_fault_of_the_database_names_no_value(outbox: Outbox) -> None:
    execute(outbox, "DROP TABLE outbox")

    with pytest.raises(OutboxUnavailable) as fault:
        outbox.put([mail(content=b"canary")])

    assert "anna" not in str(fault.value) and "canary" not in str(fault.value)
    assert fault.value.__cause__ is None


def test_a_claim_looks_no_row_over_however_many_wait(outbox: Outbox, url: str) -> None:
    outbox.put(mail(number) for number in range(2000))
    execute(outbox, "ANALYZE")
    asked: list[tuple[str, Any]] = []
    engine = outbox.database._engine
    event.listen(engine, "before_cursor_execute", lambda _c, _cursor, text, values, *_: asked.append((text, values)))
    claimed(outbox)
    statement, values = next((text, values) for text, values in asked if text.startswith("UPDATE"))

    with outbox.database.transaction() as connection:
        explain = "EXPLAIN QUERY PLAN " if url.startswith("sqlite") else "EXPLAIN "
        plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(explain + statement, values))

    assert "ix_outbox_due_at" in plan
    assert "SCAN outbox" not in plan and "Seq Scan" not in plan and "Sort" not in plan and "TEMP B-TREE" not in plan


def test_no_adviser_or_content_shows_in_a_printed_mail() -> None:
    shown = repr(mail(content=b"canary"))

    assert "canary" not in shown and "anna@ngb.example" not in shown

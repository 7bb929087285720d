"""Health tells the truth, and the operator hears of trouble by a second route."""

import json
import re
import subprocess
import sys
from pathlib import Path
from time import monotonic, time

import pytest
from sqlalchemy import text

from contact_service.delivery.process import forget
from contact_service.delivery.watch import Watch, alert_text
from contact_service.outbox.faults import SENTENCES
from contact_service.outbox.health import Figures, late_faults, queue_figures
from contact_service.outbox.outbox import HELD, Mail, Outbox
from contact_service.outbox.signals import Signals
from contact_service.settings.config import WebSettings
from contact_service.web.app import create_app
from tests.support.built_site import REPO
from tests.support.form_page import send
from tests.support.mails import execute
from tests.support.production import CLI, Production, production, wait_for

pytestmark = pytest.mark.program


@pytest.fixture
def machine(tmp_path: Path):
    with production(tmp_path) as setup:
        yield setup


def client(machine: Production, **changes: object):
    given = machine.settings
    settings = WebSettings(
        site=Path(given["CONTACT_SITE"]),
        advisers=Path(given["CONTACT_ADVISERS"]),
        keys=Path(given["CONTACT_KEYS"]),
        keyring=Path(given["CONTACT_KEYRING"]),
        outbox=given["CONTACT_OUTBOX"],
        secret_key="k" * 32,
        **({"hosts": ["localhost"], "sender": "formulier@hulp.example", "minimum_fill_seconds": 0} | _limits() | changes),
    )
    return create_app(settings).test_client()


def _limits() -> dict[str, object]:
    return {"minimum_free_bytes": 0, "late_minutes": 30}


def a_mail(number: int = 1) -> Mail:
    return Mail(f"id-{number}", "AAAA-BBBB", "ngb-adviseur", "adviseur@ngb.example", b"encrypted")


def outbox_of(machine: Production, age_seconds: float = 0, state: str = "") -> Outbox:
    outbox = Outbox(machine.settings["CONTACT_OUTBOX"])
    outbox.create()
    outbox.put([a_mail()])
    if state:
        outbox.record_unsent(outbox.claim(0), state, "550 no", 0)
    with outbox.database.transaction() as connection:
        connection.execute(text("UPDATE outbox SET accepted_at = :at"), {"at": time() - age_seconds})
    return outbox


def test_a_service_without_a_delivery_process_says_so(machine: Production) -> None:
    ready = client(machine).get("/readyz")
    assert ready.status_code == 200
    assert ready.json["status"] == "attention"
    assert ready.json["faults"] == ["delivery-silent"]


def test_a_service_in_order_is_ok_and_gives_its_figures(machine: Production) -> None:
    web = client(machine)
    Signals(Outbox(machine.settings["CONTACT_OUTBOX"]).database).give("delivery 1")
    document = web.get("/readyz").json
    assert document.pop("free_bytes") > 0
    assert document == {
        "status": "ok",
        "faults": [],
        "waiting": 0,
        "held": 0,
        "came_back": 0,
        "unopened": 0,
        "late_in_queue": 0,
        "erased": 0,
        "not_encrypted": 0,
        "oldest_waiting_seconds": None,
        "delivery_seen_seconds_ago": 0,
        "next_hop": "answering",
        "keys_unfit": 0,
        "roles_closed": 0,
    }


def test_a_full_disk_is_down_and_the_page_says_so_before_anybody_types(machine: Production) -> None:
    web = client(machine, minimum_free_bytes=2**62)
    ready = web.get("/readyz")
    assert ready.status_code == 503
    assert ready.json["status"] == "down"
    assert "disk-full" in ready.json["faults"]
    assert "We cannot take messages at the moment" in web.get("/en/contact/").text


def test_an_outbox_that_is_gone_is_down_while_the_process_lives(machine: Production, monkeypatch: pytest.MonkeyPatch) -> None:
    # What was seen at the start is not looked at again for some seconds.
    monkeypatch.setattr("contact_service.outbox.notice.NOTICE_SECONDS", 0)
    web = client(machine)
    with Outbox(machine.settings["CONTACT_OUTBOX"]).database.transaction() as connection:
        connection.execute(text("DROP TABLE signals"))
        connection.execute(text("DROP TABLE outbox"))
    assert web.get("/healthz").json == {"status": "ok"}
    assert web.get("/readyz").status_code == 503
    # What the page says is looked up every few seconds, and at the start.
    wait_for(lambda: "We cannot take messages at the moment" in web.get("/en/contact/").text, 20)


@pytest.mark.parametrize(("age_seconds", "state", "fault"), [(1900, "", "mail-late"), (0, HELD, "mail-held")])
def test_a_mail_that_does_not_leave_is_a_fault_and_readers_are_asked_to_phone(
    machine: Production, age_seconds: float, state: str, fault: str
) -> None:
    web = client(machine)
    assert "later than usual" not in web.get("/en/contact/").text
    outbox_of(machine, age_seconds, state)
    web = client(machine)
    assert fault in web.get("/readyz").json["faults"]
    page = web.get("/en/contact/").text
    assert "later than usual" in page
    assert re.search(r"later than usual at the moment. Please call <a href=\"tel:\+31703738314\"", page)


def test_nothing_personal_stands_in_the_health_document(machine: Production) -> None:
    web = client(machine)
    outbox_of(machine, 5000, HELD)
    assert not re.search("@|adviseur|AAAA-BBBB", web.get("/readyz").text)


def test_check_says_in_words_what_is_wrong(machine: Production) -> None:
    outbox_of(machine, 5000)
    run = subprocess.run([*CLI, "check"], cwd=REPO, env=machine.environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert SENTENCES["mail-late"] in run.stdout
    assert SENTENCES["delivery-silent"] in run.stdout


def test_what_was_erased_unopened_is_told_for_a_day(machine: Production, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox = Outbox(machine.settings["CONTACT_OUTBOX"])
    outbox.create()
    Signals(outbox.database).create()
    outbox.put([Mail("key", "AAAA-BBBB", "anna", "anna@ngb.example", b"ciphertext", code="c0de")])
    mail = outbox.claim(60)
    assert mail
    outbox.record_handed_over(mail, 60)
    forget(outbox, 14)
    assert queue_figures(outbox)["erased"] == 0
    with outbox.database.transaction() as connection:
        connection.execute(text("UPDATE outbox SET left_at = 1"))

    forget(outbox, 14)

    figures = Figures(**queue_figures(outbox))
    assert (figures.erased, set(late_faults(figures, 60))) == (1, {"mail-erased"})
    assert "Erased unopened: 1." in alert_text(("mail-erased",), figures)
    monkeypatch.setattr("contact_service.outbox.health.ERASED_SECONDS", 0)
    assert queue_figures(outbox)["erased"] == 0


IN_ORDER = "The contact service is in order again: no mail is late, held or came back, and none was left unopened.\n"


def alert_command(folder: Path, status: int = 0) -> list[str]:
    told = f"import sys; open('{folder}/told', 'a').write(sys.stdin.read() + '---\\n'); sys.exit({status})"
    return [sys.executable, "-c", told]


def watch_on(outbox: Outbox, command: list[str]) -> Watch:
    watch = Watch(outbox, 1800, command, 7200)
    watch.prepare()
    return watch


def test_when_the_clock_leaps_ahead_nobody_erases_for_a_while(machine: Production, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = watch_on(outbox_of(machine, 60), [])
    before = watch.prepare()
    for module in ("delivery.watch", "outbox.signals"):
        monkeypatch.setattr(f"contact_service.{module}.time", lambda: time() + 30 * 24 * 3600)
    watch.look()
    # At once again, as after a fault of the database.
    leapt = [watch.prepare(), watch.prepare()]
    monkeypatch.setattr("contact_service.delivery.watch.monotonic", lambda: monotonic() + 3600)
    monkeypatch.setattr("contact_service.delivery.watch.time", lambda: time() + 30 * 24 * 3600 + 3600)

    assert (before, leapt, watch.prepare()) == (True, [False, False], True)


def told(folder: Path) -> list[str]:
    return (folder / "told").read_text().split("---\n")[:-1] if (folder / "told").exists() else []


def test_the_operator_is_told_once_and_again_when_it_is_solved(machine: Production) -> None:
    outbox = outbox_of(machine, 2400)
    # Two delivery processes see the same; one of them tells it.
    for _ in range(2):
        watch_on(outbox, alert_command(machine.folder)).look()
    [text_told] = told(machine.folder)
    assert "mail-late" in text_told
    assert "Waiting: 1. Held: 0. The oldest: 40 minutes." in text_told
    assert not re.search("@|adviseur|AAAA-BBBB", text_told)
    outbox.record_handed_over(outbox.claim(0), 3600)
    watch_on(outbox, alert_command(machine.folder)).look()
    assert told(machine.folder)[1:] == [
        "The contact service is in order again: no mail is late, held or came back, and none was left unopened.\n"
    ]


def test_the_operator_and_readers_are_told_when_this_machines_gpg_locks_nothing(
    machine: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = client(machine)
    outbox = outbox_of(machine)
    (machine.folder / "gpg").write_text("#!/bin/sh\nexit 2\n")
    (machine.folder / "gpg").chmod(0o755)
    with monkeypatch.context() as broken:
        broken.setenv("PATH", str(machine.folder), prepend=":")
        assert send(asked).status_code == 503
    watch_on(outbox, alert_command(machine.folder)).look()
    assert "not-encrypted" in told(machine.folder)[0]
    assert "not-encrypted" in asked.get("/readyz").json["faults"]


def test_an_alert_that_could_not_be_given_is_given_again(machine: Production) -> None:
    outbox = outbox_of(machine, 2400)
    watch_on(outbox, alert_command(machine.folder, status=1)).look()
    watch_on(outbox, ["/no/such/command"]).look()
    watch_on(outbox, alert_command(machine.folder)).look()
    watch_on(outbox, alert_command(machine.folder)).look()
    assert len(told(machine.folder)) == 2


def test_a_clock_that_went_back_does_not_keep_mails_waiting(machine: Production) -> None:
    outbox = outbox_of(machine)
    with outbox.database.transaction() as connection:
        connection.execute(text("UPDATE outbox SET due_at = :at"), {"at": time() + 30 * 24 * 3600})
    assert outbox.claim(0) is None
    watch_on(outbox, []).look()
    assert outbox.claim(0)


def test_a_sign_of_life_from_the_future_hides_no_delivery_that_is_gone(machine: Production) -> None:
    outbox = outbox_of(machine)
    watch_on(outbox, []).look()
    web = client(machine)
    assert web.get("/readyz").json["delivery_seen_seconds_ago"] < 60

    execute(outbox, "UPDATE signals SET given_at = given_at + 86400 WHERE name LIKE 'delivery %'")
    assert "delivery-silent" in web.get("/readyz").json["faults"]
    # Nor does it hide one that lives.
    watch_on(outbox, []).look()
    assert "delivery-silent" not in web.get("/readyz").json["faults"]


def test_an_alert_that_a_wrong_clock_dated_is_repeated_all_the_same(machine: Production) -> None:
    outbox = outbox_of(machine, 2400)
    watch_on(outbox, alert_command(machine.folder)).look()
    execute(outbox, "UPDATE signals SET given_at = given_at + 30 * 86400 WHERE name = 'alert'")

    for _ in range(2):
        watch_on(outbox, alert_command(machine.folder)).look()

    assert len(told(machine.folder)) == 2


@pytest.mark.server
def test_the_delivery_process_shows_that_it_lives_and_how_the_next_mail_server_is(machine: Production) -> None:
    web = client(machine)
    machine.post_office.start()
    machine.start_delivery()
    wait_for(lambda: web.get("/readyz").json["status"] == "ok")
    machine.kill("delivery")
    machine.post_office.stop()
    machine.start_delivery()
    wait_for(lambda: web.get("/readyz").json["faults"] == ["next-hop"])
    assert json.dumps(web.get("/readyz").json).count("refused") == 1
    machine.post_office.start()
    wait_for(lambda: web.get("/readyz").json["status"] == "ok", 30)

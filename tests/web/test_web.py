"""The promises of the web process: what is accepted reaches the outbox encrypted, and every answer is clear and private."""

import email
import email.policy
import logging
import os
import re
import sqlite3
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from contact_service.keys.advisers import Adviser, AdvisersInvalid
from contact_service.mail.submission import ROLES
from contact_service.outbox.outbox import OutboxUnavailable
from contact_service.settings.config import WebSettings
from contact_service.web.app import MAX_BODY_BYTES, create_app
from contact_service.web.page import SiteInvalid
from tests.conftest import STYLE_TEXT, Computer, advisers_toml, everything_below
from tests.support.built_site import REPO
from tests.support.form_page import ANSWERS, CONTACT, TYPED_WORDS, errors_in, send, soup, token_in, token_of_age, typed_in
from tests.support.key_maker import key

Start = Callable[[WebSettings], FlaskClient]
Rows = Callable[[], list[sqlite3.Row]]
OT_LINK = '<a href="tel:+31703738314">070-3738314</a>'
ALARM_LINK = '<a href="tel:112">112</a>'
CLOSED = {"nl": "(bel 070-3738314)", "en": "(please call 070-3738314)"}


def inner_text(computer: Computer, mail: bytes) -> str:
    """What the adviser's own computer makes of a mail."""
    plaintext = computer.opens(mail)
    assert plaintext
    return str(
        email.message_from_bytes(plaintext, policy=email.policy.default).get_payload(0).get_payload(decode=True).decode()
    )


# --- What must always hold (design section 5) ---


def test_received_is_shown_only_after_the_encrypted_mail_is_committed(
    client: FlaskClient, outbox_rows: Rows, computers: dict[str, Computer]
) -> None:
    response = send(client)

    (row,) = outbox_rows()
    assert "Uw bericht is ontvangen" in response.text
    assert soup(response).select_one(".reference").text == row["reference"]
    assert row["reference"] in inner_text(computers["anna"], row["mail"])


def test_received_is_not_shown_when_the_commit_fails(client: FlaskClient, outbox_rows: Rows, state: Path) -> None:
    with sqlite3.connect(state / "outbox.sqlite") as connection:
        connection.execute("CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    connection.close()

    response = send(client)

    assert response.status_code == 503
    assert "ontvangen" not in soup(response).h1.text
    assert not outbox_rows()


def test_plaintext_exists_in_memory_of_one_request_and_nowhere_else(
    client: FlaskClient, state: Path, short_folder: Path
) -> None:
    send(client)
    send(client, role="")
    send(client, message="kogelbrief " * 10_000)

    written = everything_below(state) + everything_below(short_folder / "keyrings")
    assert b"BEGIN PGP MESSAGE" in written
    for word in TYPED_WORDS:
        assert word.encode() not in written


def test_a_message_is_encrypted_only_to_fit_keys_whose_fingerprint_is_pinned(
    client: FlaskClient, outbox_rows: Rows, computers: dict[str, Computer]
) -> None:
    send(client)

    (row,) = outbox_rows()
    assert (row["adviser"], row["address"]) == ("anna", "anna@advies.example")
    assert b"kogelbrief" not in row["mail"]
    assert "    Er lag een kogelbrief op de mat.\r\n    Wat nu? 🙏" in inner_text(computers["anna"], row["mail"])
    assert computers["bert"].opens(row["mail"]) is None
    assert computers["cora"].opens(row["mail"]) is None


@pytest.fixture
def closed_to_mayors(settings: WebSettings, tmp_path: Path, computers: dict[str, Computer]) -> WebSettings:
    """The settings of a service whose only key for mayors has expired."""
    fingerprint, file = key("expired")
    cora = computers["cora"]
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "dora.asc").write_bytes(file)
    (tmp_path / "keys" / "cora.asc").write_bytes(cora.public_key)
    text = advisers_toml(("burgemeester",), Adviser("dora", "dora@advies.example", (fingerprint,)))
    text += advisers_toml(("wethouder", "raadslid", "statenlid", "anders"), cora.adviser)
    (tmp_path / "advisers.toml").write_text(text, "utf-8")
    return replace(settings, keys=tmp_path / "keys", advisers=tmp_path / "advisers.toml")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_without_a_fit_key_the_page_says_so_and_gives_the_phone_number(
    language: str, closed_to_mayors: WebSettings, start: Start
) -> None:
    page = soup(start(closed_to_mayors).get(CONTACT[language]))

    disabled = page.select("input[name=role][disabled]")
    assert [choice["value"] for choice in disabled] == ["burgemeester"]
    assert CLOSED[language] in page.select_one(f"label[for={disabled[0]['id']}]").text
    assert OT_LINK in str(page.select_one(".closed"))


def test_without_a_fit_key_nothing_is_accepted_and_nothing_typed_is_lost(
    closed_to_mayors: WebSettings, start: Start, outbox_rows: Rows
) -> None:
    client = start(closed_to_mayors)

    response = send(client)

    assert response.status_code == 503
    assert "Uw bericht is niet ontvangen." in response.text
    assert OT_LINK in str(soup(response).select_one(".error-summary"))
    assert typed_in(response) == ANSWERS
    assert not outbox_rows()
    assert send(client, role="anders").status_code == 200


def test_a_role_closes_when_its_key_expires_while_the_service_runs(
    client: FlaskClient, now: datetime, monkeypatch: pytest.MonkeyPatch, outbox_rows: Rows
) -> None:
    keyring = client.application.view_functions["contact_nl"].__self__._intake.keyring
    ending = [replace(verdict, usable_until=now) if verdict.adviser == "anna" else verdict for verdict in keyring.verdicts]
    monkeypatch.setattr(keyring, "verdicts", ending)

    page = soup(client.get("/contact/"))

    assert [choice["value"] for choice in page.select("input[name=role][disabled]")] == ["burgemeester"]
    assert send(client).status_code == 503
    assert not outbox_rows()


def test_an_adviser_key_that_expires_on_a_running_service_hands_over_to_the_reserve_with_an_alert(
    start: Start,
    settings: WebSettings,
    computers: dict[str, Computer],
    tmp_path: Path,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    outbox_rows: Rows,
    caplog: pytest.LogCaptureFixture,
) -> None:
    reserve = computers["bert"].adviser
    text = f'[reserve]\nname = "bert"\naddress = "{reserve.address}"\nfingerprints = ["{reserve.fingerprints[0]}"]\n'
    (tmp_path / "advisers.toml").write_text(text + advisers_toml(ROLES, computers["anna"].adviser), "utf-8")
    client = start(replace(settings, advisers=tmp_path / "advisers.toml"))
    keyring = client.application.view_functions["contact_nl"].__self__._intake.keyring
    ending = [replace(verdict, usable_until=now) if verdict.adviser == "anna" else verdict for verdict in keyring.verdicts]
    monkeypatch.setattr(keyring, "verdicts", ending)

    assert send(client).status_code == 200

    assert "the reserve bert takes over (anna: expired)" in caplog.text
    (row,) = outbox_rows()
    assert row["address"] == reserve.address
    assert "kogelbrief" in inner_text(computers["bert"], row["mail"])


# "Typed text is never lost: every error page shows the form again with what was typed."
def test_typed_text_is_never_lost_with_no_token(client: FlaskClient) -> None:
    assert typed_in(send(client, token="")) == ANSWERS


def test_typed_text_is_never_lost_with_an_expired_token(client: FlaskClient) -> None:
    assert typed_in(send(client, token=token_of_age(client.application, 13 * 3600))) == ANSWERS


def test_a_clock_that_was_put_back_costs_one_more_press_and_no_text(client: FlaskClient) -> None:
    answer = send(client, token=token_of_age(client.application, -3600))

    assert typed_in(answer) == ANSWERS
    assert send(client, token=token_in(answer)).status_code == 200


def test_typed_text_is_never_lost_when_it_is_too_long(client: FlaskClient) -> None:
    # Almost three times what is allowed, in signs that take nine bytes of a form each.
    message = "€" * 14_000

    assert typed_in(send(client, message=message)) == {**ANSWERS, "message": message}


@pytest.mark.parametrize(
    ("language", "words"),
    [("nl", "Het was te lang om het u terug te geven."), ("en", "It was too long for us to give it back.")],
)
def test_what_is_too_long_to_come_back_is_said_to_be_lost(language: str, words: str, client: FlaskClient) -> None:
    response = send(client, language, message='"' * 40_000)

    assert response.status_code == 413
    assert words in soup(response).main.text
    assert OT_LINK in str(soup(response).main)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_typed_text_is_never_lost_when_the_disk_is_full(
    language: str, start: Start, settings: WebSettings, outbox_rows: Rows
) -> None:
    response = send(start(replace(settings, minimum_free_bytes=2**60)), language)

    assert response.status_code == 503
    assert typed_in(response) == ANSWERS
    assert OT_LINK in str(soup(response).select_one(".error-summary"))
    assert not outbox_rows()


def test_typed_text_is_never_lost_when_the_outbox_has_vanished(start: Start, settings: WebSettings, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    client = start(replace(settings, outbox=f"sqlite:///{tmp_path / 'elsewhere' / 'outbox.sqlite'}"))
    token = token_in(client.get("/contact/"))
    os.rename(tmp_path / "elsewhere", tmp_path / "gone")

    response = send(client, token=token)

    assert response.status_code == 503
    assert typed_in(response) == ANSWERS


def test_typed_text_is_never_lost_when_the_keyring_has_vanished(start: Start, settings: WebSettings, tmp_path: Path) -> None:
    client = start(replace(settings, keyring=tmp_path / "keyring"))
    os.rename(tmp_path / "keyring", tmp_path / "gone")

    response = send(client)

    assert response.status_code == 503
    assert typed_in(response) == ANSWERS


def test_typed_text_is_never_lost_when_gpg_hangs(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outbox_rows: Rows
) -> None:
    (tmp_path / "gpg").write_text("#!/bin/sh\nexec sleep 600\n")
    (tmp_path / "gpg").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("contact_service.openpgp.gpg.LONGEST_SECONDS", 0.2)

    response = send(client)

    assert response.status_code == 503
    assert typed_in(response) == ANSWERS
    assert OT_LINK in str(soup(response).select_one(".error-summary"))
    assert not outbox_rows()


@pytest.mark.parametrize("language", ["nl", "en"])
def test_no_page_stores_anything_on_the_device_or_loads_from_another_host(language: str, client: FlaskClient) -> None:
    for response in (client.get(CONTACT[language]), send(client, language), send(client, language, role=""), client.get("/x")):
        assert "Set-Cookie" not in response.headers
        page = soup(response)
        assert not page.select("[src], [style], style, script, link, iframe")
        assert not [link for link in page.select("a[href]") if "//" in link["href"]]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_112_and_the_teams_number_are_in_reach_on_every_page(language: str, client: FlaskClient) -> None:
    for response in (send(client, language), client.put(CONTACT[language])):
        assert OT_LINK in response.text
        assert ALARM_LINK in soup(response).main.decode()


def test_no_log_holds_what_was_typed_or_where_from(
    caplog: pytest.LogCaptureFixture, start: Start, settings: WebSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    client = start(settings)
    full = start(replace(settings, minimum_free_bytes=2**60))
    came_from = {"REMOTE_ADDR": "203.0.113.77", "HTTP_USER_AGENT": "Netscape"}
    for visitor in (client, full):
        visitor.environ_base.update(came_from)

    send(client)
    send(client, role="")
    send(client, token="")
    send(full)
    client.post("/contact/", data="kogelbrief", content_type="text/plain")
    client.post("/contact/", data="message=kogelbrief" + "x" * MAX_BODY_BYTES, content_type="application/x-www-form-urlencoded")
    monkeypatch.setattr("contact_service.web.intake.outer_mail", _failing)
    assert send(client).status_code == 500

    assert caplog.records
    for record in caplog.records:
        logged = f"{record.getMessage()} {record.args} {record.exc_info}"
        for word in (*TYPED_WORDS, "203.0.113", "Netscape", "advies.example", "bedreiging"):
            assert word not in logged


def _failing(*_arguments: object, **values: object) -> None:
    raise RuntimeError(f"kogelbrief Sterrenwacht {values}")


def test_two_mails_from_one_form_share_nothing_that_any_two_do_not(client: FlaskClient, outbox_rows: Rows) -> None:
    token = token_in(client.get("/contact/"))
    for number, form in enumerate((token, token, token_in(client.get("/contact/")))):
        assert send(client, token=form, message=f"tekst {number}").status_code == 200
    one, other, strange = (set(re.findall(rb"[\w+/@.<>=:-]{4,}", bytes(row["mail"]))) for row in outbox_rows())

    assert one & other == one & strange == other & strange


# --- Answers ---


def test_every_answer_has_exactly_these_headers(client: FlaskClient) -> None:
    headers = dict(client.get("/contact/").headers)

    assert int(headers.pop("Content-Length")) > 1000
    assert headers == {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' "
        f"'sha256-{b64encode(sha256(STYLE_TEXT.encode()).digest()).decode()}'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Referrer-Policy": "no-referrer",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
    }


ANSWERS_TO_FAULTS: dict[str, tuple[Callable[[FlaskClient, str], TestResponse], int]] = {
    "another method": (lambda client, address: client.delete(address), 405),
    "another kind of body": (lambda client, address: client.post(address, json={"role": "anders"}), 415),
    "a body of several parts": (
        lambda client, address: client.post(address, data=ANSWERS, content_type="multipart/form-data"),
        415,
    ),
    "no body at all": (lambda client, address: client.post(address), 415),
    "a body over the limit": (
        lambda client, address: client.post(address, data={"message": "x" * MAX_BODY_BYTES}),
        413,
    ),
    "a wrong host": (lambda client, address: client.get(address, base_url="https://evil.example"), 400),
    "a host with a line break": (lambda client, address: client.get(address, headers={"Host": "a b"}), 400),
    "a post to a wrong host": (
        lambda client, address: client.post(address, data=ANSWERS, base_url="https://evil.example"),
        400,
    ),
}
WORDS = {
    "nl": ("Er is niets verstuurd en niets bewaard.", "Fout: Hoe"),
    "en": ("Nothing has been sent or stored.", "Error: How"),
}


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(("act", "status"), ANSWERS_TO_FAULTS.values(), ids=ANSWERS_TO_FAULTS)
def test_a_fault_gets_a_clear_answer_in_the_readers_language(
    act: Callable[[FlaskClient, str], TestResponse], status: int, language: str, client: FlaskClient, outbox_rows: Rows
) -> None:
    response = act(client, CONTACT[language])

    words, title = WORDS[language]
    assert response.status_code == status
    assert words in response.text
    assert soup(response).title.text.startswith(title)
    assert OT_LINK in response.text
    assert ALARM_LINK in soup(response).main.decode()
    assert "Content-Security-Policy" in response.headers
    assert not outbox_rows()


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_crash_gets_a_clear_answer_in_the_readers_language(
    language: str, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contact_service.web.intake.outer_mail", _failing)

    response = send(client, language)

    assert response.status_code == 500
    told = soup(response).select_one(".error-summary").get_text()
    assert {"nl": "niet ontvangen", "en": "not been received"}[language] in told
    assert soup(response).textarea.get_text().strip() in ANSWERS["message"]
    assert OT_LINK in response.text
    assert "Traceback" not in response.text
    assert "RuntimeError" not in response.text
    assert "Content-Security-Policy" in response.headers


def test_an_answer_to_another_method_names_the_methods_that_work(client: FlaskClient) -> None:
    assert set(client.delete("/contact/").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/nergens/", "Deze pagina bestaat niet"),
        ("/en/nowhere/", "This page does not exist"),
        ("/static/x", "Deze pagina bestaat niet"),
        ("/contact/%00", "Deze pagina bestaat niet"),
        ("/contact/../../etc/passwd", "Deze pagina bestaat niet"),
    ],
)
def test_an_address_that_does_not_exist_gets_the_sites_own_page(address: str, words: str, client: FlaskClient) -> None:
    response = client.get(address)

    assert response.status_code == 404
    assert words in response.text
    assert "Content-Security-Policy" in response.headers


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("/contact", "/contact/"),
        ("/en/contact", "/en/contact/"),
        ("/contact//", "/contact/"),
        ("/en//contact/", "/en/contact/"),
        ("/en//contact//keys/all.json", "/en/contact/keys/all.json"),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_slash_too_few_or_too_many_leads_to_the_form_by_the_way_that_one_came(
    address: str, target: str, scheme: str, client: FlaskClient
) -> None:
    # Behind the web server every request is one without TLS.
    response = client.get(address, base_url=f"{scheme}://hulp.example")

    assert response.status_code == 308
    assert response.location == target
    assert "Content-Security-Policy" in response.headers


@pytest.mark.parametrize("address", CONTACT.values())
def test_a_monitor_that_asks_for_the_head_alone_sees_that_the_page_works(address: str, client: FlaskClient) -> None:
    response = client.head(address)

    assert response.status_code == 200
    assert not response.data


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_form_stands_in_the_sites_own_page(language: str, client: FlaskClient) -> None:
    page = soup(client.get(CONTACT[language]))

    assert page.html["lang"] == language
    assert page.footer.text == f"{language} footer twin"
    assert page.select_one("main form")
    assert not page.select(".error-summary")
    assert not page.title.text.startswith(("Fout", "Error"))


@pytest.mark.parametrize(("language", "prefix"), [("nl", "Fout: "), ("en", "Error: ")])
def test_an_error_is_told_before_all_else(language: str, prefix: str, client: FlaskClient) -> None:
    page = soup(send(client, language, role=""))

    summary = page.select_one(".error-summary")
    assert page.title.text.startswith(prefix)
    assert summary["role"] == "alert"
    assert page.h1 in summary.find_all_next("h1")


@pytest.mark.parametrize(("language", "title"), [("nl", "Ontvangen: "), ("en", "Received: ")])
def test_the_received_page_says_what_happens_next_in_the_language_of_the_form(
    language: str, title: str, client: FlaskClient
) -> None:
    response = send(client, language)

    page = soup(response)
    assert page.title.text.startswith(title)
    # Without scripts a screen reader would begin with what stands above.
    assert page.select_one("[role=alert][tabindex='-1'][autofocus] .reference")
    assert {"nl": "Vereniging van burgemeesters.", "en": "Association of burgemeester."}[language] in page.main.text
    assert [heading.text for heading in page.select("h2")] == {
        "nl": ["Wat gebeurt er nu?", "Intussen", "Hoort u niets, of verandert er iets?"],
        "en": ["What happens now", "Meanwhile", "If you hear nothing, or if something changes"],
    }[language]
    for word in TYPED_WORDS:
        assert word not in response.text


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_form_says_behind_each_role_who_reads_the_message(language: str, client: FlaskClient) -> None:
    associations = client.application.view_functions["contact_nl"].__self__._site.facts.associations[language]

    labels = soup(client.get(CONTACT[language])).select('.choice label[for^="role-"]')

    assert len(labels) == len(associations)
    assert all(f"({name})" in label.text for label, name in zip(labels, associations.values(), strict=True))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_received_page_leads_on_to_what_can_be_done_meanwhile(language: str, client: FlaskClient) -> None:
    links = [link["href"] for link in soup(send(client, language)).select('main ul a:not([href^="tel:"])')]

    assert [(REPO / f"docs/{language}" / link.strip("./")).with_suffix(".md").is_file() for link in links] == [True, True]


def test_each_adviser_of_the_association_gets_a_mail_that_shows_no_other(
    client: FlaskClient, outbox_rows: Rows, computers: dict[str, Computer]
) -> None:
    send(client, role="raadslid")

    rows = outbox_rows()
    assert [row["address"] for row in rows] == ["bert@advies.example", "cora@advies.example"]
    assert len({row["reference"] for row in rows}) == 1
    for row, other in zip(rows, ("cora", "bert"), strict=True):
        assert other.encode() not in row["mail"]
        assert f"{other}@" not in inner_text(computers[row["adviser"]], row["mail"])
        assert computers["anna"].opens(row["mail"]) is None


def test_the_language_of_the_form_reaches_the_adviser(
    client: FlaskClient, outbox_rows: Rows, computers: dict[str, Computer]
) -> None:
    send(client, "en")

    assert "Taal van het formulier: Engels" in inner_text(computers["anna"], outbox_rows()[0]["mail"])


def test_no_answer_can_add_a_header_to_the_mail(client: FlaskClient, outbox_rows: Rows, computers: dict[str, Computer]) -> None:
    injected = "x\r\nBcc: spy@evil.example\r\n\r\n"

    send(client, **dict.fromkeys(("reach", "name", "when", "message"), injected))

    mail = email.message_from_bytes(outbox_rows()[0]["mail"])
    inner = email.message_from_bytes(computers["anna"].opens(outbox_rows()[0]["mail"]) or b"")
    assert mail["Bcc"] is inner["Bcc"] is None
    assert b"evil" not in outbox_rows()[0]["mail"]


def test_every_value_fits_its_column(client: FlaskClient, outbox_rows: Rows, state: Path) -> None:
    """SQLite does not look at lengths; PostgreSQL refuses what is longer than it was told."""
    send(client, role="raadslid")
    connection = sqlite3.connect(state / "outbox.sqlite")
    lengths = {
        name: int(kind[8:-1]) for _, name, kind, *_rest in connection.execute("PRAGMA table_info(outbox)") if "VARCHAR" in kind
    }
    connection.close()

    longest_adviser, longest_address = 80, 254
    for row in outbox_rows():
        assert len(row["id"]) - len(row["adviser"]) + longest_adviser <= lengths["id"]
        assert len(row["reference"]) <= lengths["reference"]
    assert longest_adviser <= lengths["adviser"]
    assert longest_address <= lengths["address"]


# --- Start ---


def test_a_service_without_a_site_does_not_start(settings: WebSettings, tmp_path: Path) -> None:
    with pytest.raises(SiteInvalid):
        create_app(replace(settings, site=tmp_path / "nowhere"))


def test_a_service_without_advisers_does_not_start(settings: WebSettings, tmp_path: Path) -> None:
    with pytest.raises(AdvisersInvalid):
        create_app(replace(settings, advisers=tmp_path / "nowhere"))


def test_a_service_without_an_outbox_does_not_start(settings: WebSettings) -> None:
    with pytest.raises(OutboxUnavailable):
        create_app(replace(settings, outbox="sqlite:////nowhere/at/all.sqlite"))


def test_a_bad_key_is_named_when_the_service_starts(
    closed_to_mayors: WebSettings, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    start(closed_to_mayors)

    key, association = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert "of dora: De sleutel is verlopen op 31-12-2020." in key
    assert association.startswith("no adviser of Vereniging van burgemeester has a usable key: the form is closed")


def test_a_page_that_names_the_configuration_is_not_run_as_a_template(client: FlaskClient) -> None:
    response = client.get("/contact/")

    assert "{{ config }}" in response.text
    assert "secret-of-the-tests" not in response.text


def test_a_refused_post_says_what_is_wrong_only_once(client: FlaskClient) -> None:
    assert len(errors_in(send(client, role="", token=""))) == 2

"""The page behind the link in a mail: only its button says "I have it", whoever follows the link."""

import logging
import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from contact_service.outbox.outbox import OutboxUnavailable
from contact_service.settings.config import WebSettings
from tests.conftest import HOST, Computer
from tests.support.form_page import send, soup
from tests.support.mails import CODE

Rows = Callable[[], list[sqlite3.Row]]


@pytest.fixture
def link(client: FlaskClient, outbox_rows: Rows, computers: dict[str, Computer]) -> str:
    """The link in a councillor's message, as Bert's mail program shows it."""
    return sent_link(client, outbox_rows, computers)


def sent_link(client: FlaskClient, outbox_rows: Rows, computers: dict[str, Computer], **fields: str) -> str:
    send(client, role="raadslid", **fields)
    return links(outbox_rows, computers)[-1]


def links(outbox_rows: Rows, computers: dict[str, Computer]) -> list[str]:
    """The links in Bert's mails."""
    found = []
    for row in outbox_rows():
        if row["adviser"] == "bert" and row["kind"] == "submission":
            text = (computers["bert"].opens(row["mail"]) or b"").decode().replace("\r\n", "\n")
            found.append(re.search(r"^Ik heb dit bericht: (\S+)$", text, re.MULTILINE)[1])
    return found


def path_of(link: str) -> str:
    assert link.startswith(f"https://{HOST}/gelezen/")
    return link.removeprefix(f"https://{HOST}")


def press(client: FlaskClient, path: str, **more: Any) -> TestResponse:
    """Press the button of the page, as a browser without JavaScript does."""
    page = soup(client.get(path))
    [form] = page.select("form[method=post]")
    button = form.select_one("button")
    assert form["action"] == ""
    return client.post(path, data={button["name"]: button["value"]}, **more)


def heading(response: TestResponse) -> str:
    return soup(response).h1.get_text()


def states(outbox_rows: Rows) -> set[str]:
    return {row["state"] for row in outbox_rows() if row["kind"] == "submission"}


def test_the_link_shows_the_reference_and_a_button_and_following_it_changes_nothing(
    client: FlaskClient, link: str, outbox_rows: Rows
) -> None:
    before = [tuple(row) for row in outbox_rows()]

    for ask in (client.get, client.head, client.get):
        response = ask(path_of(link))
        assert response.status_code == 200

    assert soup(response).select_one(".reference").get_text() == outbox_rows()[0]["reference"]
    assert soup(response).select_one("button").get_text() == "Ik heb dit bericht"
    assert [tuple(row) for row in outbox_rows()] == before


def test_the_button_erases_the_message_and_whoever_comes_later_is_told(
    client: FlaskClient, link: str, outbox_rows: Rows
) -> None:
    assert heading(press(client, path_of(link))) == "Dank u. U hebt dit bericht."

    assert [row["mail"] for row in outbox_rows() if row["kind"] == "submission"] == [b"", b""]
    for response in (client.get(path_of(link)), client.post(path_of(link), data={"have": "yes"})):
        assert (response.status_code, heading(response)) == (200, "Iemand heeft dit bericht al")
        assert not soup(response).select("form")


def test_the_other_advisers_get_a_mail_with_the_reference_and_nothing_else(
    client: FlaskClient, link: str, outbox_rows: Rows
) -> None:
    press(client, path_of(link))
    client.post(path_of(link), data={"have": "yes"})

    notices = {row["address"]: row["mail"].decode() for row in outbox_rows() if row["kind"] == "notice"}
    assert notices.keys() == {"bert@advies.example", "cora@advies.example"}
    reference = outbox_rows()[0]["reference"]
    for text in notices.values():
        assert f"Subject: Bericht {reference}: iemand heeft het" in text
        assert not re.search("raadslid|gelezen/|06-12345678|PGP", text)


def test_one_adviser_alone_hears_nothing_more(client: FlaskClient, outbox_rows: Rows, computers: dict[str, Computer]) -> None:
    send(client, role="burgemeester")
    text = (computers["anna"].opens(outbox_rows()[0]["mail"]) or b"").decode()

    press(client, "/gelezen/" + re.search("gelezen/([0-9a-f]{32})", text)[1])

    assert [row["kind"] for row in outbox_rows()] == ["submission"]


@pytest.mark.parametrize(
    "behind",
    [
        ".",
        ").",
        ">",
        "%3E",
        ",",
        "/",
        "%20",
        "?x=1",
        ";",
        "%22",
        "%E2%80%9D",
        "%253E",
        "]",
        "*",
        "_",
        "%C2%A0",
        "%0D%0ABeantwoord",
    ]
    + [
        "&utm_source=mail",
        "%26data=05%7C02",
        "?utm_source=mail&fbclid=1",
        "=20",
        "=3D",
        "%3D%0D%0A",
        "%E2%80%A6",
        "%00",
        "%FF",
        "'",
    ],
)
def test_what_a_mail_program_takes_for_part_of_the_link_does_no_harm(client: FlaskClient, link: str, behind: str) -> None:
    assert press(client, path_of(link) + behind).status_code == 200
    assert heading(client.get(path_of(link))) == "Iemand heeft dit bericht al"


@pytest.mark.parametrize("before", ["%20", "%3C", "<", "%22", "%0D%0A", "=%0A", "_", "%E2%80%8B", "(", "%253C", "=3D"])
def test_what_a_mail_program_puts_before_the_code_does_no_harm(client: FlaskClient, link: str, before: str) -> None:
    response = press(client, path_of(link).replace("/gelezen/", f"/gelezen/{before}"), follow_redirects=True)

    assert heading(response) == "Dank u. U hebt dit bericht."


@pytest.mark.parametrize("before", ["/", "%2F", "//"])
def test_a_slash_too_many_leads_to_the_page_and_never_over_a_line_without_tls(
    client: FlaskClient, link: str, before: str
) -> None:
    path = path_of(link)
    response = client.get(path.replace("/gelezen/", f"/gelezen/{before}"))

    assert (response.status_code, response.headers["Location"]) == (308, path)


@pytest.mark.parametrize("within", ["%0D%0A", "%20", "=%0A", "=3D%0A", "%C2%AD", "%E2%80%8B", "-%0A", "+", "%0A%3E%20", "."])
def test_a_code_that_a_mail_program_broke_in_two_works(client: FlaskClient, link: str, within: str) -> None:
    path = path_of(link)

    assert heading(press(client, f"{path[:20]}{within}{path[20:]}.")) == "Dank u. U hebt dit bericht."


@pytest.mark.parametrize("data", [{"x": "1"}, {"havent": "yes"}])
def test_whoever_posts_without_the_button_changes_nothing(
    client: FlaskClient, link: str, outbox_rows: Rows, data: dict[str, str]
) -> None:
    assert heading(client.post(path_of(link), data=data)) == "Hebt u dit bericht?"
    assert client.post(f"{path_of(link)}?have=yes", data=data).status_code == 200

    assert states(outbox_rows) == {"waiting"}


@pytest.mark.parametrize("method", ["OPTIONS", "HEAD", "PUT", "DELETE", "PATCH", "PROPFIND", "TRACE"])
def test_no_other_way_of_asking_changes_anything(client: FlaskClient, link: str, outbox_rows: Rows, method: str) -> None:
    response = client.open(path_of(link), method=method, data={"have": "yes"} if method != "HEAD" else None)

    assert response.status_code in (200, 405)
    assert states(outbox_rows) == {"waiting"}


def test_a_link_in_capitals_works(client: FlaskClient, link: str) -> None:
    path = path_of(link)

    assert press(client, path[:9] + path[9:].upper()).status_code == 200


@pytest.mark.parametrize("how", ["cut", "longer", "another", "letters", "empty sum", "markup", "path", "long", "nul"])
def test_a_wrong_code_gets_a_friendly_page_and_changes_nothing(
    client: FlaskClient, link: str, outbox_rows: Rows, how: str
) -> None:
    path = path_of(link)
    wrong = {
        "cut": path[:-1],
        "longer": path + "0",
        "another": "/gelezen/" + "0" * 32,
        "letters": "/gelezen/x",
        "empty sum": "/gelezen/" + CODE,
        "markup": "/gelezen/<script>alert(1)</script>",
        "path": "/gelezen/../../etc/passwd",
        "long": "/gelezen/" + "a" * 5000,
        "nul": "/gelezen/%00%ff",
    }[how]
    before = [tuple(row) for row in outbox_rows()]

    for response in (client.get(wrong), client.post(wrong, data={"have": "yes"})):
        assert response.status_code == 404
        assert how == "path" or heading(response) == "Deze link werkt niet"
        assert "<script>alert" not in response.text
    assert [tuple(row) for row in outbox_rows()] == before


def test_both_languages_have_the_page_and_lead_to_each_other_with_the_code(client: FlaskClient, link: str) -> None:
    path = path_of(link)
    dutch, english = soup(client.get(path)), soup(client.get(f"/en{path}"))

    assert (dutch.html["lang"], english.html["lang"]) == ("nl", "en")
    assert english.select_one("button").get_text() == "I have this message"
    assert dutch.footer.a["href"] == f"../en{path}"
    assert english.footer.a["href"] == f"../..{path}"
    assert heading(press(client, f"/en{path}")) == "Thank you. You have this message."


def test_the_page_asks_for_no_account_cookie_name_or_script(client: FlaskClient, link: str) -> None:
    response = client.get(path_of(link))

    page = soup(response)
    assert not page.select("input, select, textarea, main script")
    assert "Set-Cookie" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_the_link_works_after_a_restart_with_another_form_secret(
    start: Callable[[WebSettings], FlaskClient], settings: WebSettings, outbox_rows: Rows, computers: dict[str, Computer]
) -> None:
    before = start(settings)
    link = sent_link(before, outbox_rows, computers)

    after = start(replace(settings, secret_key="another-" + settings.secret_key))

    assert press(after, path_of(link)).status_code == 200


def test_a_link_of_another_installation_opens_nothing_here(
    client: FlaskClient, link: str, outbox_rows: Rows, state: Path
) -> None:
    with sqlite3.connect(state / "outbox.sqlite") as connection:
        connection.execute("UPDATE outbox SET code = ?", (CODE,))
    connection.close()

    assert client.post(path_of(link), data={"have": "yes"}).status_code == 404
    assert states(outbox_rows) == {"waiting"}


def test_an_edited_form_is_opened_for_itself(client: FlaskClient, outbox_rows: Rows, computers: dict[str, Computer]) -> None:
    form = soup(client.get("/contact/"))
    token = form.select_one("[name=token]")["value"]
    for message in ("Help.", "Help. Er staat iemand aan de deur."):
        data = {"token": token, "role": "raadslid", "reach": "06-12345678", "message": message}
        assert client.post("/contact/", data=data).status_code == 200
    one, other = links(outbox_rows, computers)
    assert one != other

    press(client, path_of(one))

    assert states(outbox_rows) == {"opened", "waiting"}


def test_no_log_holds_a_code_or_a_path(client: FlaskClient, link: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    press(client, path_of(link))
    client.get("/gelezen/" + "0" * 32)
    client.post(path_of(link), content_type="text/plain", data="x")

    assert "is opened" in caplog.text
    assert path_of(link)[9:] not in caplog.text and "0" * 32 not in caplog.text and "gelezen" not in caplog.text


def test_what_is_kept_of_a_code_does_not_open_anything(client: FlaskClient, link: str, outbox_rows: Rows) -> None:
    code = path_of(link)[9:]
    for row in outbox_rows():
        for value in tuple(row):
            assert code not in (value.decode("latin-1") if isinstance(value, bytes) else str(value))
    stored = outbox_rows()[0]["code"]

    for guess in (stored[:32], stored[32:], stored, outbox_rows()[0]["id"]):
        assert client.post(f"/gelezen/{guess}", data={"have": "yes"}).status_code == 404


def test_an_outbox_that_is_away_is_told_and_nothing_is_promised(
    client: FlaskClient, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise OutboxUnavailable("sqlite: OperationalError")

    for name in ("find", "open"):
        monkeypatch.setattr(f"contact_service.web.opened.Kept.{name}", away)

    for response in (client.get(path_of(link)), client.post(path_of(link), data={"have": "yes"})):
        assert (response.status_code, heading(response)) == (503, "Dit lukt op dit moment niet")

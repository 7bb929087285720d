"""The form and its token: what is refused, what is said about it, and that typed text always comes back."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from contact_service.mail.submission import MAX_LINE_CHARACTERS, MAX_MESSAGE_CHARACTERS, MAX_REACH_CHARACTERS, ROLES, TOPICS
from contact_service.settings.config import WebSettings
from contact_service.web.form_token import TOKEN_LIFETIME_SECONDS
from editorial.check.rules.markup import OF_THE_FORM
from tests.support.form_page import ANSWERS, CONTACT, errors_in, send, soup, token_in, token_of_age, typed_in

OT_LINK = '<a href="tel:+31703738314">070-3738314</a>'

Start = Callable[[WebSettings], FlaskClient]
Rows = Callable[[], list[object]]
AGAIN = {
    "nl": "Uw bericht is nog niet verstuurd, maar uw tekst staat er nog. Verstuur het opnieuw.",
    "en": "Your message has not been sent yet, but your text is still here. Please send it again.",
}

REFUSED = {
    "no role": ({"role": None}, "Wat is uw functie? Kies uw functie.", "What is your role? Choose your role."),
    "unknown role": ({"role": "keizer"}, "Wat is uw functie? Kies uw functie.", "What is your role? Choose your role."),
    "no way to answer": (
        {"reach": " \n "},
        "Hoe kunnen wij u veilig bereiken? Vul in hoe wij u veilig kunnen bereiken: een telefoonnummer of een mailadres.",
        "How can we reach you safely? Fill in how we can reach you safely: a phone number or an email address.",
    ),
    "unknown topic": (
        {"topic": "weer"},
        "Waar gaat het over? Kies een onderwerp uit de lijst, of kies niets.",
        "What is it about? Choose a topic from the list, or leave it blank.",
    ),
    "one character too many": (
        {"message": "€" * 5001},
        "Wat wilt u ons vertellen? Maak dit 1 teken korter.",
        "What would you like to say? Make this 1 character shorter.",
    ),
    "a message of 100 KB": (
        {"message": "a" * 100_000},
        "Wat wilt u ons vertellen? Maak dit 95000 tekens korter.",
        "What would you like to say? Make this 95000 characters shorter.",
    ),
    "a long name": ({"name": "n" * 202}, "Uw naam Maak dit 2 tekens korter.", "Your name Make this 2 characters shorter."),
    "no token": ({"token": None}, AGAIN["nl"], AGAIN["en"]),
    "empty token": ({"token": ""}, AGAIN["nl"], AGAIN["en"]),
    "forged token": ({"token": "IjAxMjM0NTY3ODlhYmNkZWYi.aSQ.x" * 3}, AGAIN["nl"], AGAIN["en"]),
    "token of other signs": ({"token": "\x00é🙏.."}, AGAIN["nl"], AGAIN["en"]),
    "honeypot": (
        {"website": "https://spam.example"},
        "Er stond iets in het veld dat leeg moet blijven, misschien ingevuld door uw browser. Uw bericht is nog niet "
        "verstuurd. Wacht een minuut en verstuur het opnieuw.",
        "Something stood in the field that must stay empty, perhaps put there by your browser. Your message has not been sent "
        "yet. Wait a minute and send it again.",
    ),
}


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(("bad", "dutch", "english"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_named_in_the_readers_language_and_nothing_typed_is_lost(
    bad: dict[str, str], dutch: str, english: str, language: str, client: FlaskClient, outbox_rows: Rows
) -> None:
    response = send(client, language, **bad)

    assert response.status_code == 400
    assert errors_in(response) == [{"nl": dutch, "en": english}[language]]
    assert typed_in(response) == {
        name: (bad.get(name, answer) or "" if bad.get(name, answer) not in ("keizer", "weer") else "")
        for name, answer in ANSWERS.items()
    }
    assert not outbox_rows()


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_fault_links_to_its_field(language: str, client: FlaskClient) -> None:
    too_long = "x" * 5001

    page = soup(
        send(client, language, role="", reach="", name=too_long, when=too_long, message=too_long, topic="weer", token="")
    )

    targets = [link["href"] for link in page.select(".error-summary li a")]
    assert targets == ["#role-0", "#reach", "#name", "#when", "#topic", "#message", "#send"]
    for target in targets:
        assert page.select_one(target)
    for field in page.select("[aria-invalid]"):
        for described_by in field["aria-describedby"].split():
            assert page.select_one(f"#{described_by}"), described_by


def test_an_empty_post_is_answered_as_an_empty_form(client: FlaskClient) -> None:
    response = client.post("/contact/", data="", content_type="application/x-www-form-urlencoded")

    assert response.status_code == 400
    assert len(errors_in(response)) == 3


def test_fields_that_come_twice_or_too_many_do_no_harm(client: FlaskClient, outbox_rows: Rows) -> None:
    token = token_in(client.get("/contact/"))
    twice = {name: [answer, answer] for name, answer in {**ANSWERS, "token": token}.items()}

    response = client.post("/contact/", data={**twice, "extra": "x"})

    assert response.status_code == 200
    assert len(outbox_rows()) == 1


@pytest.mark.parametrize("roles", [["anders", "raadslid"], ["", "burgemeester", "wethouder"], ["raadslid\nanders"]])
def test_two_roles_are_no_choice(roles: list[str], client: FlaskClient, outbox_rows: Rows) -> None:
    response = client.post("/contact/", data={**ANSWERS, "role": roles, "token": token_in(client.get("/contact/"))})

    assert errors_in(response) == ["Wat is uw functie? Kies uw functie."]
    assert typed_in(response) == {**ANSWERS, "role": ""}
    assert not outbox_rows()


def test_a_program_that_sends_the_choice_for_nobody_along_has_chosen(client: FlaskClient, outbox_rows: Rows) -> None:
    response = client.post("/contact/", data={**ANSWERS, "role": ["", "raadslid"], "token": token_in(client.get("/contact/"))})

    assert response.status_code == 200 and len(outbox_rows()) == 2


def test_of_a_text_that_comes_in_two_fields_both_are_kept(client: FlaskClient) -> None:
    texts = {"message": ["eerst", "toen"], "reach": ["", "06-12345678"], "name": ["Jo", "Jo"]}

    answers = typed_in(client.post("/contact/", data={**ANSWERS, **texts, "role": ""}))

    assert (answers["message"], answers["reach"], answers["name"]) == ("eerst\ntoen", "06-12345678", "Jo")


LIMITS = {"message": MAX_MESSAGE_CHARACTERS, "reach": MAX_REACH_CHARACTERS, "name": MAX_LINE_CHARACTERS, "when": 200}


@pytest.mark.parametrize("fill", ["€", "🙏", "\n🙏", "\r\n🙏"])
def test_an_answer_of_exactly_the_largest_length_is_accepted(fill: str, client: FlaskClient, outbox_rows: Rows) -> None:
    visible_length = len(fill.replace("\r\n", "\n"))

    response = send(client, **{name: fill * (limit // visible_length) for name, limit in LIMITS.items()})

    assert response.status_code == 200
    assert len(outbox_rows()) == 1


@pytest.mark.parametrize("role", ROLES)
def test_every_role_can_send(role: str, client: FlaskClient, outbox_rows: Rows) -> None:
    assert send(client, role=role).status_code == 200
    assert len(outbox_rows()) == (2 if role == "raadslid" else 1)


def test_only_a_role_and_a_way_to_answer_are_needed(client: FlaskClient) -> None:
    response = send(client, name=None, when=None, voicemail=None, topic=None, message=None)

    assert response.status_code == 200


def test_the_form_asks_for_exactly_these_fields(client: FlaskClient) -> None:
    page = soup(client.get("/contact/"))

    names = {field["name"] for field in page.select("[name]")}
    assert names == {"role", "reach", "name", "when", "voicemail", "topic", "message", "token", "website"}
    roles = [choice["value"] for choice in page.select("input[name=role]:not([hidden])")]
    assert [role.rstrip(".") for role in roles] == list(ROLES)
    assert len({len(role) for role in roles}) == 1
    assert [option["value"] for option in page.select("select[name=topic] option")] == ["", *TOPICS]
    assert {field["name"]: int(field["data-limit"]) for field in page.select("[data-limit]")} == LIMITS
    for field in page.select("input:not([type=hidden], [hidden]), select, textarea"):
        assert page.select_one(f"label[for={field['id']}]"), field


def test_a_submission_has_one_reference_however_often_it_is_sent(client: FlaskClient, outbox_rows: Rows) -> None:
    token = token_in(client.get("/contact/"))

    answers = [send(client, token=token) for _ in range(3)]

    assert len({soup(answer).select_one(".reference").text for answer in answers}) == 1
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len(outbox_rows()) == 1


def test_words_that_are_added_to_a_sent_form_are_sent_too(client: FlaskClient, outbox_rows: Rows) -> None:
    token = token_in(client.get("/contact/"))
    send(client, token=token)

    response = send(client, token=token, message="En nu staan ze voor de deur.")

    assert response.status_code == 200
    assert len(outbox_rows()) == 2


def test_a_token_lasts_twelve_hours(client: FlaskClient, app: Flask) -> None:
    assert send(client, token=token_of_age(app, TOKEN_LIFETIME_SECONDS - 60)).status_code == 200


def test_an_expired_token_is_replaced_and_the_text_goes_out_with_the_new_one(
    client: FlaskClient, app: Flask, outbox_rows: Rows
) -> None:
    expired = token_of_age(app, TOKEN_LIFETIME_SECONDS + 60)

    refused = send(client, token=expired)
    accepted = client.post("/contact/", data={**typed_in(refused), "token": token_in(refused)})

    assert refused.status_code == 400
    assert errors_in(refused) == [AGAIN["nl"]]
    assert accepted.status_code == 200
    assert len(outbox_rows()) == 1


def test_a_token_from_the_future_is_refused(client: FlaskClient, app: Flask) -> None:
    assert send(client, token=token_of_age(app, -3600)).status_code == 400


def test_a_token_of_another_service_is_refused(start: Start, settings: WebSettings, client: FlaskClient) -> None:
    elsewhere = start(replace(settings, secret_key="another-secret-of-more-than-32-characters"))

    assert send(client, token=token_in(elsewhere.get("/contact/"))).status_code == 400


def test_a_form_that_comes_back_too_fast_is_shown_again_and_keeps_its_token(start: Start, settings: WebSettings) -> None:
    client = start(replace(settings, minimum_fill_seconds=2))
    token = token_in(client.get("/contact/"))

    refused = send(client, token=token)

    assert refused.status_code == 400
    assert token_in(refused) == token
    assert typed_in(refused) == ANSWERS
    assert send(client, token=token_of_age(client.application, 3)).status_code == 200


def test_a_form_with_a_fault_keeps_its_token(client: FlaskClient) -> None:
    token = token_in(client.get("/contact/"))

    assert token_in(send(client, token=token, reach="")) == token


def test_a_browser_that_fills_the_honeypot_each_time_gets_through_with_patience(client: FlaskClient, app: Flask) -> None:
    refused = send(client, website="x")
    assert refused.status_code == 400 and OT_LINK in soup(refused).select_one(".error-summary").decode()

    assert send(client, website="x", token=token_of_age(app, 61)).status_code == 200


def test_no_role_is_chosen_for_anybody(client: FlaskClient) -> None:
    first, *shown = soup(client.get("/contact/")).select("input[name=role]")

    # Lynx checks the first button of a group that has none checked.
    assert first["value"] == "" and first.has_attr("hidden") and not any(choice.has_attr("checked") for choice in shown)
    assert send(client, role="").status_code == 400


QUIET = {
    "autocomplete": "off", "spellcheck": "false", "autocorrect": "off", "autocapitalize": "off", "writingsuggestions": "false",
    "translate": "no", "data-1p-ignore": "", "data-bwignore": "", "data-lpignore": "true", "data-form-type": "other",
    "data-protonpass-ignore": "true", "data-gramm": "false", "data-enable-grammarly": "false", "data-lt-active": "false",
    "data-ms-editor": "false",
}  # fmt: skip


@pytest.mark.parametrize("language", ["nl", "en"])
def test_no_field_offers_what_is_typed_to_a_service_of_the_browser(language: str, client: FlaskClient) -> None:
    typed = "input:not([type=hidden], [type=radio], [type=checkbox]), textarea, select"
    fields = soup(send(client, language, reach="")).select(typed)

    assert len(fields) == 6
    assert [field["name"] for field in fields if QUIET.items() - field.attrs.items()] == []


@pytest.mark.parametrize(
    ("language", "words"), [("nl", ["Ga niet terug", "één bericht"]), ("en", ["Do not go back", "one message"])]
)
def test_without_scripts_the_form_says_what_would_lose_the_text(language: str, words: list[str], client: FlaskClient) -> None:
    told = soup(client.get(CONTACT[language])).select("form .unscripted")

    assert [word in text.get_text() for word, text in zip(words, told, strict=True)] == [True, True]


def test_a_browser_that_filled_the_honeypot_can_send_the_form_again(client: FlaskClient) -> None:
    refused = send(client, website="x")

    assert soup(refused).select_one("input[name=website]")["value"] == ""
    assert send(client, token=token_in(refused)).status_code == 200


@pytest.mark.parametrize(
    ("came_from", "status"),
    [("same-origin", 200), ("none", 200), ("same-site", 400), ("cross-site", 400), ("", 200), ("from-a-later-standard", 200)],
)
def test_a_form_from_another_site_is_refused(came_from: str, status: int, client: FlaskClient) -> None:
    fields = {**ANSWERS, "token": token_in(client.get("/contact/"))}

    response = client.post("/contact/", data=fields, headers={"Sec-Fetch-Site": came_from})

    assert response.status_code == status
    assert status == 200 or typed_in(response) == ANSWERS


def test_every_form_that_is_opened_has_a_token_of_its_own(client: FlaskClient) -> None:
    assert token_in(client.get("/contact/")) != token_in(client.get("/contact/"))


NASTY = {
    "markup": "<script>alert(1)</script></textarea><b>&amp;",
    "template": "{{ config }} {% raw %}",
    "quotes": "'\"><img src=x>",
    "right to left": "\u202eabc\u2066",
    "leading line break": "\n\nx",
    "controls": "a\x00b\x1b[2J",
    "header": "x\r\nBcc: y@z.example",
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_nasty_text_is_shown_again_as_text(text: str, client: FlaskClient) -> None:
    shown = send(client, message=text, name=text, role="")

    page = soup(shown)
    expected = text.replace("\r\n", "\n").replace("\x00", "␀").replace("\x1b", "␛")
    assert shown.text.count("<textarea") == 1
    assert page.select_one("textarea").text.removeprefix("\n") == expected
    assert page.select_one("input[name=name]")["value"] == expected
    assert not page.select("script, img, b")


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_nasty_text_is_accepted(text: str, client: FlaskClient) -> None:
    assert send(client, **dict.fromkeys(("message", "name", "when", "reach"), text)).status_code == 200


def test_bytes_that_are_no_text_are_answered_with_the_form(client: FlaskClient) -> None:
    body = b"role=anders&reach=%ff%fe%00&message=%c3%28&token=%80"

    response = client.post("/contact/", data=body, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 400
    assert typed_in(response)["reach"] == "%FF%FE␀"


def test_no_heading_of_the_page_may_have_the_name_of_a_part_of_the_form(client: FlaskClient) -> None:
    page = soup(send(client, role=None, reach=None, message="w" * 5001))
    names = {part["id"] for part in page.select(".form [id], .error-summary [id]")}

    assert {"role-0", "role-error", "message-hint", "way", "send"} <= names
    assert [name for name in names if not OF_THE_FORM.fullmatch(name)] == []


@pytest.mark.parametrize("address", CONTACT.values())
def test_the_form_posts_to_its_own_address(address: str, client: FlaskClient) -> None:
    form = soup(client.get(address)).select_one("form")

    assert (form["method"], form["accept-charset"]) == ("post", ["utf-8"])
    assert urlsplit(urljoin(address, form["action"])).path == address

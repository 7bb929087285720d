"""The form that is shown first is kept, and yet for each reader and at each moment what rendering it anew would give."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from markupsafe import escape
from werkzeug.test import TestResponse

from contact_service.keys.keyring import Keyring
from contact_service.mail.submission import ROLES
from contact_service.web.intake import Intake
from tests.support.form_page import CONTACT, soup, token_in


def nonce_in(answer: TestResponse, app: Flask) -> str:
    return str(URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="form token").loads(token_in(answer)))


def blanks_in(answer: TestResponse) -> Any:
    return json.loads(str(soup(answer).select_one("form[data-blanks]")["data-blanks"]))


def intake_of(client: FlaskClient) -> Intake:
    return client.application.view_functions["contact_nl"].__self__._intake


@pytest.mark.parametrize("language", CONTACT)
def test_each_reader_gets_a_token_and_blanks_of_his_own_and_all_else_is_the_same(
    language: str, client: FlaskClient, app: Flask
) -> None:
    shown = [client.get(CONTACT[language]) for _ in range(3)]

    assert len({token_in(answer) for answer in shown}) == 3
    bare = set()
    for answer in shown:
        nonce = nonce_in(answer, app)
        # As JSON has it: lists where Python has tuples.
        wanted = json.loads(json.dumps(intake_of(client).blanks(nonce)))
        assert blanks_in(answer) == wanted
        parts = (token_in(answer), nonce, wanted["reference"], wanted["entity"].split('boundary="')[1].split('"')[0])
        text = answer.text
        for part in parts:
            assert part in text
            text = text.replace(part, "")
        bare.add(text)
    assert len(bare) == 1


def test_both_languages_keep_their_own_page(client: FlaskClient) -> None:
    pages = [client.get(CONTACT[language]).text for language in ("nl", "en", "nl", "en")]

    assert ['lang="nl"' in page for page in pages] == [True, False, True, False]


def test_a_role_closes_on_the_page_that_was_kept_as_soon_as_its_key_expires(client: FlaskClient) -> None:
    keyring: Keyring = intake_of(client).keyring
    before = client.get(CONTACT["nl"])
    kept = keyring.verdicts

    keyring.verdicts = [replace(verdict, usable_until=datetime.now(UTC)) for verdict in kept]
    try:
        closed = client.get(CONTACT["nl"])
    finally:
        keyring.verdicts = kept

    assert not soup(before).select("input[name=role][disabled]") and blanks_in(before)["readers"]
    assert len(soup(closed).select("input[name=role][disabled]")) == 5 and not blanks_in(closed)["readers"]
    assert not soup(client.get(CONTACT["nl"])).select("input[name=role][disabled]")


def test_the_page_that_was_kept_says_so_when_mail_comes_late(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    notice = intake_of(client).notice
    assert not soup(client.get(CONTACT["nl"])).select(".notice.late")

    monkeypatch.setattr(notice, "_text", "late")

    assert soup(client.get(CONTACT["nl"])).select(".notice.late")


def test_a_form_that_was_kept_and_one_that_comes_back_offer_the_same_keys(client: FlaskClient) -> None:
    first = client.get(CONTACT["nl"])
    back = client.post(CONTACT["nl"], data={"token": token_in(first)})

    assert back.status_code == 400
    assert blanks_in(back) == blanks_in(first)


@pytest.mark.parametrize("language", CONTACT)
def test_the_answer_that_was_kept_names_each_readers_own_reference_and_association(language: str, client: FlaskClient) -> None:
    facts = client.application.view_functions["contact_nl"].__self__._site.facts
    for role in ROLES:
        form = client.get(CONTACT[language])
        answer = client.post(CONTACT[language], data={"token": token_in(form), "role": role, "reach": "06 12 34 56 78"})
        [reference] = soup(answer).select(".reference")

        assert reference.text == blanks_in(form)["reference"]
        assert answer.text.count(reference.text) == 1 and " ".join(reference.text.replace("-", "")) in answer.text
        assert escape(facts.associations[language][role]) in soup(answer).select_one("main").decode()

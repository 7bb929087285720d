"""When very many messages come in: a proof of work or a minute's patience gets a person through, and nothing typed is lost."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from altcha import Challenge, Payload, solve_challenge
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from contact_service.mail.receipt import Receipt
from contact_service.settings.config import WebSettings
from contact_service.web import proof
from contact_service.web.limits import PATIENCE_SECONDS
from contact_service.web.proof import Proofs
from tests.conftest import SECRET_KEY
from tests.support.form_page import CONTACT, send, soup, token_in, token_of_age, typed_in

RECEIPT = Receipt.of("0123456789abcdef0123456789abcdef", b"Ik word bedreigd.")


@pytest.fixture(autouse=True)
def quick_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "ROUNDS", 10)


@pytest.fixture
def flooded(start: Any, settings: WebSettings) -> FlaskClient:
    """A service whose mayors' adviser has got half of what may come without work."""
    client = start(replace(settings, allowance="9/hour,2/hour,100/hour"))
    assert send(client, message="bericht van een ander").status_code == 200
    return client


def challenge_in(response: TestResponse) -> dict[str, Any] | None:
    asked = soup(response).select_one("input[name=proof]")
    return json.loads(asked["data-challenge"]) if asked else None


def solved(challenge: dict[str, Any] | None) -> str:
    asked = Challenge.from_dict(challenge)
    return Payload(asked, solve_challenge(asked)).to_base64()


def test_without_pressure_a_reader_gets_no_byte_of_it(client: FlaskClient) -> None:
    for page in (client.get("/contact/"), send(client, role="")):
        assert "proof" not in page.text
        assert "challenge" not in page.text


@pytest.mark.parametrize(("language", "words"), [("nl", "nog niet ontvangen"), ("en", "not been received yet")])
def test_under_pressure_the_text_comes_back_with_a_way_on_and_the_phone_number(
    language: str, words: str, flooded: FlaskClient
) -> None:
    answer = send(flooded, language, message="Mijn hele verhaal")

    assert answer.status_code == 429
    summary = soup(answer).select_one(".error-summary")
    assert words in summary.text
    assert "1 minu" in summary.text
    assert "tel:+31" in str(summary)
    assert typed_in(answer)["message"] == "Mijn hele verhaal"
    assert not summary.select("ul")


def test_a_proof_gets_a_message_through_as_often_as_there_are_people(flooded: FlaskClient, outbox_rows: Any) -> None:
    for number in range(4):
        message = f"verhaal {number}"
        asked = send(flooded, message=message)
        assert asked.status_code == 429
        answer = send(flooded, message=message, token=token_in(asked), proof=solved(challenge_in(asked)))
        assert answer.status_code == 200
    assert len(outbox_rows()) == 5


def test_a_proof_is_good_for_one_message_and_one_form(flooded: FlaskClient, outbox_rows: Any) -> None:
    asked = send(flooded, message="een")
    spent = solved(challenge_in(asked))
    assert send(flooded, message="een", token=token_in(asked), proof=spent).status_code == 200

    assert send(flooded, message="twee", token=token_in(asked), proof=spent).status_code == 429
    assert send(flooded, message="een", proof=spent).status_code == 429
    assert len(outbox_rows()) == 2


def test_patience_gets_a_message_through_without_javascript(flooded: FlaskClient) -> None:
    fresh, old = (token_of_age(flooded.application, PATIENCE_SECONDS + seconds) for seconds in (-10, 1))
    assert send(flooded, token=fresh).status_code == 429
    # The same form, its text corrected while its writer waited.
    assert send(flooded, token=old, message="Nog iets erbij").status_code == 200


def test_patience_is_good_for_one_text(start: Any, settings: WebSettings, outbox_rows: Any) -> None:
    client = start(replace(settings, allowance="90/hour,40/hour,100/hour"))
    token = token_of_age(client.application, PATIENCE_SECONDS + 1)
    answers = [send(client, token=token, message=f"tekst {number}") for number in range(30)]
    assert [answer.status_code for answer in answers] == [200] * 21 + [429] * 9
    assert "1 minuut" in soup(answers[-1]).select_one(".error-summary").text
    # It was received, and a reload says so.
    assert send(client, token=token, message="tekst 20").status_code == 200
    assert len(outbox_rows()) == 21


def test_past_the_limits_patience_does_not_help_and_a_proof_still_does(start: Any, settings: WebSettings) -> None:
    for allowance in ("2/hour,90/hour,90/hour", "90/hour,2/hour,90/hour", "90/hour,90/hour,2/hour"):
        client = start(replace(settings, allowance=allowance))
        tokens = [token_of_age(client.application, 90, nonce=f"{number:032x}") for number in range(3)]
        assert [send(client, token=token, message=allowance).status_code for token in tokens] == [200, 200, 429]
        asked = send(client, message=f"nog een {allowance}")
        assert asked.status_code == 429
        answer = send(client, message=f"nog een {allowance}", token=token_in(asked), proof=solved(challenge_in(asked)))
        assert answer.status_code == 200


def test_who_works_takes_no_room_from_those_who_cannot(flooded: FlaskClient) -> None:
    for number in range(5):
        asked = send(flooded, message=f"werk {number}")
        answer = send(flooded, message=f"werk {number}", token=token_in(asked), proof=solved(challenge_in(asked)))
        assert answer.status_code == 200
    assert send(flooded, token=token_of_age(flooded.application, 90)).status_code == 200


def test_what_was_received_before_is_never_refused(start: Any, settings: WebSettings, outbox_rows: Any) -> None:
    client = start(replace(settings, allowance="2/hour,100/hour,100/hour"))
    token = token_in(client.get(CONTACT["nl"]))
    first = send(client, token=token)
    assert [send(client, token=token).status_code for _ in range(3)] == [200] * 3
    assert send(client, message="een te veel").status_code == 429
    reload = send(client, token=token)
    assert reload.status_code == 200
    assert soup(reload).select_one(".reference").text == soup(first).select_one(".reference").text
    assert len(outbox_rows()) == 1


def test_what_was_received_stays_received_when_nothing_more_can_be(
    start: Any, settings: WebSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = start(settings)
    token = token_in(client.get(CONTACT["nl"]))
    assert send(client, token=token).status_code == 200
    intake = client.application.view_functions["contact_nl"].__self__._intake
    monkeypatch.setattr(intake.outbox, "_minimum_free_bytes", 10**18)
    monkeypatch.setattr(intake.keyring, "verdicts", [])
    assert send(client, token=token).status_code == 200
    assert send(client).status_code == 503


FORGERIES = {
    "nothing": "",
    "no base64": "é{",
    "no object": base64.b64encode(b"[]").decode(),
    "a deep nest": base64.b64encode(b"[" * 90_000).decode(),
    "a long number": base64.b64encode(b'{"challenge": ' + b"9" * 5000).decode(),
    "null": base64.b64encode(b'{"challenge": null, "solution": null}').decode(),
    "strange types": base64.b64encode(
        b'{"challenge": {"parameters": {"algorithm": [], "nonce": 1, "salt": {}, "cost": "x", "keySignature": 7}, '
        b'"signature": []}, "solution": {"counter": {}, "derivedKey": []}}'
    ).decode(),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_proof_is_no_proof_and_no_crash(forgery: str, flooded: FlaskClient) -> None:
    assert not Proofs(SECRET_KEY).is_proven(forgery, RECEIPT)
    assert send(flooded, proof=forgery).status_code == 429


@pytest.mark.parametrize("change", [{}, {"cost": 1}, {"keySignature": None}, {"algorithm": "SHA-256"}, {"expiresAt": 9e9}])
def test_a_challenge_that_was_made_easier_is_not_ours(change: dict[str, Any]) -> None:
    challenge = Proofs(SECRET_KEY).challenge(RECEIPT)
    assert Proofs(SECRET_KEY).is_proven(solved(challenge), RECEIPT)

    challenge["parameters"] |= {"keyPrefix": "", **change}

    assert not Proofs(SECRET_KEY).is_proven(solved(challenge), RECEIPT)


def test_a_wrong_answer_an_old_one_and_one_to_anothers_secret_prove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    proofs = Proofs(SECRET_KEY)
    challenge = proofs.challenge(RECEIPT)
    right = json.loads(base64.b64decode(solved(challenge)))
    wrong = {**right, "solution": {**right["solution"], "derivedKey": "00" * 32}}
    assert not proofs.is_proven(base64.b64encode(json.dumps(wrong).encode()).decode(), RECEIPT)
    assert not Proofs(SECRET_KEY[::-1]).is_proven(solved(challenge), RECEIPT)
    monkeypatch.setattr(proof, "LIFETIME_SECONDS", -1)
    assert not proofs.is_proven(solved(proofs.challenge(RECEIPT)), RECEIPT)

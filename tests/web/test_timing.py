"""The time of an answer tells nothing that its text does not: which part of a token was wrong, or whom the honeypot caught.

Both kinds are asked in turn and the fastest of each compared: a busy machine can only slow an answer down. So it is asked again
until both have met a free moment, and what differs in itself differs for ever.
"""

import math
from collections.abc import Callable
from time import perf_counter

import pytest
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from tests.support.form_page import ANSWERS, CONTACT, token_in

ROUNDS, TIMES = 60, 20
# A comparison that stops at the first difference, or a mail encrypted, would not.
SAME = 1.4


def takes_as_long(client: FlaskClient, one: dict[str, str], another: dict[str, str]) -> bool:
    fastest = [math.inf, math.inf]
    for _ in range(TIMES):
        for _ in range(ROUNDS):
            for kind, fields in enumerate((one, another)):
                start = perf_counter()
                answer = client.post(CONTACT["nl"], data=ANSWERS | fields)
                fastest[kind] = min(fastest[kind], perf_counter() - start)
                assert answer.status_code == 400
        if 1 / SAME < fastest[0] / fastest[1] < SAME:
            return True
    return False


def other(character: str) -> str:
    return "A" if character != "A" else "B"


def signature_wrong_at_its_start(good: str) -> dict[str, str]:
    content, _, signature = good.rpartition(".")
    return {"token": f"{content}.{other(signature[0])}{signature[1:]}"}


def signature_wrong_at_its_end(good: str) -> dict[str, str]:
    # The last character carries two unused bits, the one before it none.
    return {"token": good[:-2] + other(good[-2]) + good[-1]}


def no_token_at_all(_good: str) -> dict[str, str]:
    return {"token": ""}


def honeypot_filled(good: str) -> dict[str, str]:
    return {"token": good, "website": "x"}


def honeypot_and_token_wrong(good: str) -> dict[str, str]:
    return signature_wrong_at_its_end(good) | {"website": "x"}


@pytest.mark.parametrize(
    ("one", "another"),
    [
        (signature_wrong_at_its_start, signature_wrong_at_its_end),
        (signature_wrong_at_its_start, no_token_at_all),
        (honeypot_filled, signature_wrong_at_its_end),
        (honeypot_and_token_wrong, signature_wrong_at_its_end),
    ],
)
def test_the_time_of_a_refusal_does_not_tell_its_reason(
    client: FlaskClient, one: Callable[[str], dict[str, str]], another: Callable[[str], dict[str, str]]
) -> None:
    good = token_in(client.get(CONTACT["nl"]))
    assert takes_as_long(client, one(good), another(good))


def test_an_old_token_is_refused_in_the_time_of_a_forged_one(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    serializer = URLSafeTimedSerializer(client.application.config["SECRET_KEY"], salt="form token")
    with monkeypatch.context() as past:
        past.setattr(TimestampSigner, "get_timestamp", lambda _signer: 1_000_000_000)
        old = str(serializer.dumps("0" * 32))
    assert takes_as_long(client, {"token": old}, signature_wrong_at_its_end(old))

"""The time of an answer tells nothing that its text does not: which part of a token was wrong, or whom the honeypot caught.

Both kinds are asked in turn in one run and the fastest of each compared: a busy machine can only slow an answer down.
"""

from collections.abc import Callable
from time import perf_counter

import pytest
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from tests.support.form_page import ANSWERS, CONTACT, token_in

ROUNDS = 60
# A comparison that stops at the first difference, or a mail encrypted, would not.
SAME = 1.4


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
    seconds: dict[Callable[[str], dict[str, str]], list[float]] = {one: [], another: []}
    for _ in range(ROUNDS):
        for kind, times in seconds.items():
            start = perf_counter()
            answer = client.post(CONTACT["nl"], data=ANSWERS | kind(good))
            times.append(perf_counter() - start)
            assert answer.status_code == 400
    ratio = min(seconds[one]) / min(seconds[another])
    assert 1 / SAME < ratio < SAME


def test_an_old_token_is_refused_in_the_time_of_a_forged_one(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    serializer = URLSafeTimedSerializer(client.application.config["SECRET_KEY"], salt="form token")
    with monkeypatch.context() as past:
        past.setattr(TimestampSigner, "get_timestamp", lambda _signer: 1_000_000_000)
        old = str(serializer.dumps("0" * 32))
    seconds: dict[str, list[float]] = {old: [], signature_wrong_at_its_end(old)["token"]: []}
    for _ in range(ROUNDS):
        for token, times in seconds.items():
            start = perf_counter()
            assert client.post(CONTACT["nl"], data=ANSWERS | {"token": token}).status_code == 400
            times.append(perf_counter() - start)
    first, second = (min(times) for times in seconds.values())
    assert 1 / SAME < first / second < SAME

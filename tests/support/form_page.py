"""What the tests of the form share: how a reader opens the page, fills it in and sends it."""

from time import time

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from werkzeug.test import TestResponse

CONTACT = {"nl": "/contact/", "en": "/en/contact/"}
ANSWERS = {
    "role": "burgemeester",
    "reach": "06-12345678 Sterrenwacht",
    "name": "Jozefien Appelboom",
    "when": "dinsdag na het zwemmen",
    "voicemail": "y",
    "topic": "bedreiging",
    "message": "Er lag een kogelbrief op de mat.\nWat nu? 🙏",
}
TYPED_WORDS = ("12345678", "Sterrenwacht", "Jozefien", "Appelboom", "zwemmen", "kogelbrief", "op de mat")


def soup(response: TestResponse) -> BeautifulSoup:
    """The page as a browser shows it: without what a script would take out of a template (older soupsieves find that too)."""
    page = BeautifulSoup(response.text, "html.parser")
    for template in page("template"):
        template.decompose()
    return page


def token_in(response: TestResponse) -> str:
    return str(soup(response).select_one("input[name=token]")["value"])


def send(client: FlaskClient, language: str = "nl", **answers: str) -> TestResponse:
    """Send the form filled in, with a fresh token unless `answers` holds another; an answer of None is left out."""
    if "token" not in answers:
        answers = {**answers, "token": token_in(client.get(CONTACT[language]))}
    fields = {name: answer for name, answer in {**ANSWERS, **answers}.items() if answer is not None}
    return client.post(CONTACT[language], data=fields)


def typed_in(response: TestResponse) -> dict[str, str]:
    """What the shown form holds, as a browser would read it."""
    page = soup(response)
    role = page.select_one("input[name=role][checked]")
    topic = page.select_one("select[name=topic] option[selected]")
    return {
        "role": role["value"].rstrip(".") if role else "",
        "topic": topic["value"] if topic else "",
        "voicemail": "y" if page.select_one("input[name=voicemail][checked]") else "",
        "message": page.select_one("textarea").text.removeprefix("\n"),
        **{name: page.select_one(f"input[name={name}]")["value"] for name in ("reach", "name", "when")},
    }


def token_of_age(app: Flask, seconds: float, nonce: str = "0123456789abcdef0123456789abcdef") -> str:
    """A token that was really signed, as it would look this long after it was."""

    class Earlier(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time() - seconds)

    return str(URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="form token", signer=Earlier).dumps(nonce))


def errors_in(response: TestResponse) -> list[str]:
    return [item.get_text(" ", strip=True) for item in soup(response).select(".error-summary li")]

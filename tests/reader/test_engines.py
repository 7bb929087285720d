"""The advisers' reader in Firefox and WebKit, from disk and site: a message read, a key made, nothing asked for."""

from datetime import datetime
from pathlib import Path

import pytest

from contact_service.keys.advisers import Adviser
from contact_service.keys.judgement import judge
from contact_service.mail.submission import Submission
from contact_service.openpgp.key_files import inspect
from tests.support.built_site import built, served
from tests.support.engines import Firefox, WebKit, engine
from tests.support.reader_page import encrypted, entity, locked_key, mail
from tests.support.stack import wait_until

__all__ = ["engine"]
pytestmark = [pytest.mark.server, pytest.mark.browser]

PASTE = """document.getElementById('mail-text').value = arguments[0];
document.getElementById('paste').click();"""
OPEN = """document.getElementById('passphrase').value = arguments[0];
document.querySelector('#open .primary').click();"""
SHOWN = """const letter = document.getElementById('letter');
const faults = document.getElementById('faults');
return letter.hidden ? (faults.hidden ? '' : faults.innerText) : letter.innerText;"""
MAKE = """document.querySelector('[data-door=make]').click();
document.getElementById('name').value = 'Jo Jansen';
document.getElementById('address').value = 'jo@vereniging.example';
document.getElementById('make-again').value = document.querySelector('#make .drawn').textContent;
document.querySelector('#make-form .primary').click();"""
MADE = "return [...document.querySelectorAll('#make .made textarea')].map(({ value }) => value)"
ASKED = """return {
  resources: performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => !name.startsWith('blob:')),
  stored: document.cookie.length,
  sideways: document.documentElement.scrollWidth > document.documentElement.clientWidth,
}"""


@pytest.mark.parametrize("place", ["disk", "site"])
def test_a_message_is_read_and_a_fit_key_is_made(
    engine: Firefox | WebKit, place: str, submission: Submission, tmp_path: Path, short_folder: Path, now: datetime
) -> None:
    secret, public = locked_key(short_folder / f"{type(engine).__name__}-{place}", "Geheime zin", "ed25519", "cv25519")
    engine.go(f"file://{built() / 'lezer.html'}" if place == "disk" else f"{served()}/lezer.html")
    for text in (secret, mail(encrypted(entity(submission), public, tmp_path), now)):
        engine.run(PASTE, text.decode())
        wait_until(lambda: engine.run("return document.getElementById('status').textContent === ''"), what="the text taken")
    wait_until(lambda: engine.run("return document.querySelectorAll('#messages li, #open .keys li').length === 2"), what="both")

    engine.run(OPEN, "Geheime zin")
    wait_until(lambda: engine.run(SHOWN), what="the message")
    assert "Er lag een kogelbrief op de mat." in engine.run(SHOWN)

    engine.run(MAKE)
    wait_until(lambda: len(engine.run(MADE)) == 2, what="a key")
    _secret, made = engine.run(MADE)
    file = inspect("jo.asc", made.encode())
    (verdict,) = judge([Adviser("jo", "jo@vereniging.example", (file.fingerprint,))], [file])
    assert verdict.code == "fit"
    assert engine.run(ASKED) == {"resources": [], "stored": 0, "sideways": False}

"""Encryption in the other two engines: the main path, with and without the engine's own X25519."""

import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines import Firefox, WebKit
from tests.stack import Stack, wait_until
from tests.test_browser_encryption import ANSWERS, TYPED_WORDS, mails_with

pytestmark = [pytest.mark.server, pytest.mark.browser]

# As in a browser from before 2024: OpenPGP.js then brings its own curve.
WITHOUT_X25519 = """
for (const name of ["generateKey", "importKey"]) {
  const original = crypto.subtle[name].bind(crypto.subtle);
  crypto.subtle[name] = (...all) => JSON.stringify(all).includes("X25519")
    ? Promise.reject(new DOMException("", "NotSupportedError")) : original(...all);
}
"""
RECORD = """
window.bodies = [];
const send = window.fetch;
window.fetch = (address, options) => { window.bodies.push(String(options?.body ?? "")); return send(address, options); };
"""
FILL = """
for (const [id, text] of Object.entries(arguments[0])) document.getElementById(id).value = text;
document.querySelector("input[value=burgemeester]").checked = true;
document.getElementById("topic").value = "bedreiging";
document.getElementById("reach").dispatchEvent(new Event("input", { bubbles: true }));
"""
READY = "return document.getElementById('way').textContent.startsWith('Uw bericht wordt op uw eigen apparaat versleuteld')"
REFERENCE = "return document.querySelector('.reference')?.textContent ?? document.querySelector('.error-summary')?.textContent"


@pytest.fixture(scope="module", params=[Firefox, WebKit], ids=["firefox", "webkit"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox | WebKit]:
    if request.param.missing:
        pytest.skip(f"needs the Debian package {request.param.missing}")
    engine = request.param(Path(tmp_path_factory.mktemp("engine")) / "profile")
    yield engine
    engine.stop()


@pytest.mark.parametrize("before", ["", WITHOUT_X25519], ids=["own X25519", "no X25519"])
def test_the_main_path_works_and_sends_no_typed_word(stack: Stack, engine: Firefox | WebKit, before: str) -> None:
    engine.go(f"http://127.0.0.1:{stack.port}/contact/")
    engine.run(before + RECORD)
    engine.run(FILL, ANSWERS)
    wait_until(lambda: engine.run(READY), what="the module")

    engine.run("document.getElementById('send').click()")

    wait_until(lambda: engine.run(REFERENCE), what="an answer")
    reference = engine.run(REFERENCE)
    bodies = [urllib.parse.unquote_plus(body) for body in engine.run("return window.bodies")]
    assert any("ciphertext=-----BEGIN PGP MESSAGE-----" in body for body in bodies), reference
    assert not [word for word in TYPED_WORDS for body in bodies if word in body]
    assert [len(mails) for mails in mails_with(stack, reference).values()] == [1]
    loaded = engine.run("return performance.getEntriesByType('resource').map(({ name }) => name).join()")
    assert ("noble_curves" in loaded or "nacl" in loaded) == bool(before)

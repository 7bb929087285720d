"""The main paths in the browsers that people have: every kind of page, what works with scripts, printing, and the form."""

import base64
import urllib.parse

import pytest

from tests.support.built_site import LANGUAGES, served
from tests.support.engines import Engine, Firefox, WebKit, engine
from tests.support.stack import Stack, wait_until
from tests.web.test_browser_encryption import ANSWERS, TYPED_WORDS, WITHOUT_X25519, mails_with

__all__ = ["engine"]
pytestmark = [pytest.mark.server, pytest.mark.browser]

RECORD = """
window.bodies = [];
const send = window.fetch;
window.fetch = (address, options) => { window.bodies.push(String(options?.body ?? "")); return send(address, options); };
"""
FILL = """
for (const [id, text] of Object.entries(arguments[0])) document.getElementById(id).value = text;
// As it comes back with the form: what a script chooses by itself is asked for once more.
document.querySelector("input[value^=burgemeester]").setAttribute("checked", "");
document.getElementById("topic").value = "bedreiging";
document.getElementById("reach").dispatchEvent(new Event("input", { bubbles: true }));
"""
READY = "return document.getElementById('way').textContent.startsWith('Uw bericht wordt op uw eigen apparaat versleuteld')"
REFERENCE = "return document.querySelector('.reference')?.textContent ?? document.querySelector('.error-summary')?.textContent"


KINDS = ["", "nu/", "stalking/", "begrippen/", "kaart/", "logboek/", "zelftest/", "versleuteling/", "contact/", "404.html"]
SEEN = """return {
  heading: document.querySelectorAll("h1").length, bar: getComputedStyle(document.querySelector(".bar")).position,
  calls: [...document.querySelectorAll(".bar [href^='tel:']")].filter((link) => link.offsetHeight >= 44).length,
  scripts: document.getElementById("q") !== null,
  pictures: [...document.images].every((picture) => picture.naturalWidth > 0),
  sideways: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  stored: localStorage.length + sessionStorage.length + document.cookie.length,
}"""
SEARCH = """const field = document.getElementById("q");
if (!field) return null;
if (document.activeElement !== field) field.focus();
field.value = arguments[0];
field.dispatchEvent(new Event("input", { bubbles: true }));
return document.querySelector("[role=search] ol a")?.pathname"""


@pytest.mark.parametrize("folder", LANGUAGES.values())
def test_every_kind_of_page_shows_whole_and_stores_nothing(engine: Engine, folder: str) -> None:
    right = {"heading": 1, "bar": "sticky", "calls": 2, "scripts": True, "pictures": True, "sideways": False, "stored": 0}
    for slug in KINDS:
        engine.go(f"{served()}/{folder}{slug}")
        wait_until(lambda: engine.run(SEEN)["scripts"], what=f"the scripts of /{folder}{slug}")
        assert engine.run(SEEN) == right, slug


def test_the_menu_the_language_switch_and_the_search_lead_to_their_pages(engine: Engine) -> None:
    engine.go(f"{served()}/stalking/")
    engine.run("document.querySelector('a[href=\"#menu\"]').click()")
    assert (
        engine.run("const top = document.getElementById('menu').getBoundingClientRect().top; return location.hash") == "#menu"
    )
    follow(engine, "document.querySelector('#menu a[href*=bewijs]')", "/bewijs/")
    follow(engine, "document.querySelector('[data-twin]')", "/en/bewijs/")
    wait_until(lambda: engine.run(SEARCH, "deepfake") == "/en/deepfakes/", what="a page found")
    follow(engine, "document.querySelector('[role=search] ol a')", "/en/deepfakes/")


def test_leaving_replaces_the_page_so_that_back_does_not_return_to_it(engine: Engine) -> None:
    engine.go(f"{served()}/over-ot/")
    engine.go(f"{served()}/contact/")
    wait_until(lambda: engine.run(SEEN)["scripts"], what="the scripts")
    # A place on the page is no step back.
    engine.run("document.querySelector('a[href=\"#menu\"]').click()")
    wait_until(lambda: engine.address().endswith("#menu"), what="the menu")
    # A stand-in on this machine for the page that readers leave to.
    engine.run("document.querySelector('[data-leave]').href = arguments[0]", f"{served()}/robots.txt")
    follow(engine, "document.querySelector('[data-leave]')", "/robots.txt")
    engine.back()
    assert engine.address() == f"{served()}/over-ot/"


# WebKit's driver has no command for it.
@pytest.mark.parametrize("engine", [Firefox], ids=["firefox"], indirect=True)
def test_the_card_prints(engine: Firefox) -> None:
    engine.go(f"{served()}/kaart/")
    assert base64.b64decode(engine.print()).startswith(b"%PDF")


def follow(engine: Engine, link: str, path: str) -> None:
    """Click on a link and wait for its page. It comes a moment later: WebKit's driver loses the answer of a page that goes."""
    wait_until(lambda: engine.run(f"return {link} !== null"), what=link)
    engine.run(f"setTimeout(() => {link}.click())")
    wait_until(lambda: engine.address() == served() + path, what=path)


@pytest.mark.parametrize("before", ["", WITHOUT_X25519], ids=["own X25519", "no X25519"])
def test_the_main_path_works_and_sends_no_typed_word(stack: Stack, engine: Engine, before: str) -> None:
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
    brought = "noble_curves" in loaded or "nacl" in loaded
    # OpenPGP.js mistrusts some of the keys that WebKitGTK makes (WebKit bug 289693), and then brings its own curve by itself.
    assert brought == bool(before) or (brought and isinstance(engine, WebKit))


def test_a_call_of_another_script_takes_no_page_away(stack: Stack, engine: Firefox | WebKit) -> None:
    engine.go(f"http://127.0.0.1:{stack.port}/contact/")
    engine.run(RECORD)
    engine.run(FILL, ANSWERS)
    wait_until(lambda: engine.run(READY), what="the module")

    # Firefox tells the caller that it does nothing.
    engine.run("try { document.querySelector('.form').submit() } catch { }")
    engine.run("setTimeout(() => { window.later = true }, 300)")
    wait_until(lambda: engine.run("return window.later"), what="a moment")

    assert engine.run("return [document.getElementById('message').value, window.bodies.filter(Boolean).length]") == [
        ANSWERS["message"],
        0,
    ]
    engine.run("document.getElementById('send').click()")
    wait_until(lambda: engine.run(REFERENCE), what="an answer")


def test_a_page_that_comes_back_shows_nothing_that_was_found_beside_an_empty_field(engine: Firefox | WebKit) -> None:
    engine.go(f"{served()}/stalking/")
    wait_until(lambda: engine.run(SEARCH, "deepfake") == "/deepfakes/", what="a page found")
    follow(engine, "document.querySelector('[role=search] ol a')", "/deepfakes/")
    engine.back()
    wait_until(lambda: engine.address() == f"{served()}/stalking/" and engine.run(SEEN)["scripts"], what="the page before")

    shown = "return [Boolean(document.getElementById('q').value), document.querySelectorAll('[role=search] ol a').length > 0]"
    wait_until(lambda: len(set(engine.run(shown))) == 1, what="a field and what was found to agree")

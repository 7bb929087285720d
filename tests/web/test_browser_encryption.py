"""The reader's own browser encrypts: what leaves it says nothing, and whatever fails, nothing typed is lost or leaked."""

import email
import functools
import json
import re
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, Route

from contact_service.openpgp.packets import read_packets
from deploy.demo.advisers import decrypt
from tests.support.accessibility import EVERY, OPPOSITE, bring_axe, problems, withhold_scripts
from tests.support.chromium import STILL
from tests.support.stack import Stack

pytestmark = [pytest.mark.server, pytest.mark.browser]

ROLES = ("burgemeester", "wethouder", "raadslid", "statenlid", "anders")
ANSWERS = {
    "reach": "06 12345678 kanarie",
    "name": "Jozefien Appelboom",
    "when": "na het zwemmen",
    "message": "Een kogelbrief. 👮 שלום",
}
TYPED_WORDS = [*re.findall(r"\w{4,}", " ".join(ANSWERS.values())), "bedreiging", "voicemail"]
READY = {
    "": "Uw bericht wordt op uw eigen apparaat versleuteld.",
    "en/": "Your message is encrypted on your own device.",
}
# As in a browser from before 2024: OpenPGP.js then brings its own curve.
WITHOUT_X25519 = """
for (const name of ["generateKey", "importKey"]) {
  const original = crypto.subtle[name].bind(crypto.subtle);
  crypto.subtle[name] = (...all) => JSON.stringify(all).includes("X25519")
    ? Promise.reject(new DOMException("", "NotSupportedError")) : original(...all);
}
"""
SERVER = {"": "Onze server versleutelt uw bericht", "en/": "Our server encrypts your message"}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(**STILL)
    page.said = []  # type: ignore[attr-defined]
    page.sent = []  # type: ignore[attr-defined]
    page.on("console", lambda message: page.said.append(message.text))  # type: ignore[attr-defined]
    page.on("request", lambda request: page.sent.append(request))  # type: ignore[attr-defined]
    yield page
    page.close()


def open_form(stack: Stack, page: Page, language: str = "") -> None:
    page.goto(f"http://127.0.0.1:{stack.port}/{language}contact/")


def fill(page: Page, role: str = "burgemeester", **answers: str) -> None:
    page.check(f"input[value^={role}]")
    for name, text in {**ANSWERS, **answers}.items():
        page.fill(f"#{name}", text)
    page.check("#voicemail")
    page.select_option("#topic", "bedreiging")


def way(page: Page, text: str) -> None:
    """Wait until the line at the button starts with this text."""
    page.wait_for_function("text => document.getElementById('way').textContent.trim().startsWith(text)", arg=text)


def posts(page: Page) -> list[Request]:
    return [request for request in page.sent if request.method == "POST"]  # type: ignore[attr-defined]


def send(page: Page) -> str:
    """Send the form; the reference on the page that says "received"."""
    page.click("#send")
    return page.locator(".reference").inner_text()


def fault(page: Page) -> str:
    page.wait_for_selector(".error-summary")
    return page.locator(".error-summary").inner_text()


def is_kept(page: Page) -> bool:
    """Whether every typed word still stands in the form."""
    kept = all(page.input_value(f"#{name}") == text for name, text in ANSWERS.items())
    return kept and page.input_value("#topic") == "bedreiging" and page.is_checked("#voicemail")


def without_token(inner: bytes, reference: str) -> bytes:
    """The inner text without what the form token decides."""
    return re.sub(rb"(inner-|gelezen/)[0-9a-f]{32}|\[\.\.\.\] \w{4}", b"", inner.replace(reference.encode(), b""))


def link_in(inner: bytes) -> str:
    """The address behind which an adviser says "I have it"."""
    return re.search(rb"^Ik heb dit bericht: (\S+)\r$", inner, re.MULTILINE)[1].decode()


@functools.cache
def decrypted(computer: Path, file: Path) -> bytes:
    return decrypt(computer, file.read_bytes()) or b""


def mails_with(stack: Stack, reference: str) -> dict[str, list[bytes]]:
    """The inner texts with this reference, by the adviser who can open them, once nothing waits any more."""
    stack.wait_for_delivery()
    found: dict[str, list[bytes]] = {}
    for file in (stack.mail / "new").iterdir():
        address = email.message_from_bytes(file.read_bytes())["To"]
        if reference.encode() in (inner := decrypted(stack.computers / address, file)):
            found.setdefault(address, []).append(inner)
    return found


FILLERS = {
    "by its state": "role.checked = true",
    "by its state, and says so": "role.checked = true; role.dispatchEvent(new Event('change', {bubbles: true}))",
    "by a click of its own": "role.click()",
    "over what was chosen": "document.getElementById('role-0').focus(); role.click()",
}


@pytest.mark.parametrize(("filled", "able"), [*zip(FILLERS.values(), [True, True, True, False], strict=True)], ids=FILLERS)
def test_a_role_that_an_extension_chose_is_asked_for_with_the_name_of_its_readers(
    stack: Stack, page: Page, filled: str, able: bool
) -> None:
    if not able:
        page.route(re.compile(r"openpgp\.min\.mjs"), lambda route: route.abort())
    open_form(stack, page)
    if filled == FILLERS["over what was chosen"]:
        page.check("input[value^=raadslid]")
    page.fill("#reach", "06 12345678")
    way(page, READY[""] if able else "Uw apparaat kan het bericht niet zelf versleutelen")
    page.evaluate(f"() => {{ const role = document.querySelector('input[value^=wethouder]'); {filled}; }}")

    page.click("#send")

    assert "Uw bericht zou gaan naar: Wethoudersvereniging." in fault(page)
    assert posts(page) == []
    assert send(page)


def test_a_message_that_is_too_long_to_come_back_stays_in_a_browser_that_cannot_encrypt(stack: Stack, page: Page) -> None:
    page.route(re.compile(r"openpgp\.min\.mjs"), lambda route: route.abort())
    open_form(stack, page)
    fill(page, message="🙏" * 200_000)
    way(page, "Uw apparaat kan het bericht niet zelf versleutelen")
    page.click("#send")

    assert "195000" in fault(page).replace(".", "").replace("\xa0", "")
    assert posts(page) == [] and len(page.input_value("#message")) == 200_000


@pytest.mark.parametrize("keys", [["Space"], ["ArrowDown", "ArrowDown"]], ids=["space", "arrows"])
def test_a_role_that_was_chosen_by_keys_is_not_asked_for_again(stack: Stack, page: Page, keys: list[str]) -> None:
    open_form(stack, page, "en/")
    page.focus("#role-0")
    for key in keys:
        page.keyboard.press(key)
    page.fill("#reach", "06 12345678")

    assert send(page)


@pytest.mark.parametrize("language", READY)
@pytest.mark.parametrize("role", ROLES)
def test_no_request_holds_a_typed_word_and_the_mail_is_the_one_made_without_javascript(
    stack: Stack, page: Page, role: str, language: str
) -> None:
    open_form(stack, page, language)
    fill(page, role)
    way(page, READY[language])
    reference = send(page)

    # What has the focus is read whole: that it was received, and the reference.
    heard = page.evaluate("document.activeElement.getAttribute('role') + ' ' + document.activeElement.innerText")
    assert heard.startswith("alert") and reference in heard and " ".join(reference.replace("-", "")) in heard
    assert page.title().startswith(("Ontvangen: ", "Received: "))
    (post,) = posts(page)
    assert set(urllib.parse.parse_qs(post.post_data)) == {"role", "token", "ciphertext", "code", "padding"}
    for request in page.sent:  # type: ignore[attr-defined]
        sent = urllib.parse.unquote_plus(f"{request.url} {request.post_data or ''} {request.headers}")
        assert not [word for word in TYPED_WORDS if word in sent]
    assert page.said == []  # type: ignore[attr-defined]

    fields = {**ANSWERS, "role": role, "voicemail": "y", "topic": "bedreiging", "token": stack.token(language)}
    _, answer = stack.post(language, **fields)
    plain = re.search(r'class="reference">([^<]+)<', answer)[1]
    encrypted, unencrypted = mails_with(stack, reference), mails_with(stack, plain)
    assert encrypted.keys() == unencrypted.keys()
    for adviser, (mail,) in encrypted.items():
        assert without_token(mail, reference) == without_token(unencrypted[adviser][0], plain)
        # The server knows the code by its sum alone, and the browser's is the right one.
        with urllib.request.urlopen(link_in(mail), timeout=30) as answer:
            assert f'class="reference">{reference}<' in answer.read().decode()


def test_a_chromium_without_x25519_of_its_own_encrypts_with_what_the_library_brings(stack: Stack, page: Page) -> None:
    page.add_init_script(WITHOUT_X25519)
    open_form(stack, page)
    assert page.evaluate("crypto.subtle.generateKey('X25519', true, ['deriveBits']).then(() => 'there', (e) => e.name)") == (
        "NotSupportedError"
    )
    fill(page)
    way(page, READY[""])

    reference = send(page)

    assert any("nacl-fast" in request.url for request in page.sent)  # type: ignore[attr-defined]
    assert "ciphertext" in posts(page)[0].post_data
    assert [len(mails) for mails in mails_with(stack, reference).values()] == [1]


@pytest.mark.parametrize("language", READY)
def test_openpgp_js_is_fetched_once_the_form_is_touched_and_then_no_answer_can_be_posted(
    stack: Stack, page: Page, language: str
) -> None:
    open_form(stack, page, language)
    assert not [request.url for request in page.sent if "openpgp" in request.url]  # type: ignore[attr-defined]
    assert page.locator("#way").inner_text().startswith(SERVER[language])

    page.focus("#reach")

    way(page, READY[language])
    assert page.locator("#way").get_attribute("aria-live") == "polite"
    names = page.evaluate("[...document.querySelectorAll('form [name]')].map((field) => field.name)")
    assert set(names) == {"token", "role"}


# What extensions do to a form that they filled in: in the page's world, in their own, and in a browser from before 2022.
CALLS = {
    "its method": "document.querySelector('.form').submit()",
    "the method of all forms": "HTMLFormElement.prototype.submit.call(document.querySelector('.form'))",
    "before the keys are there": "document.querySelector('.form').submit()",
}
WITHOUT_DIALOG = """Object.defineProperty(HTMLFormElement.prototype, 'method', {
  get() { return this.getAttribute('method') === 'post' ? 'post' : 'get'; },
  set(value) { this.setAttribute('method', value === 'dialog' ? 'get' : value); },
})"""


@pytest.mark.parametrize("old", [False, True], ids=["today", "before 2022"])
@pytest.mark.parametrize("call", CALLS)
def test_a_call_of_another_script_sends_nothing_and_takes_no_page_away(stack: Stack, page: Page, call: str, old: bool) -> None:
    if old:
        page.add_init_script(WITHOUT_DIALOG)
    if call == "before the keys are there":
        page.route(re.compile(r"openpgp\.min\.mjs"), lambda route: route.abort())
    open_form(stack, page)
    fill(page)
    way(page, READY[""] if call != "before the keys are there" else "Uw apparaat kan")
    # Past Playwright, which would wait for a page that never comes.
    session = page.context.new_cdp_session(page)
    frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
    world = session.send("Page.createIsolatedWorld", {"frameId": frame})["executionContextId"]

    def told(expression: str, **where: int) -> object:
        answer = session.send(
            "Runtime.evaluate", {"expression": expression, "returnByValue": True, "awaitPromise": True, **where}
        )
        return answer["result"].get("value")

    for where in ({}, {"contextId": world}):
        told(CALLS[call], **where)
    told("new Promise((go) => setTimeout(go, 300))")

    assert posts(page) == []
    assert told("document.getElementById('message').value") == ANSWERS["message"]
    told("document.querySelector('.form').requestSubmit()")
    found = "new Promise((go) => setInterval(() => document.querySelector('.reference') && go(true), 20))"
    assert told(found)
    assert len(posts(page)) == 1


# Some extensions put other elements in the place of ours: copies, or what they make of the page's own text.
ELSEWISE = {
    "a copy of the form": "const form = document.querySelector('.form'); form.replaceWith(form.cloneNode(true))",
    "all of it made anew": "document.body.innerHTML = document.body.innerHTML",
    "another button": """const other = document.createElement("button");
        other.id = "send"; other.textContent = "Send"; document.getElementById("send").replaceWith(other)""",
}


@pytest.mark.parametrize("done", ELSEWISE)
def test_a_form_that_an_extension_put_another_in_the_place_of_still_says_what_is_wrong_and_sends(
    stack: Stack, page: Page, done: str
) -> None:
    open_form(stack, page)
    page.focus("#reach")
    way(page, READY[""])
    page.evaluate(ELSEWISE[done])
    page.fill("#message", ANSWERS["message"])
    page.click("#send")

    told = fault(page)
    assert "Kies uw functie." in told and "Vul in hoe wij u veilig kunnen bereiken" in told
    fill(page)
    reference = send(page)
    assert [len(mails) for mails in mails_with(stack, reference).values()] == [1]


@pytest.mark.parametrize("language", READY)
def test_without_the_modules_file_the_line_says_that_the_server_encrypts_and_so_it_does(
    stack: Stack, page: Page, language: str
) -> None:
    page.route(re.compile(r"openpgp\.min\.mjs"), lambda route: route.fulfill(status=404))
    open_form(stack, page, language)
    fill(page)
    way(page, "Uw apparaat kan het bericht niet zelf versleutelen. Onze server" if not language else "Your device cannot")

    reference = send(page)

    assert "ciphertext" not in posts(page)[0].post_data
    assert list(mails_with(stack, reference)) == ["adviseur@ngb.example"]


def test_without_the_script_the_line_says_that_the_server_encrypts(stack: Stack, page: Page) -> None:
    page.route(re.compile(r"contact\.js"), lambda route: route.abort())
    open_form(stack, page)
    fill(page)

    assert page.locator("#way").inner_text().startswith(SERVER[""])
    assert send(page)


def test_who_sends_before_the_module_fails_is_asked_before_anything_goes_unencrypted(stack: Stack, page: Page) -> None:
    held: list[Route] = []
    page.route(re.compile(r"openpgp\.min\.mjs"), lambda route: held.append(route))
    open_form(stack, page)
    fill(page)
    page.click("#send")
    way(page, "Uw apparaat maakt zich klaar")
    held[0].abort()

    assert "Verstuurt u het opnieuw, dan versleutelt onze server het" in fault(page)
    assert not posts(page)
    assert is_kept(page)
    assert send(page)
    assert "ciphertext" not in posts(page)[0].post_data


def test_who_sends_before_the_module_is_there_waits_for_it(stack: Stack, page: Page) -> None:
    held: list[Route] = []
    page.route(re.compile(r"openpgp\.min\.mjs"), lambda route: held.append(route))
    open_form(stack, page)
    fill(page)
    page.click("#send")
    page.click("#send")
    assert not posts(page)
    held[0].continue_()

    assert page.locator(".reference").inner_text()
    assert ["ciphertext" in post.post_data for post in posts(page)] == [True]


@pytest.mark.parametrize(
    "swapped",
    ["the key of somebody else", "no key at all", "another kind of thing", "a web page"],
    ids=lambda text: text.replace(" ", "-"),
)
def test_another_key_than_the_pinned_one_is_refused(stack: Stack, page: Page, swapped: str) -> None:
    files = sorted((stack.folder / "service" / "keys").glob("*.asc"))
    other = {"the key of somebody else": files[0].read_text(), "no key at all": "", "another kind of thing": 5}

    def swap(route: Route) -> None:
        real = route.fetch().json()
        route.fulfill(body=json.dumps(dict.fromkeys(real, other[swapped])) if swapped in other else "<h1>Hello</h1>")

    page.route(re.compile(r"/keys/"), swap)
    open_form(stack, page)
    fill(page, "raadslid" if "ngb" in files[0].name else "burgemeester")
    page.click("#send")

    told = fault(page)
    assert "Uw bericht is niet ontvangen." in told
    assert "Er klopt iets niet met de beveiliging van deze pagina" in told
    assert page.locator(".error-summary a[href^='tel:']").count() == 1
    assert not posts(page)
    assert is_kept(page)


def lose_the_answer(route: Route) -> None:
    route.fetch()
    route.abort()


@pytest.mark.parametrize("loss", [lambda route: route.abort(), lose_the_answer], ids=["the request", "the answer"])
def test_a_message_whose_request_or_answer_was_lost_can_be_sent_again_and_is_one_mail(
    stack: Stack, page: Page, loss: Callable[[Route], None]
) -> None:
    open_form(stack, page)
    fill(page)
    way(page, READY[""])
    page.route("**/contact/", loss, times=1)
    page.click("#send")

    assert "De verbinding viel weg." in fault(page)
    assert is_kept(page)
    assert page.title().startswith("Fout: ")
    reference = send(page)
    first, second = posts(page)
    assert first.post_data == second.post_data
    assert [len(mails) for mails in mails_with(stack, reference).values()] == [1]


def without_signatures(armored_key: str) -> str:
    """The same key, to OpenPGP.js without an owner: it reads it, and locks nothing for it."""
    gpg = ["gpg", "--no-options", "--homedir", "/nonexistent"]
    binary = subprocess.run([*gpg, "--dearmor"], input=armored_key.encode(), capture_output=True, check=True).stdout
    bodies = [(tag, body) for tag, body in read_packets(binary) if tag != 2]
    stripped = b"".join(bytes([0xC0 | tag, 0xFF]) + len(body).to_bytes(4) + body for tag, body in bodies)
    enarmored = subprocess.run([*gpg, "--enarmor"], input=stripped, capture_output=True, check=True).stdout.decode()
    return enarmored.replace("PGP ARMORED FILE", "PGP PUBLIC KEY BLOCK")


@pytest.mark.parametrize("spoilt", [without_signatures, lambda key: key[:200] + key[264:]], ids=["odd", "unreadable"])
def test_a_key_that_the_browser_cannot_use_costs_its_own_role_alone(
    stack: Stack, page: Page, spoilt: Callable[[str], str]
) -> None:
    def spoil(route: Route) -> None:
        keys = route.fetch().json()
        readers = json.loads(page.get_attribute("form[data-blanks]", "data-blanks") or "")["readers"]
        for fingerprint in readers["burgemeester"]["keys"]:
            keys[fingerprint] = spoilt(keys[fingerprint])
        route.fulfill(json=keys)

    page.route(re.compile(r"/keys/"), spoil)
    open_form(stack, page)
    fill(page, "raadslid")
    way(page, READY[""])
    for role, words in (("burgemeester", "Uw apparaat kan het bericht niet zelf"), ("raadslid", READY[""])):
        page.check(f"input[value^={role}]")
        way(page, words)
    assert is_kept(page) and page.locator("#message[name]").count() == 0
    assert send(page) and "ciphertext" in (posts(page)[-1].post_data or "")

    open_form(stack, page)
    fill(page, "burgemeester")
    way(page, "Uw apparaat kan het bericht niet zelf")
    reference = send(page)
    assert "ciphertext" not in (posts(page)[-1].post_data or "")
    assert b"Een kogelbrief." in mails_with(stack, reference)["adviseur@ngb.example"][0]


def test_an_edited_text_is_encrypted_anew(stack: Stack, page: Page) -> None:
    open_form(stack, page)
    fill(page)
    page.route("**/contact/", lambda route: route.abort(), times=1)
    page.click("#send")
    fault(page)
    page.fill("#message", "Nog een zin erbij.")

    reference = send(page)

    first, second = (urllib.parse.parse_qs(post.post_data) for post in posts(page))
    assert first["ciphertext"] != second["ciphertext"]
    assert b"Nog een zin erbij." in mails_with(stack, reference)["adviseur@ngb.example"][0]


def test_a_connection_that_fails_before_the_keys_are_there_sends_nothing(stack: Stack, page: Page) -> None:
    open_form(stack, page)
    fill(page)
    way(page, READY[""])
    page.context.set_offline(True)
    page.click("#send")
    assert "De verbinding viel weg." in fault(page)
    assert is_kept(page)

    page.context.set_offline(False)

    assert send(page)


def test_a_refused_token_is_replaced_and_the_next_attempt_succeeds(stack: Stack, page: Page) -> None:
    open_form(stack, page)
    fill(page)
    page.evaluate("document.querySelector('[name=token]').value = 'forged'")
    page.click("#send")

    assert "Uw bericht is nog niet verstuurd" in fault(page)
    assert is_kept(page)
    assert send(page)


@pytest.mark.parametrize(
    "answer", [{"status": 404}, {"body": "{}"}, {"body": "null"}], ids=["not found", "not there", "nothing"]
)
def test_keys_that_were_replaced_meanwhile_are_fetched_anew(stack: Stack, page: Page, answer: dict[str, Any]) -> None:
    page.route(re.compile(r"/keys/"), lambda route: route.fulfill(**answer))
    open_form(stack, page)
    fill(page)
    page.click("#send")

    assert "De sleutels van de adviseurs zijn veranderd." in fault(page)
    assert is_kept(page)
    page.unroute(re.compile(r"/keys/"))
    assert send(page)


def test_from_the_first_touch_to_ready_takes_at_most_four_further_requests(stack: Stack, page: Page) -> None:
    open_form(stack, page)
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2].partition("?")[0]))
    page.focus("#reach")
    way(page, READY[""])

    assert sorted(asked) == ["all.json", "mail.js", "openpgp.min.mjs", "seal.js"]


@pytest.mark.parametrize("language", READY)
def test_the_browser_finds_the_same_faults_in_the_same_words_as_the_server(stack: Stack, page: Page, language: str) -> None:
    wrong = {"reach": " \u3000", "name": "🙏" * 201, "when": "", "message": "x" * 5003}
    _, answer = stack.post(language, **wrong, token=stack.token(language))
    page.set_content(answer)
    of_server = page.locator(".error-summary li").all_inner_texts()

    open_form(stack, page, language)
    for name, text in wrong.items():
        page.fill(f"#{name}", text)
    way(page, READY[language])
    page.click("#send")
    fault(page)

    assert page.locator(".error-summary li").all_inner_texts() == of_server
    assert len(of_server) == 4
    assert not posts(page)
    invalid = page.evaluate("[...document.querySelectorAll('[aria-invalid]')].map((field) => field.id)")
    assert invalid == ["", "reach", "name", "message"]
    # What Python counts as an answer counts as one here too, though JavaScript calls it a space.
    fill(page, reach="\ufeff")
    page.click("#send")
    assert page.locator(".reference").inner_text()


@pytest.mark.parametrize("language", READY)
def test_every_state_of_the_form_is_accessible(stack: Stack, page: Page, language: str) -> None:
    bring_axe(page)
    # The words differ, the colours do not.
    views = OPPOSITE if language else EVERY
    held: list[Route] = []
    page.route(re.compile(r"openpgp\.min\.mjs"), lambda route: held.append(route))
    page.route(re.compile(r"/keys/"), lambda route: route.fulfill(body="no key"))
    open_form(stack, page, language)
    found = [*problems(page)]
    page.focus("#reach")
    found += problems(page, "main", views)  # getting ready
    held[0].continue_()
    way(page, READY[language])
    page.click("#send")
    fault(page)
    found += problems(page, "main", views)  # nothing filled in
    fill(page)
    page.click("#send")
    page.wait_for_selector(".error-summary [href='#send']")
    found += problems(page, "main", views)  # another key than the pinned one
    page.unroute(re.compile(r"/keys/"))
    page.route("**/contact/", lambda route: held.append(route), times=1)
    page.click("#send")
    found += problems(page, "main", views)  # on its way
    held[1].abort()
    page.wait_for_function("() => document.activeElement.matches('.error-summary')")
    found += problems(page, "main", views)  # lost on its way
    send(page)
    found += problems(page)
    assert found == []


@pytest.mark.parametrize("language", READY)
def test_every_answer_of_the_service_is_accessible_without_scripts(stack: Stack, page: Page, language: str) -> None:
    withhold_scripts(page)
    bring_axe(page)
    open_form(stack, page, language)
    page.click("#send")
    fault(page)
    # The words differ, the colours do not.
    views = OPPOSITE if language else EVERY
    found = [*problems(page, views=views)]
    fill(page)
    send(page)
    found += problems(page, views=views)
    assert found == []


WAYS_OFF = {
    "menu": "#menu a[href*=bewijs]",
    "language": "[data-twin]",
    "home": ".brand a",
    "this very page": "#menu a[aria-current]",
}


@pytest.mark.parametrize("link", WAYS_OFF.values(), ids=WAYS_OFF)
def test_a_link_that_leads_away_opens_beside_what_was_typed(stack: Stack, page: Page, link: str) -> None:
    # As in Safari on a phone, which never asks.
    page.add_init_script("addEventListener('beforeunload', (event) => event.stopImmediatePropagation())")
    open_form(stack, page)
    page.fill("#message", "Half geschreven verhaal")

    with page.expect_popup():
        page.evaluate("link => document.querySelector(link).click()", link)

    assert page.input_value("#message") == "Half geschreven verhaal"


def test_a_way_off_that_is_no_link_asks_first_when_something_is_typed(stack: Stack, page: Page) -> None:
    page.clock.install()
    open_form(stack, page)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    fill(page)
    assert asked == []

    page.evaluate("setTimeout(() => location.assign('/'))")
    page.clock.fast_forward(100)
    page.wait_for_timeout(500)

    assert asked == ["beforeunload"]
    assert is_kept(page)


def test_an_answer_that_never_comes_leaves_a_way_on_in_an_older_browser_too(stack: Stack, page: Page) -> None:
    page.clock.install()
    open_form(stack, page)
    # Only now: the clock of the tests brings one of its own.
    assert page.evaluate("delete AbortSignal.timeout && !('timeout' in AbortSignal)")
    fill(page)
    way(page, READY[""])
    page.route("**/contact/", lambda route: None, times=1)
    with page.expect_request("**/contact/"):
        page.click("#send")
    page.clock.fast_forward(21_000)
    # A slow line is no dead one: it is said, and waited for.
    way(page, "De verbinding is traag.")
    page.clock.fast_forward(40_000)

    assert "De verbinding viel weg" in fault(page)
    assert is_kept(page)
    page.evaluate("document.querySelector('.error-summary').remove()")
    assert send(page)


def test_leaving_and_dialling_never_ask(stack: Stack, page: Page) -> None:
    open_form(stack, page)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.route("https://www.wikipedia.org/**", lambda route: route.fulfill(body="elsewhere"))
    page.fill("#message", "Half geschreven verhaal")

    page.click(".bar-ot a")
    page.click("[data-leave]")
    page.wait_for_url("https://www.wikipedia.org/")

    assert asked == []


def test_what_to_read_on_opens_beside_the_form(stack: Stack, page: Page) -> None:
    open_form(stack, page)

    beside = page.locator(".related a")

    assert beside.count() > 0
    assert {beside.nth(place).get_attribute("target") for place in range(beside.count())} == {"_blank"}


def test_a_repaired_field_points_to_no_error_any_more(stack: Stack, page: Page) -> None:
    open_form(stack, page)
    page.check("[value^=raadslid]")
    page.click("#send")
    fault(page)
    page.fill("#reach", "06-12345678")
    page.fill("#name", "n" * 300)
    page.click("#send")
    page.wait_for_selector("#name-error")

    dangling = """[...document.querySelectorAll("[aria-describedby]")].flatMap((field) =>
        field.getAttribute("aria-describedby").split(" ").filter((id) => !document.getElementById(id)))"""
    assert page.evaluate(dangling) == []


# Screens, each with the size of letters that its owner may have set.
SIZES: list[tuple[int, int, int]] = [
    (390, 664, 16),
    (1280, 800, 16),
    (320, 480, 16),
    # 1280 × 1024 at 400 %.
    (320, 256, 16),
    (360, 640, 20),
    (390, 844, 24),
    (412, 915, 28),
    (1280, 600, 40),
]


def test_a_link_of_the_error_summary_leaves_the_question_in_view(stack: Stack, page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    browser = page.context.new_cdp_session(page)
    open_form(stack, page)
    page.focus("#reach")
    way(page, READY[""])
    page.fill("#name", "n" * 300)
    page.fill("#message", "m" * 5001)
    page.click("#send")
    fault(page)
    for width, height, letters in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        browser.send("Page.setFontSizes", {"fontSizes": {"standard": letters}})
        for name in ("role-0", "reach", "name", "message"):
            where = f"{name} at {width}×{height}, letters of {letters}"
            page.evaluate("window.scrollTo({ top: 0, behavior: 'instant' })")
            page.locator(f".error-summary a[href='#{name}']").dispatch_event("click")
            page.wait_for_selector(f"#{name}:focus")
            question = page.locator(f".field:has(#{name})").locator("legend, label").first.bounding_box()
            bar, answer = page.locator(".bar").bounding_box(), page.locator(f"#{name}").bounding_box()
            assert question and bar and answer and 0 <= answer["y"] < height - 1.5 * letters, where
            covered = max(0, bar["y"] + bar["height"])
            # Where both have no room, what stands right above the answer is in view: its error.
            if answer["y"] - question["y"] < height - covered - 3.2 * letters:
                assert question["y"] >= covered - 1, where


def test_a_page_that_the_browser_translated_still_says_the_forms_language(stack: Stack, page: Page) -> None:
    open_form(stack, page)
    page.evaluate("document.documentElement.lang = 'pl'")
    fill(page)
    reference = send(page)

    ((inner,),) = mails_with(stack, reference).values()
    assert b"undefined" not in inner and b"Nederlands" in inner

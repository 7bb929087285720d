"""The whole journey with the real processes: from the form in a browser to the adviser who opens the mail."""

import base64
import quopri
import urllib.parse
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from contact_service.outbox import Outbox
from deploy.demo.inbox import letters
from tests.built_site import built
from tests.stack import Stack, reference_in, wait_until

pytestmark = pytest.mark.server

READERS = {
    "burgemeester": {"adviseur@ngb.example"},
    "wethouder": {"adviseur@wethouders.example"},
    "raadslid": {"adviseur@raadsleden.example", "tweede.adviseur@raadsleden.example"},
    "statenlid": {"adviseur@statenlidnu.example"},
    "anders": {"adviseur@bzk.example"},
}
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("journey"), built())
    stack.start("mail", "web", "delivery")
    yield stack
    stack.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser of somebody who has JavaScript off and blocks cookies."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    assert context.cookies() == []
    context.close()


def read_mails(stack: Stack, word: str) -> dict[str, list[str]]:
    """The mails with this word, by the adviser who can open them, once nothing waits any more."""
    outbox = Outbox(stack.environment["CONTACT_OUTBOX"])
    wait_until(lambda: not outbox.unsent(), what="an empty outbox")
    return {
        adviser: found
        for adviser, mails in letters(stack.mail, stack.computers).items()
        if (found := [mail for mail in mails if word in mail])
    }


@pytest.mark.browser
@pytest.mark.parametrize("language", ["", "en/"], ids=["dutch", "english"])
@pytest.mark.parametrize("role", READERS)
def test_the_advisers_of_the_role_and_nobody_else_read_what_was_typed(
    stack: Stack, page: Page, language: str, role: str
) -> None:
    word = f"kanarie-{role}-{language or 'nl'}"
    message = f"{word}\n\nNa 20 uur € jőzsef 👮 שלום\n  twee spaties"
    page.goto(f"http://127.0.0.1:{stack.port}/{language}contact/")
    page.check(f"input[value={role}]")
    page.fill("#reach", "06 12345678, alleen sms")
    page.fill("#name", "A. Nna")
    page.fill("#when", "na 20 uur")
    page.check("#voicemail")
    page.select_option("#topic", "bedreiging")
    page.fill("#message", message)

    page.click("#send")

    reference = page.locator(".reference").inner_text()
    mails = read_mails(stack, word)
    assert set(mails) == READERS[role]
    for copies in mails.values():
        (mail,) = copies
        assert reference in mail
        for line in [*message.split("\n"), "06 12345678, alleen sms", "A. Nna", "na 20 uur"]:
            assert f"    {line}\n" in mail or not line
        assert "(voicemail)?\n    ja\n" in mail


@pytest.mark.browser
def test_a_reload_of_the_received_page_sends_nothing_twice(stack: Stack, page: Page) -> None:
    page.goto(f"http://127.0.0.1:{stack.port}/contact/")
    page.check("input[value=wethouder]")
    page.fill("#reach", "kanarie-reload")
    page.click("#send")
    reference = page.locator(".reference").inner_text()

    page.reload()

    assert page.locator(".reference").inner_text() == reference
    assert [len(mails) for mails in read_mails(stack, "kanarie-reload").values()] == [1]


@pytest.mark.browser
def test_everything_typed_comes_back_with_an_error(stack: Stack, page: Page) -> None:
    page.goto(f"http://127.0.0.1:{stack.port}/en/contact/")
    page.fill("#message", "x" * 5001)
    page.fill("#name", '"><script>alert(1)</script>')
    page.select_option("#topic", "nazorg")

    page.click("#send")

    assert page.title().startswith("Error: ")
    assert page.input_value("#message") == "x" * 5001
    assert page.input_value("#name") == '"><script>alert(1)</script>'
    assert page.input_value("#topic") == "nazorg"
    for link in page.locator(".error-summary a").all():
        assert page.locator(link.get_attribute("href") or "").count() == 1


def test_an_added_sentence_is_sent_even_with_a_used_token(stack: Stack) -> None:
    form = {"token": stack.token(), "role": "statenlid", "reach": "kanarie-toevoeging"}
    _status, first = stack.post(**form)

    _status, second = stack.post(**form, message="Nog iets.")

    assert reference_in(first) == reference_in(second)
    assert [len(mails) for mails in read_mails(stack, "kanarie-toevoeging").values()] == [2]


def test_no_file_of_the_whole_set_up_holds_a_word_that_was_typed(stack: Stack) -> None:
    word = "verborgenkanarie"
    token = stack.token()
    good = {"token": token, "role": "burgemeester", "reach": word, "name": word, "message": f"{word} " * 100}
    assert stack.post(**good)[0] == 200
    for bad in ({**good, "role": "nobody"}, {**good, "token": "forged"}, {**good, "message": word * 10_000}):
        assert stack.post(**bad)[0] == 400
    assert stack.post(**{**good, "message": word * 100_000})[0] == 413
    read_mails(stack, word)

    needles = list(encodings_of(word))
    for file in [*stack.folder.rglob("*"), *built().rglob("*")]:
        if file.is_file():
            content = file.read_bytes()
            assert not [needle for needle in needles if needle in content], f"{file} holds what was typed"


def encodings_of(word: str) -> Iterator[bytes]:
    """The word as it would look in a file: plain, wide, encoded for mail or for a form."""
    plain = word.encode()
    yield plain
    yield word.encode("utf-16-le")
    yield quopri.encodestring(plain)
    yield urllib.parse.quote(word).encode()
    yield plain.hex().encode()
    for shift in range(3):
        # Base64 of a text that the word stands in, without the characters that its neighbours change.
        yield base64.b64encode(b"x" * shift + plain)[(4 if shift else 0) : -4]

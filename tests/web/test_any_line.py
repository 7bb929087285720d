"""Slow, broken and blocked lines, odd clocks, and browsers that cannot encrypt: the text stays, and there is a way on."""

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.support.chromium import ARGUMENTS
from tests.support.stack import Stack
from tests.web.test_browser_encryption import (
    READY,
    fault,
    fill,
    is_kept,
    lose_the_answer,
    mails_with,
    open_form,
    posts,
    send,
    way,
)
from tests.web.test_browser_encryption import page as page  # noqa: PLC0414 (a fixture)
from tests.web.test_foreign_answers import LOGIN, MARK, saying

pytestmark = [pytest.mark.server, pytest.mark.browser]

UNABLE = "Uw apparaat kan het bericht niet zelf versleutelen"
LIBRARY = re.compile(r"openpgp\.min\.mjs")
DAY_SECONDS = 86_400


def cannot_encrypt(stack: Stack, page: Page) -> None:
    page.route(LIBRARY, lambda route: route.abort())
    open_form(stack, page)
    fill(page)
    way(page, UNABLE)


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        (lambda route: route.abort(), "De verbinding viel weg."),
        (lose_the_answer, "De verbinding viel weg."),
        (saying(511, LOGIN), "kwam niet van ons formulier"),
    ],
    ids=["the request", "the answer", "a page to log in"],
)
def test_a_browser_that_cannot_encrypt_loses_no_text_with_the_connection_either(
    stack: Stack, page: Page, loss: Callable[[Route], None], told: str
) -> None:
    cannot_encrypt(stack, page)
    page.route("**/contact/", loss, times=1)
    page.click("#send")

    assert told in fault(page) and MARK not in page.content()
    assert is_kept(page)
    reference = send(page)
    first, second = posts(page)
    assert first.post_data == second.post_data and "ciphertext" not in (first.post_data or "")
    assert [len(mails) for mails in mails_with(stack, reference).values()] == [1]


@pytest.mark.parametrize("able", [True, False], ids=["encrypted here", "encrypted by the server"])
def test_nothing_that_was_typed_or_sent_is_written_to_the_disk_by_the_browser(
    stack: Stack, browser: Browser, tmp_path: Path, able: bool
) -> None:
    # Chromium writes what a page posted by itself into its profile, to open the page again some day.
    context = browser.browser_type.launch_persistent_context(
        str(tmp_path), executable_path=shutil.which("chromium"), args=ARGUMENTS
    )
    page = context.pages[0]
    if not able:
        page.route(LIBRARY, lambda route: route.abort())
    open_form(stack, page)
    fill(page, message="Kanarievogel")
    way(page, READY[""] if able else UNABLE)
    assert send(page)
    context.close()

    written = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert any("contact/".encode("utf-16-le") in text or b"/contact/" in text for text in written)
    assert not [text for text in written if b"Kanarievogel" in text or "Kanarievogel".encode("utf-16-le") in text]


def test_who_was_offline_at_the_first_touch_encrypts_as_soon_as_the_line_is_back(stack: Stack, page: Page) -> None:
    page.clock.install()
    open_form(stack, page)
    page.context.set_offline(True)
    page.focus("#reach")
    way(page, UNABLE)
    page.context.set_offline(False)
    page.clock.fast_forward(21_000)
    fill(page)
    way(page, READY[""])

    assert send(page)
    assert "ciphertext" in (posts(page)[0].post_data or "")


def test_a_library_that_comes_late_encrypts_all_the_same(stack: Stack, page: Page) -> None:
    held: list[Route] = []
    page.clock.install()
    page.route(LIBRARY, lambda route: held.append(route))
    open_form(stack, page)
    fill(page)
    page.click("#send")
    page.clock.fast_forward(21_000)
    assert "Er is niets verstuurd: uw apparaat kan het bericht niet zelf" in fault(page)
    way(page, UNABLE)

    held[0].continue_()

    way(page, READY[""])
    assert send(page)
    assert ["ciphertext" in (post.post_data or "") for post in posts(page)] == [True]


@pytest.mark.parametrize("days", [-20_000, 4000])
def test_a_phone_with_a_wrong_clock_encrypts(stack: Stack, page: Page, days: int) -> None:
    page.clock.install(time=max(0, time.time() + days * DAY_SECONDS))
    open_form(stack, page)
    fill(page)
    way(page, READY[""])

    assert send(page)
    assert "ciphertext" in (posts(page)[0].post_data or "")


def test_a_device_that_fails_to_encrypt_after_all_says_so_and_the_next_time_the_server_does(stack: Stack, page: Page) -> None:
    open_form(stack, page)
    fill(page)
    way(page, READY[""])
    page.evaluate(
        """() => {
            const real = crypto.getRandomValues.bind(crypto);
            crypto.getRandomValues = (bytes) => { if (bytes.length === 32) throw new Error("no memory"); return real(bytes); };
        }"""
    )
    page.click("#send")

    assert "Verstuurt u het opnieuw, dan versleutelt onze server het" in fault(page)
    assert is_kept(page) and not posts(page)
    way(page, UNABLE)
    assert send(page)
    assert "ciphertext" not in (posts(page)[0].post_data or "")


@pytest.mark.parametrize("blocked", ["", "contact", "mail"])
def test_one_file_that_is_blocked_costs_no_text(stack: Stack, page: Page, blocked: str) -> None:
    if blocked:
        page.route(re.compile(rf"assets/{blocked}\.js"), lambda route: route.abort())
    open_form(stack, page)
    fill(page)

    # Where the form's own script is not there to see to it, the page says what would lose the text.
    assert page.locator("form .note").count() == (blocked == "contact")
    assert send(page)


def test_the_way_out_needs_no_script_of_its_own_and_opens_no_tab_beside_the_form(stack: Stack, page: Page) -> None:
    page.route(re.compile(r"assets/site\.js"), lambda route: route.abort())
    page.route("https://www.wikipedia.org/**", lambda route: route.fulfill(body="elsewhere"))
    open_form(stack, page)
    page.fill("#message", "Half geschreven verhaal")

    page.click("[data-leave]")

    page.wait_for_url("https://www.wikipedia.org/")
    assert len(page.context.pages) == 1


def test_what_comes_back_with_a_message_that_the_server_would_encrypt_says_what_is_wrong(stack: Stack, page: Page) -> None:
    cannot_encrypt(stack, page)
    page.evaluate("document.querySelector('[name=token]').value = 'forged'")
    page.click("#send")

    assert "Uw bericht is nog niet verstuurd" in fault(page)
    assert is_kept(page)
    assert send(page)


# What Google, Edge and Firefox do to a page that they translate: other elements around each text, brackets of the other script.
TRANSLATED = """() => {
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT), texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) {
    if (!text.data.trim() || text.parentElement.closest("textarea, select")) continue;
    const outer = document.createElement("font"), inner = document.createElement("font");
    inner.textContent = text.data.replaceAll("(", " （").replaceAll(")", "） ");
    outer.append(inner);
    text.replaceWith(outer);
  }
  document.documentElement.lang = "zh";
}"""


def test_a_translated_page_and_one_that_an_extension_took_apart_send_all_the_same(stack: Stack, page: Page) -> None:
    open_form(stack, page)
    page.evaluate(TRANSLATED)
    page.evaluate(
        "document.querySelectorAll('.form input[type=text]').forEach((field) => field.replaceWith(field.cloneNode(true)))"
    )
    page.evaluate("document.getElementById('way').remove()")
    page.fill("#reach", "06 12345678")
    page.evaluate("document.querySelector('[value^=wethouder]').click()")
    page.click("#send")

    assert "Uw bericht zou gaan naar: Wethoudersvereniging. Klopt dat?" in fault(page)
    assert send(page)
    assert "ciphertext" in (posts(page)[0].post_data or "")

"""When very many messages come in, a real browser does the work that is asked, says so, and gets its message through."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.accessibility import axe, bring_axe
from tests.support.built_site import built
from tests.support.stack import Stack
from tests.web.test_browser_encryption import ANSWERS, TYPED_WORDS, fault, fill, is_kept, mails_with, open_form, posts, send
from tests.web.test_browser_encryption import page as page  # noqa: PLC0414 (a fixture)

pytestmark = [pytest.mark.server, pytest.mark.browser]

WORKING = {"": "Uw apparaat rekent een paar seconden", "en/": "Your device is working for a few seconds"}
HEARD = """() => { window.heard = []; new MutationObserver(() => heard.push(document.getElementById("way").textContent))
  .observe(document.getElementById("way"), { childList: true }); }"""


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A service that has room for nobody who shows neither work nor patience."""
    stack = Stack(tmp_path_factory.mktemp("flooded"), built(), CONTACT_ALLOWANCE="1000/hour,0/hour,1000/hour")
    stack.start("mail", "web", "delivery")
    yield stack
    stack.stop()


def worker_requests(page: Page) -> list[str]:
    return [request.url for request in page.sent if re.search("altcha|proof", request.url)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", WORKING)
def test_an_encrypted_message_gets_through_in_one_press_with_its_work_announced(
    flooded: Stack, page: Page, language: str
) -> None:
    open_form(flooded, page, language)
    page.evaluate(HEARD)
    fill(page)
    assert not worker_requests(page)

    reference = send(page)

    refused, sent = posts(page)
    assert refused.response().status == 429
    assert "proof=" in sent.post_data
    assert not [word for word in TYPED_WORDS if word in sent.post_data]
    assert any(WORKING[language] in text for text in page.evaluate("window.heard"))
    assert not [line for line in page.said if "Content Security Policy" in line]  # type: ignore[attr-defined]
    assert [len(mails) for mails in mails_with(flooded, reference).values()] == [1]


def test_a_message_that_the_browser_cannot_encrypt_gets_through_in_one_press_as_well(flooded: Stack, page: Page) -> None:
    page.route(re.compile("openpgp"), lambda route: route.abort())
    bring_axe(page)
    open_form(flooded, page)
    page.evaluate(HEARD)
    fill(page)
    page.wait_for_function("() => document.getElementById('way').textContent.includes('kan het bericht niet zelf')")

    page.click("#send")

    assert page.locator(".reference").inner_text()
    assert any(WORKING[""] in text for text in page.evaluate("window.heard"))
    assert axe(page) == []
    assert [post.response().status for post in posts(page)] == [429, 200]
    assert len({len(post.post_data or "") for post in posts(page)}) == 1


def test_a_browser_that_cannot_do_the_work_shows_the_other_ways(flooded: Stack, page: Page) -> None:
    page.route(re.compile("altcha"), lambda route: route.abort())
    open_form(flooded, page)
    fill(page)
    page.click("#send")
    assert "nog niet ontvangen: wacht 1 minuut" in fault(page)
    assert is_kept(page)
    assert len(posts(page)) == 1


def test_without_javascript_the_text_and_the_phone_number_stay(flooded: Stack, browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    open_form(flooded, page)
    fill(page)
    page.click("#send")
    summary = page.locator(".error-summary")
    assert "wacht 1 minuut en verstuur het dan opnieuw" in summary.inner_text()
    assert summary.locator("a[href^='tel:']").count() == 1
    assert page.input_value("#message") == ANSWERS["message"]
    context.close()

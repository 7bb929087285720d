"""Whatever answers in place of our server, nothing counts as received but our reference, and nothing typed is lost."""

import re
from collections.abc import Callable
from itertools import cycle

import pytest
from playwright.sync_api import Page, Route

from tests.support.stack import Stack, reference_in
from tests.web.test_browser_encryption import READY, fault, fill, is_kept, mails_with, open_form, posts, send, way
from tests.web.test_browser_encryption import page as page  # noqa: PLC0414 (a fixture)

pytestmark = [pytest.mark.server, pytest.mark.browser]

MARK = "VREEMD"
LOGIN = f"<title>{MARK}</title><main><h1>{MARK}</h1><form method=post><input name=token value=x></form></main>"
POSING = f"""<main><div class="error-summary"><h2>{MARK}</h2></div><div class="answer"><h1>{MARK}</h1>
<p class="reference">{MARK}</p></div><form data-blanks="{{}}"><input name="token" value="{MARK}"></form>
<script>document.title = "{MARK}"</script><img src="x" onerror="document.title = '{MARK}'"></main>"""


def saying(status: int, body: str, kind: str = "text/html", **headers: str) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, body=body, headers={"Content-Type": kind, **headers})


def changed(change: Callable[[str], str]) -> Callable[[Route], None]:
    """The answer of the service, changed on its way: the message did arrive."""

    def give(route: Route) -> None:
        answer = route.fetch()
        assert reference_in(answer.text())
        route.fulfill(response=answer, body=change(answer.text()))

    return give


def our_page_in_its_place(route: Route) -> None:
    route.fulfill(response=route.fetch(method="GET"))


def our_page_under_another_status(route: Route) -> None:
    route.fulfill(response=route.fetch(method="GET"), status=204)


FOREIGN: dict[str, Callable[[Route], None]] = {
    "nothing": saying(200, ""),
    "a page without a main part": saying(200, f"<title>{MARK}</title><h1>{MARK}</h1>"),
    "a page to log in": saying(200, LOGIN),
    "a page to log in, refused": saying(401, LOGIN),
    "a page that poses as ours": saying(200, POSING),
    "a refusal that poses as ours": saying(400, POSING),
    "a filter's page": saying(200, f"<main><h1>{MARK}</h1><p>Geblokkeerd</p></main>"),
    "a filter's refusal": saying(403, f"<main class=error-summary><h2>{MARK}</h2></main>"),
    "a gateway's fault": saying(502, f"<html><body><h1>{MARK}</h1></body></html>"),
    "JSON": saying(200, f'{{"received": true, "reference": "{MARK}"}}', "application/json"),
    "text": saying(200, MARK, "text/plain"),
    "a redirect": saying(302, "", Location="/"),
    "a redirect to another site": saying(307, "", Location="https://login.example/"),
    "our own page": our_page_in_its_place,
    "our own page, under another status": our_page_under_another_status,
    "our answer, cut off": changed(lambda text: text[: text.index('class="reference"')]),
    "our answer with another reference": changed(lambda text: text.replace(reference_in(text) or "", "0000-0000")),
}


# The words differ with the language, the way they are chosen does not.
@pytest.mark.parametrize(("kind", "language"), list(zip(FOREIGN, cycle(["", "en/"]), strict=False)))
def test_a_foreign_answer_leaves_form_and_text_and_says_not_received(
    stack: Stack, page: Page, kind: str, language: str
) -> None:
    open_form(stack, page, language)
    fill(page)
    way(page, READY[language])
    before = page.evaluate("[document.querySelector('[name=token]').value, document.querySelector('form').dataset.blanks]")
    page.route("**/contact/", FOREIGN[kind], times=1)
    page.click("#send")

    told = fault(page)

    assert ("Uw bericht is niet ontvangen" if not language else "Your message has not been received") in told
    assert ("kwam niet van ons formulier" if not language else "did not come from our form") in told
    assert page.locator(".error-summary a[href^='tel:']").count() == 1
    assert MARK not in page.content() + page.title()
    assert is_kept(page)
    assert before == page.evaluate(
        "[document.querySelector('[name=token]').value, document.querySelector('form').dataset.blanks]"
    )
    # And there is a way on: the same text, sent again, is one mail.
    reference = send(page)
    first, second = posts(page)[0], posts(page)[-1]
    assert first.post_data == second.post_data
    if kind.startswith("our answer"):
        assert [len(mails) for mails in mails_with(stack, reference).values()] == [1]


def test_a_key_that_is_gone_while_nothing_can_be_fetched_leaves_a_way_on(stack: Stack, page: Page) -> None:
    page.route(re.compile(r"/keys/"), lambda route: route.fulfill(status=404))
    open_form(stack, page)
    fill(page)
    way(page, READY[""])
    for answer in (lambda route: route.abort(), saying(200, LOGIN), saying(404, POSING)):
        page.route("**/contact/", answer, times=1)
        page.click("#send")
        page.wait_for_function("() => document.activeElement.matches('.error-summary')")
        assert "De sleutels van de adviseurs zijn veranderd." in fault(page)
        assert MARK not in page.content()
        assert is_kept(page)
        page.evaluate("document.querySelector('.error-summary').remove()")
    assert not posts(page)

    page.unroute(re.compile(r"/keys/"))

    assert send(page)


@pytest.mark.parametrize("broken", ["altcha", "proof"])
def test_a_proof_that_never_ends_leaves_a_way_on(stack: Stack, page: Page, broken: str) -> None:
    page.clock.install()
    page.route(re.compile(broken), lambda route: None)
    open_form(stack, page)
    fill(page)
    way(page, READY[""])
    page.route("**/contact/", asking_for_work, times=1)
    page.click("#send")
    page.wait_for_function("() => /verstuurd|rekent/.test(document.getElementById('way').textContent)")
    page.wait_for_timeout(500)
    page.clock.fast_forward(130_000)

    assert "NIET ontvangen" in fault(page) or "niet ontvangen" in fault(page)
    assert is_kept(page)
    assert send(page)


def asking_for_work(route: Route) -> None:
    """A refusal as the service gives it when very many messages come in; what it asks for is never worked out here."""
    answer = route.fetch(method="GET")
    asked = """<input type="hidden" name="proof" value="" data-challenge="{}" data-working="Uw apparaat rekent" data-done="">"""
    summary = '<div class="error-summary"><h2>Het uwe is nog niet ontvangen: wacht 1 minuut</h2></div>'
    text = answer.text().replace('<input type="hidden" name="token"', f'{asked}<input type="hidden" name="token"')
    route.fulfill(response=answer, status=429, body=re.sub(r"(<main[^>]*>)", rf"\1{summary}", text))

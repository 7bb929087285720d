"""What the search shows in a real browser: what cannot wait, the way on, the other language; in light and dark."""

import re
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.support.accessibility import PHONE, axe, bring_axe, overflows
from tests.support.built_site import page_at, served

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab of its own, on a phone."""
    tab = browser.new_page(viewport=PHONE, reduced_motion="reduce")
    yield tab
    tab.close()


@pytest.fixture
def judged(page: Page) -> Page:
    """A tab that brings axe along to every page it opens."""
    bring_axe(page)
    return page


def search_for(page: Page, address: str, typed: str) -> Locator:
    """Type into the search of a page, and give what it shows."""
    page.goto(served() + address)
    page.locator("#q").focus()
    # What is as long as that was pasted.
    (page.keyboard.type if len(typed) < 50 else page.keyboard.insert_text)(typed)
    page.locator(".found p").first.filter(has_text=re.compile(".")).wait_for()
    return page.locator(".found")


@pytest.mark.parametrize(("address", "danger"), [("/privacy/", "Direct gevaar?"), ("/en/404.html", "In danger now?")])
@pytest.mark.parametrize("typed", ["qzxvjw bfgwqk", "помогите", "🔥", "z" * 500])
def test_nothing_found_is_never_the_end(judged: Page, address: str, danger: str, typed: str) -> None:
    found = search_for(judged, address, typed)
    links = found.locator(".way-on a")
    links.first.wait_for()
    assert danger in links.first.inner_text()
    hrefs = [link.get_attribute("href") or "" for link in links.all()]
    assert hrefs[:2] == ["tel:112", "tel:+31703738314"] and hrefs[-1] == "#menu" and len(hrefs) == 7
    assert axe(judged, "header") == [] and not overflows(judged)
    for href in hrefs[2:6]:
        assert judged.request.get(urljoin(judged.url, href)).ok
    judged.keyboard.press("Enter")
    assert judged.evaluate("document.activeElement.closest('.way-on') !== null")


def test_the_list_of_all_pages_is_not_covered_by_what_led_there(page: Page) -> None:
    search_for(page, "/privacy/", "qzxvjw").locator(".way-on a[href='#menu']").click()
    assert page.url.endswith("#menu") and page.locator(".way-on").count() == 0
    assert page.locator("#menu h2").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("address", "typed", "dials"),
    [
        ("/nazorg/", "zelfmoord", "113"),
        ("/en/nazorg/", "suicidal", "113"),
        ("/", "brandbom", "112"),
        ("/en/", "gunshots", "112"),
    ],
)
def test_what_cannot_wait_has_its_number_above_all_pages(
    judged: Page, address: str, typed: str, dials: str, scheme: Literal["light", "dark"]
) -> None:
    judged.emulate_media(color_scheme=scheme)
    found = search_for(judged, address, typed)
    assert [link.get_attribute("href") for link in found.locator("a:visible").all()][0] == f"tel:{dials}"
    assert found.locator("[aria-live]").get_by_text(dials, exact=True).is_visible()
    assert axe(judged, "header") == [] and not overflows(judged)
    judged.locator("#q").fill("logboek")
    found.locator(".danger").wait_for(state="detached")


def test_who_asks_in_the_other_language_is_told_so_in_it_and_led_there(judged: Page) -> None:
    for address, typed, said, target in (
        ("/schade/", "who pays for my broken window", "English", "/en/schade/"),
        ("/en/404.html", "wie betaalt mijn kapotte ruit", "Nederlands", "/schade/"),
    ):
        found = search_for(judged, address, typed)
        told = found.locator(".in-other")
        told.wait_for()
        assert said in told.inner_text() and axe(judged, "header") == []
        link = told.locator("a").first
        assert link.inner_text() in page_at(target).h1.get_text()  # type: ignore[union-attr]
        link.click()
        judged.wait_for_url(served() + target)
    found = search_for(judged, "/", "schade")
    assert found.locator(".in-other").count() == 0


def test_the_search_says_so_when_it_cannot_work(page: Page) -> None:
    page.route(re.compile("search_index"), lambda route: route.abort())
    page.goto(served() + "/en/privacy/")
    page.locator("#q").focus()
    page.locator(".found p").filter(has_text="not working").wait_for()

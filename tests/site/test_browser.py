"""The built site in a real browser: accessible, quiet, usable by keyboard, and quick to leave."""

import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Route

from tests.support.accessibility import (
    DESKTOP,
    EVERY,
    PHONE,
    WITHOUT_SHELL,
    axe,
    bring_axe,
    overflows,
    problems,
    withhold_scripts,
)
from tests.support.built_site import LANGUAGES, built, files, served
from tests.support.chromium import ARGUMENTS, STILL

pytestmark = pytest.mark.browser

# One page of each kind; the shell around all other pages is the same.
KINDS = ["/", "/contact/", "/begrippen/", "/404.html", "/en/", "/en/kaart/", "/en/versleuteling/"]
NEUTRAL = "<!doctype html><title>Neutral</title><p>Somewhere else.</p>"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a tab of its own, whose only way out is a stand-in for the page that readers leave to."""
    tab = browser.new_page(viewport=PHONE, reduced_motion="reduce")
    tab.route("https://**", lambda route: route.fulfill(body=NEUTRAL, content_type="text/html"))
    yield tab
    tab.close()


@pytest.fixture
def judged(page: Page) -> Page:
    """A tab that brings axe along to every page it opens."""
    bring_axe(page)
    return page


def test_every_page_is_accessible_in_one_of_its_eight_states_and_never_scrolls_sideways(browser: Browser) -> None:
    """The states take turns over the pages; `make measure-site` takes every page in all of them."""
    tabs, found = [browser.new_page(**STILL), browser.new_page(**STILL)], []
    for tab in tabs:
        bring_axe(tab)
    withhold_scripts(tabs[1])
    # The shell is judged once in each state and language.
    shells = {(address.startswith("/en/"), state) for address in files() for state in range(8)}
    for number, address in enumerate(files()):
        tab = tabs[number // len(EVERY) % len(tabs)]
        state = (address.startswith("/en/"), number % 8)
        tab.goto(served() + address)
        size, _scheme = view = EVERY[number % len(EVERY)]
        tab.set_viewport_size(DESKTOP if size is PHONE else PHONE)
        found += [f"{address}: scrolls sideways at the other width"] * overflows(tab)
        found += problems(tab, "html" if state in shells else WITHOUT_SHELL, [view])
        shells.discard(state)
    for tab in tabs:
        tab.close()
    assert found == [] and not shells


def test_every_kind_of_page_reflows_at_200_percent_text_and_with_wide_spacing(page: Page) -> None:
    for address in KINDS:
        page.set_viewport_size({"width": 480, "height": 640})
        page.goto(served() + address)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert not overflows(page), address
        page.set_viewport_size(PHONE)
        page.evaluate("""() => {
          document.documentElement.style.fontSize = '';
          for (const element of document.querySelectorAll('body *')) Object.assign(element.style,
            {lineHeight: '1.5', letterSpacing: '0.12em', wordSpacing: '0.16em'});
        }""")
        assert not overflows(page), address


# What a browser makes of a page that it translates: other words in elements of its own, and what is marked stays.
TRANSLATED = """([words, direction]) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), texts = [];
  while (walker.nextNode()) if (walker.currentNode.data.trim()) texts.push(walker.currentNode);
  for (const text of texts.filter((text) => !text.parentElement.closest("[translate=no]"))) {
    const outer = document.createElement("font"), inner = document.createElement("font");
    inner.textContent = words + text.data;
    outer.append(inner);
    text.replaceWith(outer);
  }
  document.documentElement.dir = direction;
}"""
# The numbers whose first digit does not stand on the left of the last one.
TURNED = """() => [...document.querySelectorAll("a[href^='tel:'] bdi")].filter((number) => {
  const left = (place) => {
    const range = document.createRange();
    range.setStart(number.firstChild, place);
    range.setEnd(number.firstChild, place + 1);
    return range.getBoundingClientRect().left;
  };
  return left(0) >= left(number.textContent.length - 1);
}).map((number) => number.textContent)"""


@pytest.mark.parametrize(
    ("words", "direction"),
    [("شخص يهددني ", "rtl"), ("Ответственность ", "ltr"), ("Grundstücksverkehrsgenehmigung ", "ltr"), ("ab" * 32 + " ", "ltr")],
    ids=["Arabic", "Russian", "German", "one word of 64 letters"],
)
def test_a_translated_page_never_scrolls_sideways_and_turns_no_number_round(page: Page, words: str, direction: str) -> None:
    for address in ("/", "/contact/", "/nu/", "/en/kaart/"):
        page.goto(served() + address)
        page.evaluate(TRANSLATED, [words, direction])

        for width in (PHONE["width"], 390, 800, 1280):
            page.set_viewport_size({**PHONE, "width": width})
            assert not overflows(page), f"{address} at {width}"
        assert page.locator("a[href^='tel:'] bdi").count() > 2 and page.evaluate(TURNED) == [], address


def test_a_first_view_is_a_handful_of_quiet_requests_to_our_own_host(browser: Browser) -> None:
    for address in KINDS:
        context = browser.new_context()
        tab = context.new_page()
        asked: list[Request] = []
        said: list[ConsoleMessage] = []
        tab.on("request", lambda request, asked=asked: asked.append(request))
        tab.on("console", lambda message, said=said: said.append(message))
        tab.goto(served() + address, wait_until="networkidle")
        assert len(asked) <= 6, [request.url for request in asked]
        assert all(request.url.startswith(served()) for request in asked)
        assert [message.text for message in said] == []
        assert context.cookies() == []
        assert tab.evaluate("localStorage.length + sessionStorage.length") == 0
        context.close()


def test_the_page_works_without_scripts(browser: Browser) -> None:
    tab = browser.new_page(java_script_enabled=False, viewport=PHONE)
    tab.goto(served() + "/stalking/")
    assert not tab.locator("#q").is_visible()
    tab.get_by_role("link", name="Menu", exact=True).click()
    assert tab.url.endswith("/stalking/#menu")
    tab.locator("#menu").get_by_role("link", name="Bewijs bewaren").click()
    assert tab.url == served() + "/bewijs/"
    tab.get_by_role("link", name="English", exact=True).click()
    assert tab.url == served() + "/en/bewijs/"
    tab.close()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_every_stop_of_the_tab_key_is_visible_and_not_covered(page: Page, size: dict[str, int]) -> None:
    page.set_viewport_size(size)
    page.goto(served() + "/en/stalking/")
    stops = []
    for _ in range(200):
        page.keyboard.press("Tab")
        stop = page.evaluate("""() => {
          const focus = document.activeElement, box = focus.getBoundingClientRect(), style = getComputedStyle(focus);
          const middle = [box.left + Math.min(box.width, 40) / 2, box.top + box.height / 2];
          const top = document.elementFromPoint(...middle);
          return focus === document.body ? null : {
            name: focus.textContent.trim() || focus.id, seen: top !== null && (focus.contains(top) || top.contains(focus)),
            ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
          };
        }""")
        if stop is None:
            break
        stops.append(stop)
    assert [stop for stop in stops if not (stop["seen"] and stop["ring"])] == []
    assert [stop["name"] for stop in stops[:2]] == ["Skip to content", stops[1]["name"]]
    assert len(stops) >= len(page.query_selector_all("main a, #menu a"))


def test_every_target_in_the_shell_is_large_enough_for_a_thumb(page: Page) -> None:
    page.goto(served() + "/contact/")
    small = page.evaluate("""() => [...document.querySelectorAll('.bar a, .head a, .head input')]
      .filter((target) => { const box = target.getBoundingClientRect(); return box.height < 44 || box.width < 44; })
      .map((target) => target.textContent)""")
    assert small == []


def test_the_emergency_bar_stays_in_sight_on_one_line(page: Page) -> None:
    for folder in LANGUAGES.values():
        page.goto(f"{served()}/{folder}begrippen/")
        page.evaluate("window.scrollTo(0, 3000)")
        bar = page.locator(".bar").bounding_box()
        assert bar is not None and bar["y"] == 0 and bar["height"] <= 64
        assert page.get_by_role("link", name="112").first.is_visible()


def test_with_very_large_text_the_bar_leaves_room_for_the_page_and_nothing_scrolls_sideways(
    browser: Browser, tmp_path: Path
) -> None:
    # What somebody sets who needs large text: the browser's own size of letters, on a small phone.
    context = browser.browser_type.launch_persistent_context(
        str(tmp_path),
        executable_path=shutil.which("chromium"),
        args=[*ARGUMENTS, "--blink-settings=defaultFontSize=32"],
        viewport=PHONE,
    )
    tab = context.pages[0]
    for address in ("/", "/contact/", "/en/nu/"):
        tab.goto(served() + address)
        bar = tab.locator(".bar").bounding_box()
        assert bar is not None and bar["height"] <= PHONE["height"] / 4, address
        assert not overflows(tab), address
    context.close()


def test_leaving_replaces_the_page_so_that_back_does_not_return(page: Page) -> None:
    page.goto(served() + "/over-ot/")
    page.goto(served() + "/contact/")
    leave = page.locator("[data-leave]")
    target = leave.get_attribute("href")
    leave.click()
    page.wait_for_url(target)
    page.go_back()
    assert page.url == served() + "/over-ot/"


# What screen readers, keyboard layouts and mice make, as far as a page can see it: Orca keeps the letter for itself, so that
# of Shift+H the page sees Shift alone.
MODIFIERS, KEYS = ["Shift", "Control", "Alt", "CapsLock", "Insert"], ["Escape", "h", "k", "ArrowUp", "Tab", "Enter", " "]


@pytest.mark.parametrize("seed", range(20))
def test_no_walk_of_keys_and_clicks_leaves_the_page(page: Page, seed: int) -> None:
    walk = random.Random(seed)
    page.goto(served() + "/privacy/")
    page.evaluate("document.addEventListener('click', (event) => { if (event.target.closest('a')) event.preventDefault(); })")
    page.locator("#q").focus()
    for _ in range(60):
        modifier, key = walk.choice(MODIFIERS), walk.choice(KEYS)
        if walk.random() < 0.6:
            for _ in range(walk.randint(1, 4)):
                page.keyboard.press(modifier)
        # Enter and space on the button itself are no accident.
        elif key not in ("Enter", " ") or not page.evaluate("document.activeElement.matches('[data-leave]')"):
            page.keyboard.press(f"{modifier}+{key}")
        if walk.random() < 0.2:
            page.mouse.move(walk.randint(5, 380), walk.randint(300, 800))
            page.keyboard.down(modifier)
            page.mouse.down()
            page.mouse.up()
            page.keyboard.up(modifier)
    assert page.url.partition("#")[0] == served() + "/privacy/"


def test_searching_finds_pages_of_this_language_and_tells_nobody(judged: Page) -> None:
    asked: list[str] = []
    judged.on("request", lambda request: asked.append(request.url))
    judged.goto(served() + "/en/privacy/")
    assert not any("search" in url for url in asked)
    judged.locator("#q").focus()
    with judged.expect_response(re.compile("search_index")):
        pass
    before = len(asked)
    judged.keyboard.type("stalked")
    first = judged.locator("[role=search] ol a").first
    first.wait_for()
    assert "found" in judged.locator("[role=search] [aria-live]").first.inner_text()
    assert axe(judged, "header") == []
    judged.keyboard.press("Enter")
    assert judged.evaluate("document.activeElement.closest('ol') !== null")
    judged.keyboard.press("Escape")
    assert judged.locator("[role=search] ol a").count() == 0
    assert len(asked) == before
    judged.keyboard.type("stalking")
    first.click()
    assert judged.url == served() + "/en/stalking/"


def test_a_style_that_the_headers_do_not_know_yet_comes_as_a_file(page: Page) -> None:
    def older(route: Route) -> None:
        answer = route.fetch()
        policy = re.sub(r"'sha256-[^']+'", "'sha256-AAAA'", answer.headers["content-security-policy"])
        route.fulfill(response=answer, headers=answer.headers | {"content-security-policy": policy})

    page.route("**/privacy/", older)
    page.goto(served() + "/privacy/", wait_until="networkidle")
    assert page.locator(".bar").evaluate("e => getComputedStyle(e).position") == "sticky"


def test_the_search_field_offers_nothing_that_is_typed_to_a_service_of_the_browser(page: Page) -> None:
    page.goto(served() + "/privacy/")
    field = page.locator("#q")
    assert {field.get_attribute(name) for name in ("autocomplete", "autocorrect", "autocapitalize")} == {"off"}
    assert {field.get_attribute(name) for name in ("spellcheck", "writingsuggestions")} == {"false"}
    assert field.get_attribute("translate") == "no"


def test_there_is_no_field_that_nothing_answers(page: Page) -> None:
    page.route(re.compile(r"site\.js"), lambda route: route.abort())
    page.goto(served() + "/privacy/")
    assert page.locator("header input").count() == 0


def test_printing_puts_the_numbers_on_top_and_leaves_the_menus_out(page: Page) -> None:
    page.goto(served() + "/nu/")
    page.emulate_media(media="print")
    assert page.locator(".bar").get_by_text("070-3738314").is_visible()
    assert not page.locator("#menu").is_visible() and not page.locator("[data-leave]").is_visible()


@pytest.mark.parametrize(("slug", "sheets"), [("kaart", 1), ("zelftest", 2), ("controlelijst", 2), ("logboek", 3), ("nu", 1)])
def test_what_is_made_for_paper_fits_it(slug: str, sheets: int, page: Page) -> None:
    for folder in LANGUAGES.values():
        page.goto(f"{served()}/{folder}{slug}/")
        assert len(re.findall(rb"/Type /Page\b", page.pdf(format="A4"))) == sheets


def test_forced_colours_keep_the_edges_of_buttons_and_warnings(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    page.goto(served() + "/contact/")
    for part in (".bar-alarm a", ".danger", ".notice"):
        assert page.locator(part).first.evaluate("e => getComputedStyle(e).borderTopStyle") == "solid", part


def test_the_contact_page_stands_on_its_own_when_the_service_is_down(page: Page) -> None:
    page.goto(served() + "/contact/")
    links = page.locator(".notice a").evaluate_all("links => links.map((link) => link.getAttribute('href'))")
    # Once more in English, for a request that was refused before anybody knew its language.
    assert links == ["tel:+31703738314", "tel:112"] * 2


def test_white_text_has_a_dark_ground_also_where_variables_are_unknown() -> None:
    # NetSurf and Dillo drop a declaration with var(): white on white, where the number to call should stand.
    style = (built() / "assets/site.css").read_text("utf-8")
    rules = [rule for rule in re.findall(r"\{([^{}]*)\}", style) if re.search(r"(?<![-\w])color:#", rule)]

    assert len(rules) > 4
    for rule in rules:
        grounds = re.findall(r"background:([^;]+)", rule)
        assert not grounds or grounds[0].startswith(("#", "none")), rule

"""What every page of the built site must hold."""

import itertools
import re
import subprocess
import zlib
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from urllib.parse import urljoin, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup

from contact_service.web.headers import STYLE, headers_for, style_sum
from editorial.desk.newspapers import is_newspaper
from editorial.desk.shared import linked
from tests.support.built_site import LANGUAGES, REPO, built, content_pages, files, pages

pytestmark = pytest.mark.program

SITE = "https://hulp.example"
FIRST_VIEW_BYTES = 14 * 1024
FACTS = linked(yaml.safe_load((REPO / "docs/facts.yml").read_text("utf-8"))["extra"], "nl")


def faults(check) -> list[str]:
    """Name every page on which a check does not hold."""
    return [address for address, page in pages().items() if not check(address, page)]


def test_every_page_has_its_twin_in_the_other_language() -> None:
    dutch = {address for address in pages() if not address.startswith("/en/")}
    english = {address.removeprefix("/en") for address in pages() if address.startswith("/en/")}
    assert dutch == english


def test_every_page_names_its_language() -> None:
    assert not faults(lambda address, page: page.html["lang"] == ("en" if address.startswith("/en/") else "nl"))


def test_every_page_has_one_main_heading_and_skips_no_level() -> None:
    def in_order(_: str, page: BeautifulSoup) -> bool:
        levels = [int(heading.name[1]) for heading in page.find_all(re.compile("^h[1-6]$"))]
        return levels.count(1) == 1 and levels[0] == 1 and all(b <= a + 1 for a, b in itertools.pairwise(levels))

    assert not faults(in_order)


def test_every_page_has_one_title_of_its_own_and_a_short_description() -> None:
    assert not faults(lambda _, page: len(page.find_all("title")) == 1 and page.title.string.strip())
    assert not faults(lambda _, page: 20 < len(page.find("meta", {"name": "description"})["content"]) <= 160)
    for root in ("/en/", ""):
        own = [
            page.title.string
            for address, page in content_pages().items()
            if address.startswith(root or "/") and (root or not address.startswith("/en/"))
        ]
        assert [title for title, times in Counter(own).items() if times > 1] == []


def test_no_page_holds_inline_code_or_any_style_but_the_one_that_the_headers_name() -> None:
    style = (built() / STYLE).read_text("utf-8")
    policy = headers_for("/", style_sum(built()))["Content-Security-Policy"]
    assert b64encode(sha256(style.encode()).digest()).decode() in policy

    def clean(_: str, page: BeautifulSoup) -> bool:
        handlers = [tag for tag in page.find_all(True) for name in tag.attrs if name == "style" or name.startswith("on")]
        inline = [script for script in page.find_all("script") if not script.get("src")]
        styles = [tag.string for tag in page.find_all("style")]
        return not handlers and not inline and styles == [style] and "javascript:" not in str(page)

    assert not faults(clean)


def test_no_page_loads_anything_from_another_host() -> None:
    def own(_: str, page: BeautifulSoup) -> bool:
        loaded = [
            tag.get("src") or tag.get("href")
            for tag in page.select("script, img, iframe, video, source, link:not([rel=canonical]):not([rel=alternate])")
        ]
        return not any(urlsplit(address).netloc or address.startswith("data:") for address in loaded)

    assert not faults(own)


def test_links_to_other_sites_do_not_tell_where_the_reader_came_from() -> None:
    def silent(_: str, page: BeautifulSoup) -> bool:
        return all("noreferrer" in (link.get("rel") or []) for link in page.select("a[href^=http]"))

    assert not faults(silent)


@pytest.mark.parametrize("key", ["alarm", "ot"])
def test_every_page_dials_112_and_the_team(key: str) -> None:
    number = re.search(r'href="([^"]+)"', FACTS["tel"][key])[1]
    assert not faults(lambda _, page: page.select_one(f'.bar a[href="{number}"]'))


def test_every_phone_number_comes_from_the_list() -> None:
    listed = {re.sub(r"\D", "", re.sub("<[^>]+>", "", link)) for link in FACTS["tel"].values()}
    dialled = set(re.findall(r'href="(tel:[^"]+)"', "".join(FACTS["tel"].values())))
    looks_like_a_number = re.compile(r"(?<![\d./:-])0\d{1,3}[- ]?(?:\d[ -]?){4,8}\d\b|\+31[\d -]{8,}")

    def known(_: str, page: BeautifulSoup) -> bool:
        written = {re.sub(r"\D", "", number) for number in looks_like_a_number.findall(page.body.get_text(" "))}
        return written <= listed and {link["href"] for link in page.select('a[href^="tel:"]')} <= dialled

    assert not faults(known)


def test_the_language_switch_and_hreflang_lead_to_the_same_page() -> None:
    def agree(address: str, page: BeautifulSoup) -> bool:
        path = address.removeprefix("/en")
        twin = path if address.startswith("/en/") else "/en" + path
        shown = page.select_one("[data-twin]")
        told = {link["hreflang"]: link["href"] for link in page.select("link[rel=alternate]")}
        return (
            urljoin(SITE + address, shown["href"]) == SITE + twin
            and shown["hreflang"] == shown["lang"] == ("nl" if address.startswith("/en/") else "en")
            and told == {"nl": SITE + path, "en": SITE + "/en" + path, "x-default": SITE + path}
            and page.select_one("link[rel=canonical]")["href"] == SITE + address
        )

    assert [address for address, page in content_pages().items() if not agree(address, page)] == []


def test_every_link_inside_the_site_leads_somewhere() -> None:
    targets = {address: {"", *(tag["id"] for tag in page.find_all(id=True))} for address, page in pages().items()}

    def alive(address: str, page: BeautifulSoup) -> bool:
        for link in page.select("a[href]"):
            goal = urlsplit(urljoin(SITE + address, link["href"]))
            inside = f"{goal.scheme}://{goal.netloc}" == SITE
            if inside and goal.path.endswith(".txt"):
                if not (built() / goal.path.lstrip("/")).is_file():
                    return False
            elif inside and goal.fragment not in targets.get(goal.path, ()):
                return False
        return True

    assert not faults(alive)


def test_every_id_is_unique_on_its_page() -> None:
    def unique(_: str, page: BeautifulSoup) -> bool:
        return max(Counter(tag["id"] for tag in page.find_all(id=True)).values()) == 1

    assert not faults(unique)


def test_every_page_ends_with_its_sources_and_dates() -> None:
    def fresh(_: str, page: BeautifulSoup) -> bool:
        return (
            len(re.findall(r"\d+ [a-zA-Z]+ \d{4}", page.select_one(".fresh").get_text())) == 2
            and len(page.select(".sources li")) > 0
        )

    assert [address for address, page in content_pages().items() if not fresh(address, page)] == []


def test_a_page_on_danger_lists_no_newspaper() -> None:
    def first_hand(_: str, page: BeautifulSoup) -> bool:
        return not [link for link in page.select(".sources a") if is_newspaper({"url": link["href"]})]

    on_danger = {address: page for address, page in content_pages().items() if page.select_one("main .danger")}
    assert len(on_danger) > 40
    assert [address for address, page in on_danger.items() if not first_hand(address, page)] == []


def test_a_page_says_who_has_yet_to_look_at_it() -> None:
    for source in (REPO / "docs").glob("*/*.md"):
        open_points = yaml.safe_load(source.read_text("utf-8").split("---\n")[1]).get("verify") or []
        folder = "" if source.parent.name == "nl" else "en/"
        page = content_pages()[f"/{folder}" if source.stem == "index" else f"/{folder}{source.stem}/"]
        who, words = {"nl": ("politie", "de politie"), "en": ("police", "the police")}[source.parent.name]
        asked = [point for point in open_points if re.search(rf"\([^()]*\b{who}\b[^()]*\)$", point)]
        assert (words in page.select_one(".fresh").text) == bool(asked), source


def test_dates_are_written_out_in_the_language_of_the_page() -> None:
    for address, month in (("/privacy/", "november"), ("/en/privacy/", "November")):
        assert re.fullmatch(rf"\d+ {month} 2026", pages()[address].select_one(".fresh dd").get_text())


@pytest.mark.parametrize("folder", LANGUAGES.values())
def test_the_contact_page_has_each_mark_for_the_service_once_and_in_order(folder: str) -> None:
    html = (built() / folder / "contact/index.html").read_text("utf-8")
    before, page, after = re.fullmatch(r"(.*)<!--page-->(.*)<!--/page-->(.*)", html, re.DOTALL).groups()
    marks = [mark for mark in re.findall(r"<!--.*?-->", html) if mark.strip("<!->.")]
    assert marks == ["<!--page-->", "<!--form-->", "<!--/page-->"]
    assert page.lstrip().startswith("<h1") and "<main" in before and "</main>" in after
    intro, fallback = page.split("<!--form-->")
    for text in (intro, fallback):
        assert 'href="tel:112"' in text and 'href="tel:+31703738314"' in text


def test_the_glossary_has_the_same_terms_in_both_languages_and_the_pages_lead_to_it() -> None:
    terms = {
        folder: {tag["id"] for tag in pages()[f"/{folder}begrippen/"].select("main h2[id]")} for folder in LANGUAGES.values()
    }
    assert terms[""] == terms["en/"] and len(terms[""]) >= 63
    for folder in LANGUAGES.values():
        own = [page for address, page in content_pages().items() if address.startswith("/en/") == bool(folder)]
        linked = {link["href"].partition("#")[2] for page in own for link in page.select('main a[href*="begrippen/#"]')}
        assert len(linked) >= 30


def test_every_drawing_is_named_described_and_told_in_words_and_knows_the_dark() -> None:
    drawings = list((REPO / "docs").glob("*/img/*.svg"))
    assert len(drawings) == 8
    for drawing in drawings:
        svg = BeautifulSoup(drawing.read_text("utf-8"), "html.parser").svg
        assert svg.title.text.strip() and len(svg.desc.text) > 80 and "prefers-color-scheme: dark" in svg.style.text, drawing
        images = [
            image for page in pages().values() for image in page.select("main img") if image["src"].endswith(drawing.name)
        ]
        assert len(images) == len(LANGUAGES) and all(len(image["alt"]) > 80 for image in images), drawing


def test_the_worklist_of_the_editors_is_never_shown() -> None:
    shown = "".join(file.read_text("utf-8") for file in built().rglob("*.html"))
    for source in (REPO / "docs").rglob("*.md"):
        front_matter = yaml.safe_load(source.read_text("utf-8").split("---\n")[1])
        assert not [item for item in front_matter.get("verify") or () if item in shown], source
    assert "{{" not in shown


def test_every_first_view_fits_in_one_initial_window() -> None:
    """Measured with deflate, which is on every machine; brotli makes it smaller still."""

    def weight(file) -> int:
        return len(zlib.compress(file.read_bytes(), 9))

    shared = sum(weight(built() / "assets" / name) for name in ("site.js", "mark.svg"))
    heavy = {str(file): shared + weight(file) for file in files().values()}
    assert {name: size for name, size in heavy.items() if size > FIRST_VIEW_BYTES} == {}


@pytest.mark.server
def test_every_page_is_valid_html() -> None:
    command = [
        REPO / "node_modules/.bin/html-validate",
        "--config",
        REPO / ".htmlvalidate.json",
        "--formatter",
        "text",
        built(),
    ]
    run = subprocess.run(command, check=False, capture_output=True, text=True, cwd=REPO)
    assert run.returncode == 0, run.stdout + run.stderr

"""Rules on where a page leads and where it stands."""

import re
from collections.abc import Iterator

from editorial.check.rules.facts import nearest
from editorial.desk.desk import MOVED, SETTINGS, Desk
from editorial.desk.files import FILE_NAME, NOTES, TAKEN
from editorial.desk.moved import moved_pages
from editorial.desk.page import Link, Page
from editorial.desk.problem import Finding
from editorial.desk.shared import HOST
from editorial.desk.yaml_text import text_of

OUTSIDE = ("https://", "http://", "mailto:", "tel:")
# Our own pages, as a browser shows them on the site and in the preview.
OWN = re.compile(r"https?://(?:[\w.-]*hulp\.example|localhost|127\.[\d.]+|\[::1\])(?:[:/?#]|$)", re.IGNORECASE)
# An address within words: of a site or a mailbox. What only ends like one, such as Node.js, is a name.
SHOWN = re.compile(
    rf"(?<![\w.@/-])(?:(?:https?://|www\.)|(?P<box>[\w.+-]+@)|(?=\S*\.(?:nl|com|org|net|eu|info|be|de|uk)\b))(?:www\.)?(?P<host>{HOST})"
)
GOAL = re.compile(rf"(?:https?://(?:www\.)?|mailto:(?P<box>[\w.+-]+@))(?P<host>{HOST})", re.IGNORECASE)
# An address within another: a mail program, a search engine or a social medium sees who follows it.
DETOUR = re.compile(r"[?&][\w-]+=https?(?:%3A|:)", re.IGNORECASE)


def file_name(page: Page, desk: Desk) -> Iterator[Finding]:
    """The file name is the address of the page in both languages."""
    name = page.path.rsplit("/", 1)[-1]
    if page.slug in TAKEN:
        yield Finding(1, {"name": name}, "taken")
    elif not FILE_NAME.fullmatch(name):
        better = "-".join(re.findall(r"[a-z0-9]+", name.removesuffix(".md").lower())) or "nieuwe-pagina"
        yield Finding(1, {"name": name, "better": f"{better}.md"})


def dead_link(page: Page, desk: Desk) -> Iterator[Finding]:
    """Every link leads to a page and a place that exist, and every picture is among our own."""
    for link in page.links:
        yield from _dead_picture(link, page, desk) if link.image else _dead(link, page, desk)


def _dead_picture(link: Link, page: Page, desk: Desk) -> Iterator[Finding]:
    folder = desk.root / "docs" / page.language
    known = {path.relative_to(folder).as_posix() for path in desk.images if path.is_relative_to(folder)}
    if link.target.startswith((*OUTSIDE, "data:", "//")):
        yield Finding(link.line, {"target": link.target[:60]}, "foreign")
    elif link.target not in known:
        yield Finding(link.line, {"target": link.target, "near": nearest(link.target, known)}, "picture")


def _dead(link: Link, page: Page, desk: Desk) -> Iterator[Finding]:
    target, _, anchor = link.target.partition("#")
    if link.target.startswith(OUTSIDE):
        if OWN.match(target):
            yield Finding(link.line, {"target": link.target}, "inside")
        yield from _elsewhere(link)
        return
    if target.endswith(NOTES) and (desk.root / page.path).with_name(target).is_file():
        return
    if target and not (target.endswith(".md") and target[:-3] in desk.slugs[page.language]):
        known = {f"{slug}.md" for slug in desk.slugs[page.language]}
        yield Finding(link.line, {"target": link.target, "near": nearest(target, known)})
        return
    goal = desk.pages.get((page.language, target.removesuffix(".md") or page.slug))
    if link.target in ("", "#") or (anchor and goal and anchor not in goal.anchors):
        near = nearest(anchor, goal.anchors) if goal else "?"
        yield Finding(link.line, {"anchor": anchor, "near": near}, "anchor")


def moved(desk: Desk) -> Iterator[Finding]:
    """An old address leads to a page that is there, and hides none."""
    lines = text_of(desk.root / MOVED).splitlines() if (desk.root / MOVED).exists() else []
    places = {text.partition(":")[0].strip("'\" "): number for number, text in enumerate(lines, 1)}
    for old, new in moved_pages(desk.root).items():
        line = places.get(old, 1)
        if old in desk.slugs["nl"] | desk.slugs["en"] | TAKEN:
            yield Finding(line, {"target": old}, "occupied")
        elif new not in desk.slugs["nl"] & desk.slugs["en"]:
            yield Finding(line, {"target": new, "near": nearest(new, desk.slugs["nl"])})


def _elsewhere(link: Link) -> Iterator[Finding]:
    """A link to another site goes where its words say, and straight there."""
    goal = GOAL.match(link.target)
    if not goal:
        return
    host = goal["host"].lower()
    for shown in SHOWN.finditer(re.sub(r"[*_`\\]", "", link.text)):
        same = f".{host}".endswith(f".{shown['host'].lower()}")
        if not same or (goal["box"] and shown["box"] and goal["box"].lower() != shown["box"].lower()):
            yield Finding(link.line, {"shown": shown[0], "target": goal[0]}, "other")
    if DETOUR.search(link.target):
        yield Finding(link.line, {"target": host}, "detour")


def menu(page: Page, desk: Desk) -> Iterator[Finding]:
    """Every page is in both menus, in the same place."""
    mine = desk.menus[page.language]
    if page.slug not in mine:
        yield Finding(1, {"settings": SETTINGS[page.language]})
    elif mine.count(page.slug) > 1:
        yield Finding(1, {"settings": SETTINGS[page.language]}, "twice")
    elif (
        page.language == "en"
        and page.slug in desk.menus["nl"]
        and _before(page.slug, mine) != _before(page.slug, desk.menus["nl"])
    ):
        yield Finding(1, case="place")


def _before(slug: str, menu: list[str]) -> str:
    place = menu.index(slug)
    return menu[place - 1] if place else ""


def same_title(page: Page, desk: Desk) -> Iterator[Finding]:
    """Two pages with one title look the same in a search engine, a tab and a list."""
    for other in desk.titles[page.language].get(str(page.meta.get("title")), []):
        if other.slug != page.slug:
            yield Finding(page.meta_line("title"), {"other": other.path})

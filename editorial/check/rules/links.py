"""Rules on where a page leads and where it stands."""

import re
from collections.abc import Iterator

from editorial.check.rules.facts import nearest
from editorial.desk.desk import SETTINGS, Desk
from editorial.desk.files import FILE_NAME, NOTES
from editorial.desk.page import Link, Page
from editorial.desk.problem import Finding

OUTSIDE = ("https://", "http://", "mailto:", "tel:")


def file_name(page: Page, desk: Desk) -> Iterator[Finding]:
    """The file name is the address of the page in both languages."""
    name = page.path.rsplit("/", 1)[-1]
    if not FILE_NAME.fullmatch(name):
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
    known = {f"{slug}.md" for slug in desk.slugs[page.language]}
    target, _, anchor = link.target.partition("#")
    if link.target.startswith(OUTSIDE):
        if "hulp.example" in target:
            yield Finding(link.line, {"target": link.target}, "inside")
        return
    if target.endswith(NOTES) and (desk.root / page.path).with_name(target).is_file():
        return
    if target and target not in known:
        yield Finding(link.line, {"target": link.target, "near": nearest(target, known)})
        return
    goal = desk.pages.get((page.language, target.removesuffix(".md") or page.slug))
    if not link.target or (anchor and goal and anchor not in goal.anchors):
        near = nearest(anchor, goal.anchors) if goal else "?"
        yield Finding(link.line, {"anchor": anchor, "near": near}, "anchor")


def menu(page: Page, desk: Desk) -> Iterator[Finding]:
    """Every page is in both menus, in the same place."""
    mine = desk.menus[page.language]
    if page.slug not in mine:
        yield Finding(1, {"settings": SETTINGS[page.language]})
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

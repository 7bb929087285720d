"""`make check`: every rule over every page, in one report."""

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path

from editorial.check.drawing import words as words_of
from editorial.check.lists import list_problems, not_as_typed
from editorial.check.pictures import image_location, image_size, picture_kind
from editorial.check.report import markdown, text
from editorial.check.rules import as_typed, facts, language, links, markup, shape, twins, words
from editorial.check.rules.facts import nearest
from editorial.desk.desk import FACTS, LANGUAGES, MOVED, SETTINGS, Desk
from editorial.desk.everyday_words import FILES
from editorial.desk.files import BESIDE, NOTES, Stray
from editorial.desk.letters import wrong_letters
from editorial.desk.page import Page, repository_path
from editorial.desk.problem import Finding, Problem, problems, rules
from editorial.desk.spelling import NoDictionary
from editorial.desk.yaml_text import text_of

PageRule = Callable[[Page, Desk], Iterator[Finding]]
PAGE_RULES: tuple[PageRule, ...] = (
    links.file_name, twins.twin, facts.typed_phone, facts.typed_name, facts.unknown_key, facts.template_expression,
    facts.promise, facts.no_crime, twins.stale, twins.structure, links.dead_link, facts.source, shape.review_overdue,
    shape.main_heading, shape.heading_order, shape.front_matter_key, links.same_title, shape.description, links.menu,
    shape.image_text, shape.raw_html, markup.markup, as_typed.as_typed,
    shape.smart_quotes, shape.tab, shape.unfinished, language.form_of_address,
    facts.newspaper_only, language.avoid, language.spelling, language.long_sentence, language.reading_level,
    shape.review_soon, shape.open_points,
)  # fmt: skip
# What these judge, the build has made anyway.
ON_THE_PAGE = (markup.markup, as_typed.as_typed)
PICTURE_RULES = (picture_kind, image_location, image_size)
# What these find is dangerous or stops the build, whatever the reason.
NO_EXCEPTION = {
    "typed-phone", "unknown-key", "template-expression", "twin", "file-name", "raw-html", "markup", "as-typed", "exception",
}  # fmt: skip
SHORTEST_REASON = 10


def all_problems(desk: Desk) -> list[Problem]:
    """Everything that is wrong on the desk, most urgent first."""
    if wrong := unreadable_problems(desk):
        return wrong
    desk.spelling.learn(desk.pages.values())
    found = [*shared_problems(desk), *(problem for language in LANGUAGES for problem in _problems(desk, language, PAGE_RULES))]
    return sorted(found, key=lambda problem: problem.order)


def build_problems(desk: Desk, language: str, *, refused: bool = False) -> list[Problem]:
    """What the check calls an error in one language, and so no build lets through; for this nobody needs a dictionary.

    Unless the build is refused anyway, what Markdown makes of a page is left to the build, which judges each as it renders it.
    """
    errors = tuple(rule for rule in PAGE_RULES if rules()[name_of(rule)].level == "error")
    found = [] if refused else _problems(desk, language, tuple(rule for rule in errors if rule not in ON_THE_PAGE))
    return _problems(desk, language, errors) if refused or found else []


def unreadable_problems(desk: Desk) -> list[Problem]:
    """Why nothing else is looked at: what leads elsewhere is not read, and without the lists every page would seem wrong."""
    return [*stray_problems(desk.contents.unsafe)] or [*list_problems(desk)]


def shared_problems(desk: Desk) -> list[Problem]:
    """What is wrong with what both languages lean on, with files that belong to neither, and with pages that cannot be read."""
    found = [*desk.unreadable, *stray_problems(desk.contents.strays), *problems("fact", FACTS, facts.fact(desk))]
    found += problems("dead-link", MOVED, links.moved(desk))
    for stray in desk.contents.strays:
        # Whoever gives it another name and place should not publish where it was taken.
        if stray.case in ("picture", "place"):
            found += problems("image-location", repository_path(stray.path), image_location(stray.path))
    return found


def _problems(desk: Desk, language: str, page_rules: tuple[PageRule, ...]) -> list[Problem]:
    found = [*problems("everyday-words", FILES[language], words.everyday_words(language, desk))]
    for name in (SETTINGS[language], f"docs/{language}/{NOTES}"):
        found += problems("typed-phone", name, facts.long_phones_typed(_lines(desk.root / name), desk.keys[language]))
    found += problems(
        "unknown-key", SETTINGS[language], facts.unknown_key_in(_lines(desk.root / SETTINGS[language]), desk, language)
    )
    for page in desk.pages.values():
        if page.language == language:
            found += page_problems(page, desk, page_rules)
    for path in desk.images:
        if path.is_relative_to(desk.root / "docs" / language):
            for rule in PICTURE_RULES:
                found += problems(name_of(rule), repository_path(path), rule(path))
            found += _drawing_problems(path, desk)
    return found


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    return enumerate(text_of(path).splitlines() if path.exists() else (), 1)


def _drawing_problems(path: Path, desk: Desk) -> Iterator[Problem]:
    """A drawing holds words too, and is saved by programs as any page is."""
    if path.suffix == ".svg":
        where = repository_path(path)
        yield from not_as_typed(path, where, text_of(path))
        yield from problems("encoding", where, wrong_letters(words_of(path.read_bytes()).encode("utf-8", "replace")))
        yield from problems(
            "typed-phone",
            where,
            facts.long_phones_typed(enumerate(words_of(path.read_bytes()).split("\n"), 1), desk.keys["nl"]),
        )


def stray_problems(strays: Iterable[Stray]) -> Iterator[Problem]:
    """Files among the pages that belong to no page, and what stands in the place of a list."""
    for stray in strays:
        where = next((name for name in BESIDE if stray.path.as_posix().endswith(f"/{name}")), repository_path(stray.path))
        yield from problems("stray-file", where, [Finding(1, {"name": stray.path.name, "slug": stray.slug}, stray.case)])


def report_language() -> str:
    """The language in which the desk speaks: Dutch, unless an editor asks for English."""
    return "en" if os.environ.get("REPORT_LANGUAGE") == "en" else "nl"


def name_of(rule: Callable[..., object]) -> str:
    """A rule's one name: that of its function, as it is written in the report, the handbook and an exception."""
    return rule.__name__.replace("_", "-")


def broken(some_rules: Iterable[PageRule], page: Page, desk: Desk) -> list[Problem]:
    """What these rules find on one page."""
    return [problem for rule in some_rules for problem in problems(name_of(rule), page.path, rule(page, desk))]


def page_problems(page: Page, desk: Desk, page_rules: tuple[PageRule, ...] = PAGE_RULES) -> list[Problem]:
    """What is wrong with one page, but for what it gives a reason for."""
    found = broken(page_rules, page, desk)
    written = page.meta.get("except")
    excepted = {str(name): str(reason or "") for name, reason in written.items()} if isinstance(written, dict) else {}
    hit = {problem.rule.name for problem in found}
    # What was not asked now may still need its exception.
    hit |= {name_of(rule) for rule in PAGE_RULES if rule not in page_rules}
    kept = [problem for problem in found if problem.rule.name not in excepted or problem.rule.name in NO_EXCEPTION]
    return kept + list(problems("exception", page.path, _bad_exceptions(page, excepted, hit)))


def _bad_exceptions(page: Page, excepted: dict[str, str], hit: set[str]) -> Iterator[Finding]:
    for name, reason in excepted.items():
        values = {"rule": name, "near": nearest(name, set(rules()))}
        line = next((n for n, text in enumerate(page.meta_lines, 2) if name in text), page.meta_line("except"))
        if name not in rules():
            yield Finding(line, values)
        elif name in NO_EXCEPTION:
            yield Finding(line, values, "never")
        elif len(reason) < SHORTEST_REASON:
            yield Finding(line, values, "reason")
        elif name not in hit:
            yield Finding(line, values, "needless")


def main() -> int:
    """Print the report; errors give exit status 1."""
    language = report_language()
    desk = Desk(Path.cwd(), date.today())  # noqa: DTZ011 - an editor's day
    try:
        found = all_problems(desk)
    except NoDictionary as missing:
        print(missing)
        return 2
    write = markdown if os.environ.get("FORMAT") == "markdown" else text
    print(write(found, language, len(desk.pages)))
    return int(any(problem.rule.level == "error" for problem in found))

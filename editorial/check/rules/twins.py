"""Rules on the two languages: each page twice, with the same structure, and the translation fresh."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from editorial.check.history import changes
from editorial.desk.desk import Desk
from editorial.desk.page import ATTRIBUTES, HEADING, LIST_ITEM, Page
from editorial.desk.problem import Finding
from editorial.desk.shared import KEY

NAMES = {"nl": {"nl": "Nederlands", "en": "Dutch"}, "en": {"nl": "Engels", "en": "English"}}


def twin(page: Page, desk: Desk) -> Iterator[Finding]:
    """A page stands in both languages or in none."""
    other = "en" if page.language == "nl" else "nl"
    if page.slug not in desk.slugs[other]:
        yield Finding(1, {"here": NAMES[page.language], "there": f"docs/{other}/{page.slug}.md", "slug": page.slug})


def stale(page: Page, desk: Desk) -> Iterator[Finding]:
    """The translation was confirmed for the Dutch text as it is now."""
    dutch = desk.twin(page)
    if page.language != "en" or not dutch or page.meta.get("source_rev") == dutch.revision:
        return
    line = page.meta_line("source_rev")
    confirmed = str(page.meta.get("source_rev") or "")
    if not confirmed:
        yield Finding(line, {"slug": page.slug}, "unconfirmed")
        return
    changed = changes(desk.root, dutch, confirmed)
    yield Finding(line, {"slug": page.slug}, "" if changed else "unknown", tuple(changed))


@dataclass
class Section:
    """What stands between two headings, counted."""

    line: int
    title: str
    level: int
    counts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


NUMBERS = "numbers"
WHAT = {
    "headings": {"nl": "Koppen:", "en": "Headings:"},
    "names": {"nl": "Namen van koppen:", "en": "Names of headings:"},
    "links": {"nl": "Links:", "en": "Links:"},
    "keys": {"nl": "Telefoonnummers en adressen:", "en": "Phone numbers and addresses:"},
    "images": {"nl": "Afbeeldingen:", "en": "Images:"},
    "items": {"nl": "Punten in een lijst:", "en": "Items of a list:"},
    "rows": {"nl": "Regels in een tabel:", "en": "Rows of a table:"},
    "marks": {"nl": "Gemarkeerde stukken:", "en": "Marked parts:"},
    NUMBERS: {"nl": "Getallen:", "en": "Numbers:"},
}
COUNTED = ("links", "keys", "images", "items", "rows", "marks")
# A time of day is written in another way in each language; so are thousands and what stands behind the point.
TIME = re.compile(r"\b\d{1,2}(?:[.:]\d\d)?(?: ?uur\b| ?[ap]\.?m\b)|\b\d{1,2}[.:]\d\d\b(?!\.)")
STEP, SOME_DIGIT = re.compile(r"\s*\d+\. "), re.compile("[0-9]")
NO_TEXT = re.compile(rf"\]\([^)]*\)|\{{[^}}]*\}}|^{STEP.pattern}")
THOUSANDS, NUMBER = re.compile(r"(?<=\d)[.,](?=\d{3}\b)"), re.compile(r"\d+(?:\.\d+)?")


def structure(page: Page, desk: Desk) -> Iterator[Finding]:
    """Both pages have the same headings, links, lists and keys, section by section."""
    dutch = desk.twin(page)
    if page.language != "en" or not dutch:
        return
    ours, theirs = _sections(page), _sections(dutch)
    if len(ours) != len(theirs) or any(ours[name].level != theirs[name].level for name in ours.keys() & theirs.keys()):
        yield _difference("headings", len(ours), len(theirs), _first_odd(ours, theirs), _first_odd(theirs, ours), dutch)
        return
    if names := ours.keys() ^ theirs.keys():
        ours_odd, theirs_odd = _first_odd(ours, theirs), _first_odd(theirs, ours)
        yield _difference("names", *_odd(names, ours), *_odd(names, theirs), ours_odd, theirs_odd, dutch)
        return
    for name, section in ours.items():
        if section.counts == theirs[name].counts:
            continue
        for kind in COUNTED:
            here, there = section.counts[kind], theirs[name].counts[kind]
            if here != there:
                shown = _shown(here, there), _shown(there, here)
                yield _difference(kind, *shown, section, theirs[name], dutch)
        here, there = section.counts[NUMBERS], theirs[name].counts[NUMBERS]
        # One language may have a word where the other has a number; a number against another one is a mistake in one of them.
        if here - there and there - here:
            shown = ", ".join(here - there), ", ".join(there - here)
            yield _difference(NUMBERS, *shown, section, theirs[name], dutch)


def _odd(names: set[str], sections: dict[str, Section]) -> tuple[str]:
    return (", ".join(sorted(names & sections.keys())) or "-",)


def _shown(counts: Counter[str], other: Counter[str]) -> str:
    extra = [name for name in (counts - other) if name]
    return f"{counts.total()}" + (f" ({', '.join(extra[:3])})" if extra else "")


def _difference(what: str, there: object, here: object, ours: Section, theirs: Section, dutch: Page) -> Finding:
    values = {
        "what": WHAT[what],
        "there": there,
        "here": here,
        "section": ours.title,
        "dutch_line": theirs.line,
        "dutch": dutch.path,
    }
    return Finding(ours.line, values)


def _first_odd(sections: dict[str, Section], others: dict[str, Section]) -> Section:
    for (name, section), (other_name, other) in zip(sections.items(), others.items(), strict=False):
        if name != other_name or section.level != other.level:
            return section
    return list(sections.values())[min(len(others), len(sections) - 1)]


def _sections(page: Page) -> dict[str, Section]:
    """Cut a page at its headings; a section is known by its name or else by its place."""
    sections, unnamed = {"": Section(page.first_body_line, "", 0)}, 0
    for heading in page.headings:
        unnamed += not heading.named
        section = Section(heading.line, heading.text, heading.level)
        sections[f"#{heading.anchor}" if heading.named else str(unnamed)] = section
    # Of two with one name, the last one counts, with what stands in it.
    starts = [page.first_body_line, *(heading.line for heading in page.headings)]
    ends = [*starts[1:], page.first_body_line + len(page.body_lines)]
    at = {section.line: section for section in sections.values()}
    for start, end in zip(starts, ends, strict=True):
        if start in at:
            _count(page, start, end, at[start].counts)
    return sections


def _count(page: Page, start: int, end: int, counts: defaultdict[str, Counter[str]]) -> None:
    """Count what stands in the lines from the one up to the other."""
    lines = page.body_lines[start - page.first_body_line : end - page.first_body_line]
    text = "\n".join(lines)
    for number in range(start, end) if "](" in text else ():
        for match in page.links_by_line.get(number, ()):
            counts["images" if match[1] else "links"][match[3]] += 1
    # A name may be explained in one language and written out in the other.
    if "{" in text:
        counts["keys"].update(match for match in KEY.findall(text) if match.startswith(("tel.", "mail.")))
        marked = [line for line in lines if "{" in line and not HEADING.match(line)]
        counts["marks"].update(ATTRIBUTES.findall("\n".join(marked)))
    for line in lines:
        if not line[:1].isalpha():
            counts["items"][""] += bool(LIST_ITEM.match(line))
            counts["rows"][""] += line.lstrip().startswith("|")
        step = STEP.match(line)
        if SOME_DIGIT.search(line, step.end() if step else 0):
            numbers = THOUSANDS.sub("", TIME.sub("", NO_TEXT.sub("", line))).replace(",", ".")
            counts[NUMBERS].update(NUMBER.findall(numbers))

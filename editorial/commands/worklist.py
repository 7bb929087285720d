"""`make worklist`: what must be verified, by whom and by when, and what no page answers; with dates for a calendar."""

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from icalendar import Calendar, Event

from editorial.check.inspection import report_language
from editorial.commands.command import run
from editorial.commands.gaps import told
from editorial.desk.desk import FACTS, Desk
from editorial.desk.page import Page
from editorial.desk.shared import named
from editorial.desk.yaml_text import text_of

# What to verify, who knows it in brackets, and at times a word behind that, such as `- holds up publication`.
POINT = re.compile(r"^(?P<what>.*?)\s*(?:\((?P<who>[^()]*)\)(?P<more>\s+[-–][^()]*)?)?\.?$", re.DOTALL)
UNCHECKED = re.compile(r"^\s+(\w+):.*#.*check before launch", re.MULTILINE)
COLUMNS = {"nl": ("Voor", "Pagina", "Wat navragen", "Bij wie"), "en": ("Before", "Page", "What to verify", "With whom")}
NUMBER = {"nl": "klopt het nummer {key}?", "en": "is the number {key} right?"}
EDITORS = {"nl": "redactie", "en": "editors"}
REVIEW = {"nl": "Nakijken: {title}", "en": "Review: {title}"}


@dataclass(frozen=True, order=True)
class Point:
    """One thing to verify."""

    due: date
    slug: str
    what: str
    who: str


def open_points(desk: Desk, language: str) -> list[Point]:
    """Everything that the pages rest on and that nobody verified, most urgent first."""
    unchecked = set(UNCHECKED.findall(text_of(desk.root / FACTS)))
    pages = [page for page in desk.pages.values() if page.language == language]
    return sorted(point for page in pages for point in _points(page, unchecked))


def _points(page: Page, unchecked: set[str]) -> Iterator[Point]:
    due = page.meta.get("review_by")
    if not isinstance(due, date):
        due = date.max
    for item in page.meta.get("verify") or ():
        match = POINT.match(str(item).strip())
        if match:
            yield Point(due, page.slug, match["what"] + (match["more"] or ""), match["who"] or EDITORS[page.language])
    for key in sorted({key for _, key in page.keys if key.removeprefix("tel.") in unchecked}):
        yield Point(due, page.slug, NUMBER[page.language].format(key=key), EDITORS[page.language])


def table(points: list[Point], language: str) -> str:
    """A table in Markdown, which also reads well as it is."""
    rows = [COLUMNS[language], ("---",) * 4]
    rows += [(str(point.due), point.slug, point.what, point.who) for point in points]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def calendar(desk: Desk, language: str) -> bytes:
    """The review dates as a calendar file (RFC 5545)."""
    dates = Calendar()
    dates.add("prodid", "-//editorial//worklist//NL")
    dates.add("version", "2.0")
    for page in desk.pages.values():
        due = page.meta.get("review_by")
        if page.language == language and isinstance(due, date):
            review = Event()
            review.add("uid", f"review-{page.slug}@editorial")
            review.add("dtstamp", datetime.combine(desk.today, time(), UTC))
            review.add("dtstart", due)
            review.add("summary", named(REVIEW[language].format(title=page.meta.get("title")), desk.written[language]))
            review.add("description", f"make reviewed PAGE={page.slug}")
            dates.add_component(review)
    return bytes(dates.to_ical())


def worklist(desk: Desk) -> str:
    """Write both files and show the table."""
    language = report_language()
    # Of a list of their own, editors want each miss; those of our lists are for whoever mends the search.
    searched = told(desk, language, hidden=bool(os.environ.get("LIST", "").strip()))
    points = f"{table(open_points(desk, language), language)}\n\n{searched}"
    folder = desk.root / "var"
    folder.mkdir(exist_ok=True)
    (folder / "worklist.md").write_text(points + "\n", "utf-8")
    (folder / "worklist.ics").write_bytes(calendar(desk, language))
    return f"{points}\n\nOok bewaard: var/worklist.md (tabel) en var/worklist.ics (agenda)"


if __name__ == "__main__":
    sys.exit(run(worklist))

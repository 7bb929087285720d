"""`make translated` and `make reviewed`: an editor confirms that a page is right."""

import sys
from datetime import date

from editorial.check.inspection import page_problems
from editorial.commands.command import Refused, asked, existing, page_file, run, set_key
from editorial.desk.desk import LANGUAGES, Desk

# A translation with one of these cannot be right.
UNTRANSLATED = {"structure", "unfinished"}
USUAL_MONTHS = 6
DAYS_A_MONTH = 30.44


def translated(desk: Desk) -> str:
    """Note in the English page for which Dutch text it is right."""
    slug = existing(desk, asked("PAGE", "make translated PAGE=bewijs"))
    english = desk.pages["en", slug]
    for problem in page_problems(english, desk):
        if problem.rule.name in UNTRANSLATED:
            what, _ = problem.sentences("nl")
            raise Refused(f"Nog niet: {english.path}:{problem.finding.line} {what} Los dat eerst op.")
    set_key(page_file(desk, "en", slug), "source_rev", f'"{desk.pages["nl", slug].revision}"')
    return f"docs/en/{slug}.md klopt nu met de Nederlandse tekst."


def reviewed(desk: Desk) -> str:
    """Note in both pages that they were reviewed today, and plan the next review as far away as the last time."""
    slug = existing(desk, asked("PAGE", "make reviewed PAGE=bewijs"))
    meta = desk.pages["nl", slug].meta
    last, due = meta.get("reviewed"), meta.get("review_by")
    months = USUAL_MONTHS
    if isinstance(last, date) and isinstance(due, date):
        months = max(1, round((due - last).days / DAYS_A_MONTH))
    following = months_later(desk.today, months)
    for language in LANGUAGES:
        set_key(page_file(desk, language, slug), "reviewed", str(desk.today))
        set_key(page_file(desk, language, slug), "review_by", str(following))
    return f"{slug}: nagekeken op {desk.today}, de volgende keer voor {following}."


def months_later(day: date, months: int) -> date:
    """The same day some months later; at the end of a short month its last days fall on the 28th."""
    month = day.month - 1 + months
    return date(day.year + month // 12, month % 12 + 1, min(day.day, 28))


if __name__ == "__main__":
    sys.exit(run({"translated": translated, "reviewed": reviewed}[sys.argv[1]]))

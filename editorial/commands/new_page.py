"""`make new`: both twins from a template, and a place in both menus."""

import os
import re
import sys
from pathlib import Path

from editorial.commands.command import Refused, asked, existing, page_file, run
from editorial.commands.confirm import USUAL_MONTHS, months_later
from editorial.desk.desk import LANGUAGES, SETTINGS, Desk
from editorial.desk.reading import FILE_NAME

TEMPLATES = Path(__file__).with_name("templates")


def new(desk: Desk) -> str:
    """Make what does not exist yet of a page and its twin."""
    slug = asked("PAGE", "make new PAGE=nieuwe-wet")
    if not FILE_NAME.fullmatch(f"{slug}.md"):
        raise Refused(f"‘{slug}’ kan geen adres zijn. Gebruik kleine letters, cijfers en streepjes, zoals: nieuwe-wet")
    if all(slug in desk.slugs[language] for language in LANGUAGES):
        raise Refused(f"De pagina ‘{slug}’ bestaat al in beide talen.")
    after = existing(desk, asked("AFTER", "")) if os.environ.get("AFTER") else desk.menus["nl"][-1]
    made = []
    for language in LANGUAGES:
        title = os.environ.get("TITLE" if language == "nl" else "TITLE_EN") or slug.replace("-", " ").capitalize()
        if slug not in desk.slugs[language]:
            page_file(desk, language, slug).write_text(_filled(desk, language, title), "utf-8")
            made.append(f"docs/{language}/{slug}.md")
        if slug not in desk.menus[language]:
            into_menu(desk.root / SETTINGS[language], slug, title, after)
            made.append(SETTINGS[language])
    return f"Gemaakt of aangevuld: {', '.join(made)}. Vul in wat tussen [ ] staat; ‘make check’ zegt wat nog ontbreekt."


def _filled(desk: Desk, language: str, title: str) -> str:
    template = (TEMPLATES / f"{language}.md").read_text("utf-8")
    return template.format(title=title.replace('"', "'"), today=desk.today, review_by=months_later(desk.today, USUAL_MONTHS))


def into_menu(settings: Path, slug: str, title: str, after: str) -> None:
    """Add a line to the menu, below the page after which it comes."""
    lines = settings.read_text("utf-8").splitlines(keepends=True)
    place = next(n for n, line in enumerate(lines) if re.search(rf"[ :]{re.escape(after)}\.md\s*$", line))
    indent = lines[place][: len(lines[place]) - len(lines[place].lstrip())]
    quoted = f'"{title}"' if re.search(r"[:#'\"\[\]{}]", title) else title
    lines.insert(place + 1, f"{indent}- {quoted}: {slug}.md\n")
    settings.write_text("".join(lines), "utf-8")


if __name__ == "__main__":
    sys.exit(run(new))

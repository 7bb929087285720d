"""`make new`: both twins from a template, and a place in both menus."""

import os
import re
import sys
from pathlib import Path

import yaml

from editorial.commands.command import Refused, asked, existing, page_file, run
from editorial.commands.confirm import USUAL_MONTHS, months_later
from editorial.desk.desk import LANGUAGES, SETTINGS, Desk
from editorial.desk.files import FILE_NAME

LONGEST = 100
TEMPLATES = Path(__file__).with_name("templates")


def new(desk: Desk) -> str:
    """Make what does not exist yet of a page and its twin."""
    slug = asked("PAGE", "make new PAGE=nieuwe-wet")
    if not FILE_NAME.fullmatch(f"{slug}.md"):
        raise Refused(f"‘{slug}’ kan geen adres zijn. Gebruik kleine letters, cijfers en streepjes, zoals: nieuwe-wet")
    if all(slug in desk.slugs[language] for language in LANGUAGES):
        raise Refused(f"De pagina ‘{slug}’ bestaat al in beide talen.")
    after = existing(desk, asked("AFTER", "")) if os.environ.get("AFTER") else desk.menus["nl"][-1]
    for language in LANGUAGES:
        place_of(menu_lines(desk, language), after, SETTINGS[language])
    plain = slug.replace("-", " ").capitalize()
    titles = {"nl": _title("TITLE") or plain, "en": _title("TITLE_EN") or plain}
    made = []
    for language in LANGUAGES:
        if slug not in desk.slugs[language]:
            page_file(desk, language, slug).write_text(_filled(desk, language, titles[language]), "utf-8")
            made.append(f"docs/{language}/{slug}.md")
        if slug not in desk.menus[language]:
            into_menu(desk.root / SETTINGS[language], slug, titles[language], after)
            made.append(SETTINGS[language])
    return f"Gemaakt of aangevuld: {', '.join(made)}. Vul in wat tussen [ ] staat; ‘make check’ zegt wat nog ontbreekt."


def _title(name: str) -> str:
    """A title on one line, as it was typed. Raises Refused when it holds what no title can."""
    title = " ".join(os.environ.get(name, "").split())
    if odd := re.search(r"[<>{}*_`|\\\[\]\x00-\x1f\x7f]", title):
        raise Refused(
            f"In de titel kan geen ‘{odd[0]}’ staan: op de pagina en in het menu is dat opmaak. Schrijf gewone tekst."
        )
    if len(title) > LONGEST:
        raise Refused(f"De titel is langer dan {LONGEST} tekens. Maak hem korter: hij staat ook in het menu en in het tabblad.")
    return title


def _filled(desk: Desk, language: str, title: str) -> str:
    template = (TEMPLATES / f"{language}.md").read_text("utf-8")
    escaped = title.replace('"', '\\"')
    above, mark, text = template.partition("---\n#")
    dates = {"today": desk.today, "review_by": months_later(desk.today, USUAL_MONTHS)}
    return above.format(title=escaped, **dates) + (mark + text).format(title=title)


def menu_lines(desk: Desk, language: str) -> list[str]:
    """The lines of the settings with the menu, each with its own end."""
    return (desk.root / SETTINGS[language]).read_bytes().decode("utf-8").splitlines(keepends=True)


def place_of(lines: list[str], slug: str, settings: str) -> int:
    """The line of a page in the menu, from 0 on. Raises Refused when there is none of its own."""
    found = [n for n, line in enumerate(lines) if re.search(rf"^\s*-(.*:)? ['\"]?{re.escape(slug)}\.md['\"]?\s*(#.*)?$", line)]
    if not found:
        raise Refused(
            f"In {settings} heeft ‘{slug}’ geen regel van zichzelf. Zet zelf een regel ‘- Titel: naam.md’ in het menu."
        )
    return found[0]


def into_menu(settings: Path, slug: str, title: str, after: str) -> None:
    """Add a line to the menu, below the page after which it comes, and leave every other byte as it was."""
    lines = settings.read_bytes().decode("utf-8").splitlines(keepends=True)
    place = place_of(lines, after, settings.name)
    indent = lines[place][: len(lines[place]) - len(lines[place].lstrip())]
    end = lines[place][len(lines[place].rstrip("\r\n")) :] or "\n"
    entry = yaml.safe_dump({title: f"{slug}.md"}, allow_unicode=True, width=1000).rstrip("\n")
    lines[place] = lines[place].rstrip("\r\n") + end
    lines.insert(place + 1, f"{indent}- {entry}{end}")
    settings.write_bytes("".join(lines).encode())


if __name__ == "__main__":
    sys.exit(run(new))

"""What every command of the desk shares: the page that was asked for, and a sentence instead of a traceback."""

import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from editorial.check.inspection import report_language, stray_problems
from editorial.check.lists import list_problems
from editorial.check.report import text
from editorial.check.rules.facts import nearest
from editorial.desk.desk import LANGUAGES, Desk
from editorial.desk.spelling import NoDictionary


class Refused(Exception):
    """The command cannot be done; the message says why and what to do."""


def run(command: Callable[[Desk], str], *, reads_lists: bool = True) -> int:
    """Do a command on the desk in this folder and tell how it went."""
    desk = Desk(Path.cwd(), date.today())  # noqa: DTZ011 - an editor's day
    try:
        if reads_lists and (wrong := [*stray_problems(desk.contents.unsafe)] or [*list_problems(desk)]):
            raise Refused(text(wrong, report_language(), 0))
        print(command(desk))
    except (Refused, NoDictionary) as why:
        print(why, file=sys.stderr)
        return 1
    return 0


def asked(name: str, example: str) -> str:
    """A word that the editor gave with the command, such as PAGE."""
    word = os.environ.get(name, "").strip().removesuffix(".md")
    if not word:
        raise Refused(f"Zeg erbij om welke pagina het gaat, bijvoorbeeld: {example}")
    return word.rpartition("/")[2]


def existing(desk: Desk, slug: str) -> str:
    """The name of a page that exists in both languages and can be read."""
    known = {slug for _, slug in desk.pages}
    if slug not in known:
        raise Refused(f"De pagina ‘{slug}’ bestaat niet of is niet te lezen. Bedoelt u ‘{nearest(slug, known)}’?")
    for language in LANGUAGES:
        if (language, slug) not in desk.pages:
            raise Refused(f"docs/{language}/{slug}.md bestaat niet of is niet te lezen. Typ ‘make check’ en los dat eerst op.")
    return slug


def page_file(desk: Desk, language: str, slug: str) -> Path:
    """Where a page lies."""
    return desk.root / "docs" / language / f"{slug}.md"


def set_key(path: Path, key: str, value: str) -> None:
    """Change one line of the front matter and leave every other byte as it was."""
    content = path.read_bytes()
    lines = content.splitlines(keepends=True)
    ending = lines[0][len(lines[0].rstrip(b"\r\n")) :]
    new = f"{key}: {value}".encode() + ending
    end = next(n for n, line in enumerate(lines[1:], 1) if line.rstrip() == b"---")
    place = next((n for n in range(1, end) if lines[n].startswith(f"{key}:".encode())), None)
    if place is None:
        lines.insert(_behind(lines, end), new)
    else:
        lines[place] = new
    path.write_bytes(b"".join(lines))


def _behind(lines: list[bytes], end: int) -> int:
    """A new key stands below the review dates, where editors look for what is fresh."""
    return next((n + 1 for n in range(1, end) if lines[n].startswith(b"review_by:")), end)

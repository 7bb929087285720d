"""`make rename`: a page gets another address, and the old address keeps leading to it."""

import re
import sys
from pathlib import Path

import yaml

from editorial.commands.command import Refused, asked, existing, page_file, run
from editorial.desk.desk import LANGUAGES, MOVED, SETTINGS, Desk
from editorial.desk.everyday_words import FILES
from editorial.desk.files import FILE_NAME
from editorial.desk.moved import moved_pages

# The contact service, the web server and the theme know these addresses.
FIXED = {"index", "contact", "privacy", "kwetsbaarheid-melden"}
HEAD = "# Pages that got another address: old name, new name. The old address keeps a page that leads on.\n"


def rename(desk: Desk) -> str:
    """Move both twins and everything that points to them."""
    old = existing(desk, asked("PAGE", "make rename PAGE=oud TO=nieuw"))
    new = asked("TO", "make rename PAGE=oud TO=nieuw")
    if old in FIXED:
        raise Refused(f"Het adres van ‘{old}’ ligt vast: de dienst en de webserver kennen het. Overleg met de beheerder.")
    if not FILE_NAME.fullmatch(f"{new}.md") or new in desk.slugs["nl"] | desk.slugs["en"]:
        raise Refused(f"‘{new}’ kan niet: die pagina bestaat al, of er staan tekens in die niet in een adres horen.")
    for language in LANGUAGES:
        page_file(desk, language, old).rename(page_file(desk, language, new))
        for path in sorted((desk.root / "docs" / language).rglob("*.md")):
            _replace(path, rf"(\]\(\s*){old}(\.md[)#\s])", rf"\g<1>{new}\2")
            _replace(path, rf"(?m)(^related:.*?[\[ ]){old}(?=[,\]\s])", rf"\g<1>{new}")
        _replace(desk.root / FILES[language], rf"(?m)(^ +pages:(?: +\S+)*? +){old}(?=\s|$)", rf"\g<1>{new}")
        _replace(desk.root / SETTINGS[language], rf"(?m)([ :]){old}(\.md\s*)$", rf"\g<1>{new}\2")
    moved = {before: new if after == old else after for before, after in moved_pages(desk.root).items()} | {old: new}
    moved.pop(new, None)
    (desk.root / MOVED).write_text(HEAD + yaml.safe_dump(moved), "utf-8")
    return f"‘{old}’ heet nu ‘{new}’ in beide talen. Het oude adres leidt door naar het nieuwe."


def _replace(path: Path, pattern: str, by: str) -> None:
    content = path.read_bytes().decode("utf-8")
    changed = re.sub(pattern, by, content)
    if changed != content:
        path.write_bytes(changed.encode())


if __name__ == "__main__":
    sys.exit(run(rename))

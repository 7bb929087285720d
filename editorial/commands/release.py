"""`make release` and `make rollback`: the built site goes online in one step, and back in one step.

TARGET holds a folder for each release, named by date and time, and the link `current`, which the web server serves. Changing
a link is one step for the file system: a reader gets the old site or the new one, never half of each.
"""

import hashlib
import json
import os
import re
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from contact_service.web.headers import STYLE, style_sum
from editorial.commands.command import Refused, run
from editorial.desk.desk import Desk

SITE = "site"
RELEASES, CURRENT, CONTENTS = "releases", "current", "pages.json"
KEPT = 20
NOTES = {"nl": "wijzigingen.txt", "en": "en/wijzigingen.txt"}
WORDS = {
    "nl": {
        "new": "Nieuw",
        "changed": "Veranderd",
        "gone": "Weggehaald",
        "none": "Geen pagina is veranderd.",
        "first": "De eerste uitgave.",
    },
    "en": {
        "new": "New",
        "changed": "Changed",
        "gone": "Removed",
        "none": "No page has changed.",
        "first": "The first release.",
    },
}
STYLE_CHANGED = (
    "De vormgeving is een andere. Geef de webserver daarom zijn headers opnieuw, anders komt ze bij lezers een tel later:\n"
    "python -m deploy.nginx.headers {target}/current > /etc/nginx/contact-service-headers.conf && systemctl reload nginx\n"
)
# What a reader reads of a page; the frame around it changes with each new asset.
TEXT = re.compile(r"<main.*?</main>", re.DOTALL)
TITLE = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)


def release(desk: Desk) -> str:
    """Put the site that was just built online as a new release."""
    target, site = _target(), desk.root / SITE
    if not (site / "index.html").exists():
        raise Refused("Er is nog geen gebouwde site. Typ eerst: make site")
    name = f"{datetime.now(UTC):%Y-%m-%dT%H%M%S.%f}"
    place, half = target / RELEASES / name, target / f".half-{name}"
    before = (target / CURRENT).resolve() if (target / CURRENT).exists() else None
    shutil.copytree(site, half)
    (half / CONTENTS).write_text(json.dumps(contents(half), ensure_ascii=False), "utf-8")
    notes = {language: _note(half, before, language, name) for language in NOTES}
    place.parent.mkdir(exist_ok=True)
    # A copy that was cut short never has a release's name.
    half.rename(place)
    _switch(target, place)
    _forget(target)
    style = STYLE_CHANGED.format(target=target) if before and _style(before) != _style(place) else ""
    return f"Online: {name}\n\n{notes['nl']}\n{notes['en']}\n{style}Terug naar de vorige: make rollback TARGET={target}"


def _style(place: Path) -> str:
    return style_sum(place) if (place / STYLE).exists() else ""


def rollback(desk: Desk) -> str:
    """Go back to the release before the one that is online."""
    target = _target()
    names = sorted(place.name for place in (target / RELEASES).iterdir()) if (target / RELEASES).exists() else []
    online = (target / CURRENT).resolve().name
    earlier = [name for name in names if name < online]
    if not earlier:
        raise Refused("Er is geen eerdere uitgave om naar terug te gaan.")
    place = target / RELEASES / earlier[-1]
    _switch(target, place)
    style = f"\n{STYLE_CHANGED.format(target=target)}" if _style(place) != _style(target / RELEASES / online) else ""
    return f"Online is weer: {earlier[-1]}. De uitgave {online} is bewaard.{style}"


def _target() -> Path:
    word = os.environ.get("TARGET", "").strip()
    if not word:
        raise Refused("Zeg erbij in welke map de site online staat, bijvoorbeeld: make release TARGET=/srv/site")
    return Path(word).absolute()


def _switch(target: Path, place: Path) -> None:
    """Let `current` point to another release in one step."""
    new = target / f".{CURRENT}-{os.getpid()}"
    new.unlink(missing_ok=True)
    new.symlink_to(place.relative_to(target))
    new.replace(target / CURRENT)


def _forget(target: Path) -> None:
    """Keep the last releases, and always the one that is online."""
    online = (target / CURRENT).resolve()
    for place in sorted((target / RELEASES).iterdir())[:-KEPT]:
        if place != online:
            shutil.rmtree(place)


def contents(place: Path) -> dict[str, list[str]]:
    """Each page's title and a short name for its text, by address."""
    found = {}
    for path in sorted(place.rglob("index.html")):
        text = path.read_text("utf-8")
        body, title = TEXT.search(text), TITLE.search(text)
        digest = hashlib.sha256((body[0] if body else text).encode()).hexdigest()[:12]
        address = f"/{path.parent.relative_to(place).as_posix()}/".replace("/./", "/")
        found[address] = [re.sub(r"<[^>]*>", "", title[1]).strip() if title else address, digest]
    return found


def _note(place: Path, before: Path | None, language: str, name: str) -> str:
    """Tell readers what this release changed, above what the earlier ones did."""
    old = json.loads((before / CONTENTS).read_text("utf-8")) if before and (before / CONTENTS).exists() else {}
    new = json.loads((place / CONTENTS).read_text("utf-8"))
    english = language == "en"
    mine = [address for address in sorted(new.keys() | old.keys()) if address.startswith("/en/") == english]
    words, lines = WORDS[language], [f"{name[:10]}"]
    if not old:
        lines, mine = [*lines, words["first"]], []
    for address in mine:
        kind = "new" if address not in old else "gone" if address not in new else "changed"
        if kind != "changed" or old[address][1] != new[address][1]:
            lines.append(f"- {words[kind]}: {new.get(address, old.get(address))[0]} ({address})")
    if extra := os.environ.get("NOTE_EN" if english else "NOTE", "").strip():
        lines.insert(1, extra)
    note = "\n".join(lines if len(lines) > 1 else [*lines, words["none"]]) + "\n"
    earlier = before / NOTES[language] if before else None
    history = earlier.read_text("utf-8") if earlier and earlier.exists() else ""
    (place / NOTES[language]).write_text(f"{note}\n{history}", "utf-8")
    return note


if __name__ == "__main__":
    sys.exit(run({"release": release, "rollback": rollback}[sys.argv[1]], reads_lists=False))

"""`python -m editorial.build`: the one way to make the site, for every command that needs it.

It refuses with status 1, in the words of the desk, whatever the check calls an error and whatever MkDocs warns of. A site that
was refused never takes the place of the one before it, and no half of one does.
"""

import argparse
import gc
import json
import logging
import re
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from mkdocs.commands.build import build
from mkdocs.exceptions import MkDocsException
from mkdocs.utils import get_build_datetime

from contact_service.operator.manifest import MANIFEST, sums
from editorial.build.at_once import Ended, at_once
from editorial.build.configuration import configuration
from editorial.build.packages import absent, hand_out
from editorial.build.reader import NAME, NotBuilt, checked_page
from editorial.check.inspection import build_problems, report_language, shared_problems, unreadable_problems
from editorial.check.report import text
from editorial.desk.desk import LANGUAGES, SETTINGS, Desk
from editorial.desk.problem import Finding, Problem, problems
from editorial.desk.shared import linked

REFUSED = {
    "nl": "Er is niets gebouwd. De site die er al stond, is niet veranderd.",
    "en": "Nothing was built. The site that was there before has not changed.",
}

# A line of a script that is nothing but a comment.
COMMENT = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)


class _Complaints(logging.Handler):
    """Keeps what the desk and MkDocs complain of while a site is made."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[Problem] = []

    def emit(self, record: logging.LogRecord) -> None:
        """A problem of the desk as it is, anything else in MkDocs' own words."""
        self.found.append(getattr(record, "problem", None) or _said(record.getMessage()))


def _said(words: str) -> Problem:
    return next(problems("build", SETTINGS["nl"], [Finding(1, {"text": words})]))


def make(root: Path, site: Path, each: Callable[..., Iterable[Any]] = map) -> list[Problem]:
    """Make the site of the desk in this folder, both languages; what is returned says why there is none.

    `each` may make the languages at once, as `at_once` does.
    """
    # While others read and make the languages.
    reader = each(_reader, [NAME])
    # Before MkDocs reads any setting: it would run what one names.
    desk = Desk(root, get_build_datetime().date())
    if wrong := unreadable_problems(desk):
        return wrong
    if absent():
        return [_said(absent())]
    found = shared_problems(desk)
    # Beside the site, so that it can take its place in one step.
    with tempfile.TemporaryDirectory(prefix=f".{site.name}-", dir=site.parent) as name:
        folder = Path(name)
        found += [problem for one in each(partial(_language, desk, folder, bool(found)), LANGUAGES) for problem in one]
        found = found or _finished(desk, folder, next(iter(reader)))
        if not found:
            if site.exists():
                site.rename(folder / "before")
            (folder / "nl").rename(site)
    return sorted(found, key=lambda problem: problem.order)


def _language(desk: Desk, folder: Path, refused: bool, language: str) -> list[Problem]:
    """Make the pages of one language, unless something is wrong with them, or with what both lean on."""
    wrong = build_problems(desk, language, refused=refused)
    if wrong or refused:
        return wrong
    complaints, logger = _Complaints(), logging.getLogger("mkdocs")
    logger.addHandler(complaints)
    try:
        build(configuration(desk.root, language, site_dir=str(folder / language), strict=True))
    except MkDocsException as fault:
        if not complaints.found:
            complaints.found.append(_said(str(fault)))
    # Whatever a page or a theme does to MkDocs, it gets a sentence, and no site.
    except Exception as fault:  # noqa: BLE001
        complaints.found.append(_said(f"{type(fault).__name__}: {fault}"))
    finally:
        logger.removeHandler(complaints)
    return complaints.found


def _reader(_: str) -> bytes | str:
    """The advisers' reader, or why there is none."""
    try:
        return checked_page()
    except NotBuilt as fault:
        return str(fault)


def _finished(desk: Desk, folder: Path, reader: bytes | str) -> list[Problem]:
    """Put the languages together, with what belongs to neither: packages, the reader, facts, and the list of all files."""
    if isinstance(reader, str):
        return [_said(reader)]
    site = folder / "nl"
    (folder / "en").rename(site / "en")
    for script in (site / "assets").glob("*.js"):
        # Comments are for who changes a script, not for who waits for it on a phone.
        script.write_text(COMMENT.sub("", script.read_text("utf-8")), "utf-8")
    hand_out(site)
    (site / NAME).write_bytes(reader)
    (site / "facts.json").write_text(json.dumps(service_facts(desk), ensure_ascii=False, indent=1), "utf-8")
    (site / MANIFEST).write_text(json.dumps(sums(site), indent=1), "utf-8")
    return []


def service_facts(desk: Desk) -> dict[str, Any]:
    """What the contact service shows and puts into mails: numbers, the team, and for each role the association that reads."""
    dutch = linked(desk.facts, "nl")
    return {
        "tel": dutch["tel"],
        "mail": dutch["mail"],
        "team": desk.written["nl"]["naam"]["ot"],
        "groups": desk.facts["vereniging"],
        "associations": {language: desk.written[language]["vereniging"] for language in LANGUAGES},
    }


def main() -> int:
    """Make the site, or say in the editor's words why not."""
    options = argparse.ArgumentParser(prog="python -m editorial.build", description="Make the site in both languages.")
    options.add_argument("--site-dir", type=Path, default=Path("site"), help="the folder that it takes the place of")
    site = options.parse_args().site_dir.absolute()
    # It is over before memory that nobody uses matters.
    gc.disable()
    try:
        found = make(Path.cwd(), site, at_once)
    except Ended:
        found = [_said("A process of the build was ended: is there enough memory?")]
    if found:
        language = report_language()
        pages = len(Desk(Path.cwd(), get_build_datetime().date()).pages)
        print(text(found, language, pages), REFUSED[language], sep="\n", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())

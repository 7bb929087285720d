"""`python -m editorial.build`: the one way to make the site, for every command that needs it.

It refuses with status 1, in the words of the desk, whatever the check calls an error and whatever MkDocs warns of. A site that
was refused never takes the place of the one before it, and no half of one does.
"""

import argparse
import logging
import sys
import tempfile
from datetime import date
from pathlib import Path

from mkdocs.commands.build import build
from mkdocs.exceptions import MkDocsException

from editorial.build.configuration import configuration
from editorial.check.inspection import report_language, stray_problems
from editorial.check.lists import list_problems
from editorial.check.report import text
from editorial.desk.desk import SETTINGS, Desk
from editorial.desk.problem import Finding, Problem, problems

REFUSED = {
    "nl": "Er is niets gebouwd. De site die er al stond, is niet veranderd.",
    "en": "Nothing was built. The site that was there before has not changed.",
}


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


def make(root: Path, site: Path) -> list[Problem]:
    """Make the site of the desk in this folder, both languages; what is returned says why there is none."""
    # Before MkDocs reads any setting: it would run what one names.
    desk = Desk(root, date.min)
    if wrong := [*stray_problems(desk.contents.unsafe)] or [*list_problems(desk)]:
        return wrong
    complaints, logger = _Complaints(), logging.getLogger("mkdocs")
    logger.addHandler(complaints)
    # Beside the site, so that it can take its place in one step.
    with tempfile.TemporaryDirectory(prefix=f".{site.name}-", dir=site.parent) as folder:
        made = Path(folder) / "made"
        try:
            build(configuration(root, "nl", site_dir=str(made), strict=True))
        except MkDocsException as fault:
            if not complaints.found:
                complaints.found.append(_said(str(fault)))
        # Whatever a page or a theme does to MkDocs, it gets a sentence, and no site.
        except Exception as fault:  # noqa: BLE001
            complaints.found.append(_said(f"{type(fault).__name__}: {fault}"))
        finally:
            logger.removeHandler(complaints)
        if not complaints.found:
            if site.exists():
                site.rename(Path(folder) / "before")
            made.rename(site)
    return sorted(complaints.found, key=lambda problem: problem.order)


def main() -> int:
    """Make the site, or say in the editor's words why not."""
    options = argparse.ArgumentParser(prog="python -m editorial.build", description="Make the site in both languages.")
    options.add_argument("--site-dir", type=Path, default=Path("site"), help="the folder that it takes the place of")
    found = make(Path.cwd(), options.parse_args().site_dir.absolute())
    if found:
        language = report_language()
        pages = len(Desk(Path.cwd(), date.min).pages)
        print(text(found, language, pages), REFUSED[language], sep="\n", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())

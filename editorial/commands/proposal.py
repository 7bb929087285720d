"""`make proposal`: what a proposal changes, for whoever looks at it in a browser.

In var/proposal stand the report, every page as it would become, to be opened without a server, and pictures of those that
changed, narrow and wide. A pipeline of a code host runs this; it needs no secret, and what it makes goes nowhere by itself.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from playwright.sync_api import FloatRect, sync_playwright

from editorial.build.__main__ import make
from editorial.check.inspection import all_problems, report_language
from editorial.check.report import markdown
from editorial.commands.command import Refused, run
from editorial.commands.release import contents
from editorial.desk.desk import Desk
from editorial.desk.files import BESIDE
from editorial.desk.problem import Problem
from editorial.preview.offline import take_offline

PLACE = "var/proposal"
WIDTHS = (320, 1280)
MOST_PICTURES = 20
HIGHEST_PIXELS = 6000
# For each picture; a runner of a code host can be slow.
PATIENCE_MS = 180_000
# What an editor changes; anything else changes how the site is made, or what runs.
EDITORS = ("docs/", *BESIDE)
WORDS = {
    "nl": {
        "wrong": "Er is geen voorbeeld: los eerst de fouten op.",
        "changed": "Veranderde pagina's",
        "none": "Geen pagina verandert.",
        "new": "nieuw",
        "gone": "Verdwijnt: {title} ({address})",
        "more": "En nog {count} pagina's. Alle pagina's staan in de map pages.",
        "others": "Dit voorstel verandert ook hoe de site gemaakt wordt. Laat de beheerder deze bestanden lezen:",
        "narrow": "op een telefoon",
        "wide": "op een groot scherm",
    },
    "en": {
        "wrong": "There is no preview: solve the errors first.",
        "changed": "Pages that change",
        "none": "No page changes.",
        "new": "new",
        "gone": "Goes: {title} ({address})",
        "more": "And {count} more pages. All pages are in the folder pages.",
        "others": "This proposal also changes how the site is made. Let the operator read these files:",
        "narrow": "on a phone",
        "wide": "on a large screen",
    },
}


def proposal(desk: Desk) -> str:
    """Write the report, the pages and the pictures. Raises Refused, with the report, when something is wrong."""
    words, place = WORDS[report_language()], desk.root / PLACE
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    found = all_problems(desk)
    wrong = any(problem.rule.level == "error" for problem in found)
    with tempfile.TemporaryDirectory(dir=place.parent) as folder:
        site = Path(folder) / "site"
        refused = [] if wrong else make(desk.root, site)
        told = words["wrong"] if wrong or refused else "\n".join(_preview(site, _before(desk, Path(folder)), place, words))
    report = "\n\n".join(part for part in (_report([*found, *refused], desk), told, _others(desk, words)) if part) + "\n"
    (place / "report.md").write_text(report, "utf-8")
    if wrong or refused:
        raise Refused(report)
    return report


def _report(found: Iterable[Problem], desk: Desk) -> str:
    return markdown(found, report_language(), 0 if desk.contents.unsafe else len(desk.pages), ("error", "advice")).strip()


def _before(desk: Desk, folder: Path) -> Path | None:
    """The site as it was before the proposal, if that could be built."""
    old = folder / "before"
    old.mkdir()
    archive = subprocess.run(["git", "archive", _base(desk)], cwd=desk.root, capture_output=True, check=False)  # noqa: S603, S607
    if archive.returncode or subprocess.run(["tar", "-x", "-C", old], input=archive.stdout, check=False).returncode:  # noqa: S603, S607
        return None
    (old / "node_modules").symlink_to(desk.root / "node_modules")
    command = [sys.executable, "-m", "editorial.build", "--site-dir", str(old / "site")]
    made = subprocess.run(command, cwd=old, capture_output=True, check=False, env=os.environ | {"PYTHONPATH": str(old)})  # noqa: S603
    return old / "site" if made.returncode == 0 else None


def _base(desk: Desk) -> str:
    """The commit that the proposal starts from."""
    named = os.environ.get("BASE", "").strip() or "origin/main"
    return _git(desk, "merge-base", named, "HEAD") or named


def _git(desk: Desk, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=desk.root, capture_output=True, text=True, check=False)  # noqa: S603, S607
    return done.stdout.strip() if done.returncode == 0 else ""


def _preview(site: Path, before: Path | None, place: Path, words: dict[str, str]) -> Iterator[str]:
    names = take_offline(site, place / "pages")
    old, new = contents(before) if before else {}, contents(site)
    changed = [address for address in new if address in names and old.get(address, ["", ""])[1] != new[address][1]]
    gone = [words["gone"].format(title=old[address][0], address=address) for address in sorted(old.keys() - new.keys())]
    yield f"## {words['changed']}\n"
    yield from (f"- {line}" for line in gone)
    if not changed and not gone:
        yield words["none"]
    shown = changed[:MOST_PICTURES]
    _photograph([names[address] for address in shown], place)
    for address in shown:
        stem = Path(names[address]).stem
        mark = f" ({words['new']})" if address not in old else ""
        pictures = " · ".join(
            f"[{words[kind]}](pictures/{stem}-{width}.png)" for kind, width in zip(("narrow", "wide"), WIDTHS, strict=True)
        )
        yield f"- [{new[address][0]}](pages/{names[address]}){mark}: {pictures}"
    if len(changed) > len(shown):
        yield "\n" + words["more"].format(count=len(changed) - len(shown))


def _photograph(names: list[str], place: Path) -> None:
    if not names:
        return
    (place / "pictures").mkdir()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        for width in WIDTHS:
            window = browser.new_page(viewport={"width": width, "height": 800}, java_script_enabled=False, offline=True)
            window.set_default_timeout(PATIENCE_MS)
            for name in names:
                window.goto((place / "pages" / name).as_uri())
                height = window.locator("body").bounding_box() or {"height": HIGHEST_PIXELS}
                shown: FloatRect = {"x": 0, "y": 0, "width": width, "height": min(height["height"], HIGHEST_PIXELS)}
                window.screenshot(path=place / "pictures" / f"{Path(name).stem}-{width}.png", full_page=True, clip=shown)
        browser.close()


def _others(desk: Desk, words: dict[str, str]) -> str:
    """A proposal that touches programs, pipelines or templates needs other eyes."""
    changed = _git(desk, "diff", "--name-only", _base(desk)).splitlines()
    others = [name for name in changed if not name.startswith(EDITORS)]
    return "\n".join([words["others"], "", *(f"- `{name}`" for name in others)]) if others else ""


if __name__ == "__main__":
    sys.exit(run(proposal, reads_lists=False))

"""`make edit-tasks`: a week without a terminal, in the real editor, against a host's API over a real git repository.

Each save is a commit; at the end stands the proposal with its report. With a folder, pictures are taken on the way.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from playwright.sync_api import Page, expect

from editorial.check.inspection import all_problems
from editorial.check.report import text
from editorial.editor.__main__ import build
from editorial.editor.folder import Folder
from tests.support.built_site import REPO
from tests.support.editor_round_trip import area, editor, save, show
from tests.support.seeded_faults import desk_in, today

DAY_SECONDS = str(int(datetime.combine(today(), time(12)).timestamp()))


@dataclass
class Week:
    """A clone of the repository with a branch for drafts, and the editor's window on it."""

    root: Path
    window: Page
    photograph: Callable[[str], None]

    def diff(self) -> str:
        """What the last save changed."""
        return git(self.root, "show", "--format=", "--unified=0", "HEAD")


def git(root: Path, *arguments: str) -> str:
    command = [
        "git",
        "-c",
        "user.name=Redactie",
        "-c",
        "user.email=redactie@example.org",
        "-c",
        "commit.gpgsign=false",
        *arguments,
    ]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout


def clone(root: Path) -> Path:
    """The repository as it is committed, with the environment of this one, on the branch for drafts."""
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", REPO, root], check=True)
    git(root, "switch", "--quiet", "--create", "redactie")
    (root / ".git/info/exclude").write_text(".venv\nnode_modules\n", "utf-8")
    for name in (".venv", "node_modules"):
        (root / name).symlink_to(REPO / name)
    return root


def committed(root: Path) -> Callable[[list[str], str], str]:
    """What a host does with a save."""

    def commit(names: list[str], message: str) -> str:
        git(root, "add", "--", *names)
        git(root, "commit", "--quiet", "--allow-empty", "--message", message or "x")
        return git(root, "rev-parse", "HEAD").strip()

    return commit


def added(diff: str) -> list[str]:
    """The lines that a diff adds."""
    return [line[1:] for line in diff.splitlines() if line.startswith("+") and not line.startswith("+++")]


def change_a_word(week: Week) -> None:
    """A sentence in both languages, and the tick that the translation is right."""
    show(week.window, "pages", "bewijs", "body")
    week.photograph("bewerken")
    for language, old, new in (("nl", "Hier staat hoe", "Hier leest u hoe"), ("en", "Here is how", "This is how")):
        box = area(week.window, "body", language)
        box.fill(box.input_value().replace(old, new, 1))
    tick = week.window.locator('[data-locale="nl"] [data-key-path="confirmed"]').get_by_role("switch")
    tick.scroll_into_view_if_needed()
    tick.click()
    week.photograph("klopt")
    assert save(week.window) == 201
    lines = added(week.diff())
    assert len(lines) == 3 and sum(line.startswith("source_rev: ") for line in lines) == 1, lines
    wrong = [problem for problem in all_problems(desk_in(week.root)) if problem.rule.level == "error"]
    assert not wrong, text(wrong, "nl", 0)


def change_a_number(week: Week) -> None:
    """A number in its list, without a hyphen: it stays what was typed."""
    week.window.goto(f"{week.window.url.partition('#')[0]}#/collections/lists/entries/docs-facts-yml")
    box = week.window.locator('[data-key-path="text"] textarea').first
    box.wait_for()
    box.fill(box.input_value().replace("kadaster: 088-183 22 00", "kadaster: 0881832201", 1))
    week.photograph("nummer")
    assert save(week.window) == 201
    assert [line.split("#")[0].strip() for line in added(week.diff())] == ["kadaster: 0881832201"]
    assert desk_in(week.root).written["nl"]["tel"]["kadaster"] == "0881832201"


def note_a_review(week: Week) -> None:
    """Both dates, which both languages share."""
    show(week.window, "pages", "nu", "body")
    for name, day in (("reviewed", today().isoformat()), ("review_by", f"{today().year + 1}-02-01")):
        area(week.window, name).fill(day)
    assert save(week.window) == 201
    changed = desk_in(week.root)
    assert {str(changed.pages[language, "nu"].meta["review_by"]) for language in ("nl", "en")} == {f"{today().year + 1}-02-01"}


def add_a_page(week: Week) -> None:
    """Both twins from the form; the report says what is missing yet."""
    week.window.goto(f"{week.window.url.partition('#')[0]}#/collections/pages/new")
    area(week.window, "title").wait_for()
    for language, title in (("nl", 'Wat is "doxing"? Nu: 112'), ("en", 'What is "doxing"? Now: 112')):
        area(week.window, "title", language).fill(title)
        area(week.window, "body", language).fill(f"# {title}\n\nTekst.")
    assert save(week.window) == 201
    pages = git(week.root, "show", "--name-only", "--format=", "HEAD").split()
    assert len(pages) == 2 and all(re.fullmatch(r"docs/(nl|en)/[a-z0-9-]+\.md", name) for name in pages), pages
    page = desk_in(week.root).pages["nl", Path(pages[0]).stem]
    assert page.meta["title"] == 'Wat is "doxing"? Nu: 112'
    assert {"menu", "source"} <= {
        problem.rule.name for problem in all_problems(desk_in(week.root)) if problem.path == page.path
    }
    git(week.root, "revert", "--no-edit", "HEAD")


def meet_another_editor(week: Week) -> None:
    """Somebody else changed the page after it was opened: the editor asks, saves nothing, and keeps what was typed."""
    show(week.window, "pages", "later", "body")
    page = week.root / "docs/nl/later.md"
    other = page.read_text("utf-8") + "\nVan een ander.\n"
    page.write_text(other, "utf-8")
    box = area(week.window, "body")
    mine = box.input_value().replace("\n\n", "\n\nVan mij. ", 1)
    box.fill(mine)
    week.window.get_by_role("button", name="Opslaan", exact=True).click()
    # It has no Dutch for this yet.
    dialog = (
        week.window.get_by_role("alertdialog")
        .or_(week.window.get_by_role("dialog"))
        .filter(has_text="changed in the repository")
    )
    dialog.wait_for()
    week.photograph("ander")
    dialog.get_by_role("button", name="Annuleren").click()
    assert page.read_text("utf-8") == other
    git(week.root, "checkout", "--", "docs")
    expect(box).to_have_value(mine)


def propose(root: Path) -> str:
    """The report that the pipeline puts under the proposal."""
    command = [sys.executable, "-m", "editorial.commands.proposal"]
    variables = os.environ | {"BASE": "origin/HEAD", "SOURCE_DATE_EPOCH": DAY_SECONDS, "PYTHONPATH": str(root)}
    run = subprocess.run(command, cwd=root, env=variables, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


TASKS = (change_a_word, change_a_number, note_a_review, add_a_page, meet_another_editor)


def main(pictures: Path | None = None) -> int:
    """Do every task, and show the report of the proposal."""
    with tempfile.TemporaryDirectory() as folder:
        root, desk = clone(Path(folder) / "repository"), Path(folder) / "desk"
        build(desk)
        with editor(root, desk, Folder(root, committed(root))) as (window, _):

            def photograph(name: str) -> None:
                if pictures:
                    window.wait_for_timeout(500)
                    window.screenshot(path=pictures / f"editor-{name}.jpg", type="jpeg", quality=60)

            photograph("lijst")
            for task in TASKS:
                task(Week(root, window, photograph))
                print(f"{task.__name__.replace('_', ' ')}: {(task.__doc__ or '').strip()}")
        print(propose(root))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else None))

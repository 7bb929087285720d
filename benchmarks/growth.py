"""How the build of both languages and `make check` grow with the pages, on copies of the real ones."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from benchmarks.figures import REPO, Figure, Plot, table

SIZES = (10, 44, 300, 1000)
NEEDED = ("docs", "overrides", "editorial", "contact_service", "mkdocs.yml", "mkdocs.en.yml", "pyproject.toml")
TITLE = re.compile(r'^title: "(.*)"$', re.MULTILINE)
RELATED = re.compile(r"^related: .*$", re.MULTILINE)
MENU = re.compile(r"^nav:\n(?:[ #].*\n)+", re.MULTILINE)


class Copies:
    """A tree of its own with as many pages per language as wanted, under the same rules."""

    def __init__(self, folder: Path, pages: int) -> None:
        self.folder = folder
        for name in NEEDED:
            source = REPO / name
            copy = shutil.copytree if source.is_dir() else shutil.copyfile
            copy(source, folder / name)
        (folder / "node_modules").symlink_to(REPO / "node_modules")
        subprocess.run(["git", "init", "--quiet", folder], check=True)
        self._resize(pages)

    def build_seconds(self) -> float:
        """One build of both languages; without the strictness, since a part of the pages has dead links."""
        return self._run("mkdocs", "build", "--quiet", "--no-strict", "--site-dir", str(self.folder / "site"))

    def check_seconds(self) -> float:
        """One report of the editors' desk."""
        return self._run("editorial.check", faults_found=1)

    def _run(self, *arguments: str, faults_found: int = 0) -> float:
        """Seconds of a command that must have done its work: copies are stale translations, which the desk reports."""
        started = perf_counter()
        run = subprocess.run([sys.executable, "-m", *arguments], cwd=self.folder, capture_output=True, text=True, check=False)
        spent = perf_counter() - started
        if run.returncode not in (0, faults_found) or "Traceback" in run.stderr:
            raise RuntimeError(run.stderr[-2000:])
        return spent

    def _resize(self, pages: int) -> None:
        # The page at the root must stay, whatever the size.
        names = sorted((page.stem for page in (self.folder / "docs" / "nl").glob("*.md")), key=lambda name: name != "index")
        copies = [f"{names[1 + number % (len(names) - 1)]}-{number}" for number in range(len(names), pages)]
        for language in ("nl", "en"):
            folder = self.folder / "docs" / language
            for copy in copies:
                name, _, number = copy.rpartition("-")
                text = (folder / f"{name}.md").read_text("utf-8")
                (folder / f"{copy}.md").write_text(TITLE.sub(rf'title: "\1 ({number})"', text, count=1), "utf-8")
            for name in names[pages:]:
                (folder / f"{name}.md").unlink()
        kept = [*names[:pages], *copies]
        if pages < len(names):
            for page in (self.folder / "docs").glob("*/*.md"):
                page.write_text(RELATED.sub("related: [index]", page.read_text("utf-8"), count=1), "utf-8")
        for file in ("mkdocs.yml", "mkdocs.en.yml"):
            self._replace_menu(self.folder / file, kept)

    @staticmethod
    def _replace_menu(path: Path, names: list[str]) -> None:
        groups = [names[start : start + 8] for start in range(1, len(names), 8)]
        menu = ["nav:", "  - Begin: index.md"]
        for number, group in enumerate(groups):
            menu += [f"  - Groep {number}:", *(f"      - {name}: {name}.md" for name in group)]
        path.write_text(MENU.sub("\n".join(menu) + "\n", path.read_text("utf-8")), "utf-8")


def measure() -> tuple[list[Figure], list[Plot]]:
    """Seconds for each size, and the growth from the real number of pages to the most."""
    built, checked = [], []
    for pages in SIZES:
        with tempfile.TemporaryDirectory(prefix="growth-") as folder:
            copies = Copies(Path(folder), pages)
            built.append((pages, min(copies.build_seconds() for _ in range(3 if pages < 300 else 1))))
            checked.append((pages, copies.check_seconds()))
    build, check = dict(built), dict(checked)
    figures = [
        Figure("build of both languages, 44 pages each", build[44], "s", 2),
        Figure(
            "build, seconds a page from 44 to 1,000, × those from 10 to 44",
            _slope(build, 44, 1000) / _slope(build, 10, 44),
            "×",
        ),
        Figure("build of both languages, 1,000 pages each", build[1000], "s"),
        Figure("make check, 44 pages per language", check[44], "s", 10),
        Figure("make check, 300 pages per language", check[300], "s", 60),
        Figure("make check, 1,000 pages per language", check[1000], "s"),
    ]
    return figures, [
        Plot("growth", "Seconds for both languages", "pages per language", "s", {"build": built, "make check": checked})
    ]


def _slope(found: dict[int, float], low: int, high: int) -> float:
    return (found[high] - found[low]) / (high - low)


if __name__ == "__main__":
    print(table(measure()[0]))

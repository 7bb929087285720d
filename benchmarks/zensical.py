"""`make zensical`: how far the successor of MkDocs gets with the same sources. It reports and never fails.

Zensical runs no hooks yet, so the shared facts are written out for it beforehand, as editorial/build/language.py does in a
build.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import yaml
from bs4 import BeautifulSoup

from benchmarks.figures import REPO
from editorial.build.configuration import configuration
from editorial.build.language import on_config
from editorial.desk.desk import SETTINGS
from editorial.desk.shared import GROUPS, named
from tests.support.built_site import built

SOURCES = ("docs", "overrides", "editorial", "mkdocs.yml", "mkdocs.en.yml")


def tried(settings: str, folder: Path) -> tuple[Path, str]:
    """The site that Zensical makes of these settings, and its last complaint."""
    config = configuration(folder, next(language for language, name in SETTINGS.items() if name == settings))
    on_config(config)
    facts = {name: config.extra[name] for name in (*GROUPS, "words", "readers", "sources")}
    (folder / "zensical.yml").write_text(yaml.safe_dump({"INHERIT": settings, "extra": facts}, allow_unicode=True), "utf-8")
    for page in Path(config.docs_dir).glob("*.md"):
        page.write_text(named(page.read_text("utf-8"), config.extra), "utf-8")
    command = [Path(sys.executable).with_name("zensical"), "build", "--clean", "--config-file", "zensical.yml"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    complaint = run.stderr.strip().splitlines()[-1] if run.returncode else "none"
    return folder / ("site" if settings == "mkdocs.yml" else "site/en"), complaint


def words(page: Path) -> str:
    """The text of a page, without its spacing and without what our hook for MkDocs adds under it."""
    main = BeautifulSoup(page.read_text("utf-8"), "html.parser").find("main")
    if not main:
        return ""
    for added in main.select(".page-end"):
        added.decompose()
    return re.sub(r"\s+", "", main.get_text())


def compare(name: str, theirs: Path, ours: Path, complaint: str) -> None:
    """Say how many pages came out, how many of them with the same words, and what stopped it."""
    pages = [path.relative_to(ours) for path in sorted(ours.glob("*/index.html")) if path.parent.name != "en"]
    made = [page for page in pages if (theirs / page).is_file()]
    same = [page for page in made if words(theirs / page) == words(ours / page)]
    print(f"{name}: {len(made)} of {len(pages)} pages, {len(same)} with the same words; last complaint: {complaint}")
    for page in sorted(set(made) - set(same))[:5]:
        print(f"  other words: {page.parent}")


def main() -> None:
    """Build both languages in a copy, and compare them with ours page by page."""
    print(f"Zensical {version('zensical')}")
    with tempfile.TemporaryDirectory(prefix="zensical-") as name:
        folder = Path(name)
        for source in SOURCES:
            (shutil.copytree if (REPO / source).is_dir() else shutil.copyfile)(REPO / source, folder / source)
        for language, settings, ours in (("Dutch", "mkdocs.yml", built()), ("English", "mkdocs.en.yml", built() / "en")):
            theirs, complaint = tried(settings, folder)
            compare(language, theirs, ours, complaint)


if __name__ == "__main__":
    main()

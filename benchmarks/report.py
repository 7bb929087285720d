"""What was measured, kept in one file for each section, and shown together in `benchmarks/results.md` and the README."""

import importlib.metadata
import json
import os
import platform
import re
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import REPO, Figure, Plot, markdown, table

FOLDER = REPO / "benchmarks" / "results"
RESULTS, README, GUIDE = (REPO / name for name in ("benchmarks/results.md", "README.md", "deploy/GUIDE.md"))
# The order of the sections.
SECTIONS = {
    "submission": ("A submission", "make bench"),
    "stall": ("While the mail server stalls", "make bench"),
    "wave": ("Some seconds of a national wave", "make bench"),
    "wave-all": ("A national wave", "make wave"),
    "delivery": ("Delivery", "make bench"),
    "memory": ("Memory", "make bench"),
    "cluster": ("Many machines, each cut off in turn", "make cluster"),
    "torture-sqlite": ("Nothing lost, on SQLite", "make torture COUNT=5000"),
    "torture-postgresql": ("Nothing lost, on PostgreSQL", "make torture COUNT=5000 DATABASE=postgresql"),
    "search": ("The search, asked by strangers", "make measure-search"),
    "site": ("The site, one page of each kind", "make bench"),
    "paint": ("First paint on a slow phone", "make measure-paint"),
    "site-all": ("The site, every page", "make measure-site"),
    "stock": ("The site, next to stock Material", "make bench"),
    "growth": ("Growth with the pages", "make bench"),
    "browser": ("The browser encrypts", "make measure-browser"),
    "flood": ("What a flood pays", "make measure-flood"),
    "mutants": ("What the tests notice", "make mutants"),
    "setup": ("Setting up and testing", "make measure-setup"),
    "against": ("Against the first version", "make bench-against REV=ebecb2a"),
}
# What an operator who plans asks for.
FOR_GUIDE = ("wave-all", "delivery", "memory", "stall", "cluster")
BLOCK = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- /figures -->)", re.DOTALL)
INTRODUCTION = (
    "Times are told as ratios (×) where that is possible: both sides were measured in one run, one after the other, so that a "
    "noisy machine slows both down. A figure is the median of several rounds, the spread its lowest and highest round. What "
    "missed its limit says so."
)
LIBRARIES = ("Flask", "gunicorn", "python-gnupg", "SQLAlchemy", "mkdocs", "mkdocs-material")


@dataclass(frozen=True)
class Section:
    """The figures of one command, and what they were measured on."""

    name: str
    measured: str
    machine: str
    figures: list[Figure]
    plots: dict[str, str]

    @property
    def title(self) -> str:
        """What the section is about."""
        return SECTIONS[self.name][0]

    @property
    def command(self) -> str:
        """What measures it."""
        return SECTIONS[self.name][1]

    def __str__(self) -> str:
        pictures = [f"![{title}](results/{name}.svg)" for name, title in self.plots.items()]
        return "\n\n".join([f"## {self.title}", f"`{self.command}`, {self.measured}.", table(self.figures), *pictures])


def record(name: str, figures: Iterable[Figure], plots: Iterable[Plot] = ()) -> list[Figure]:
    """Keep the figures of a section in place of the former ones, print them, and return those that missed their limit."""
    FOLDER.mkdir(exist_ok=True)
    drawn = {plot.name: plot.title for plot in plots}
    section = Section(name, f"{datetime.now(UTC):%Y-%m-%d}", machine(), list(figures), drawn)
    (FOLDER / f"{name}.json").write_text(json.dumps(asdict(section), indent=1, ensure_ascii=False) + "\n", "utf-8")
    write()
    print(table(section.figures), flush=True)
    return [figure for figure in section.figures if figure.missed]


def write() -> None:
    """Write the results and the figures in README and operator's guide anew, from what every section measured last."""
    sections = [_read(path) for name in SECTIONS if (path := FOLDER / f"{name}.json").exists()]
    limits = [(figure, section) for section in sections for figure in section.figures if figure.limit]
    rows = [["what the design asks", "limit", "figure", "", "command"]]
    rows += [[figure.what, figure.limit, figure.shown, figure.verdict, f"`{section.command}`"] for figure, section in limits]
    machines = "\n".join(f"- {one}" for one in dict.fromkeys(section.machine for section in sections))
    parts = ["# Results", INTRODUCTION, machines, "## The design's numbers", markdown(rows), *map(str, sections)]
    RESULTS.write_text("\n\n".join(parts) + "\n", "utf-8")
    _fill(README, [figure for section in sections for figure in section.figures if figure.for_readme])
    _fill(GUIDE, [figure for section in sections if section.name in FOR_GUIDE for figure in section.figures])


def _fill(document: Path, figures: Iterable[Figure]) -> None:
    # One line for each, though two commands may measure it: the one that sees more comes later.
    shown = {figure.what: figure.shown for figure in figures}
    block = f"\n{markdown([['what', 'figure'], *map(list, shown.items())])}\n\n"
    document.write_text(BLOCK.sub(lambda _: block, document.read_text("utf-8")), "utf-8")


def machine() -> str:
    """What the figures were measured on, and with."""
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    processor = found[1] if found else platform.machine()
    gpg = subprocess.run(["gpg", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    versions = [
        f"Python {platform.python_version()}",
        gpg,
        *(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES),
    ]
    return f"{os.cpu_count()} cores ({processor}), {', '.join(versions)}"


def _read(path: Path) -> Section:
    kept = json.loads(path.read_text("utf-8"))
    return Section(
        **{**kept, "figures": [Figure(**{**one, "spread": one["spread"] and tuple(one["spread"])}) for one in kept["figures"]]}
    )

"""`make bench`: run every part, print the table, and write `results.md` with its plots."""

import importlib.metadata
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from benchmarks import delivery, growth, memory, plots, site, stall, stock, submission, wave
from benchmarks.figures import REPO, Figure, Plot, table

RESULTS = REPO / "benchmarks" / "results.md"
Part = Callable[[], tuple[list[Figure], list[Plot]]]
PARTS: dict[str, Part] = {
    "A submission": submission.measure,
    "While the mail server stalls": stall.measure,
    "Delivery": delivery.measure,
    "A national wave": wave.measure,
    "Memory": memory.measure,
    "The site": site.measure,
    "The site, next to stock Material": stock.measure,
    "Growth with the pages": growth.measure,
}


def machine() -> list[str]:
    """What the figures were measured on, and with."""
    model = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    gpg = subprocess.run(["gpg", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    libraries = ("Flask", "gunicorn", "python-gnupg", "SQLAlchemy", "mkdocs", "mkdocs-material", "playwright")
    return [
        f"- measured on {datetime.now(UTC):%Y-%m-%d}, in {{minutes:.0f}} minutes, by `make bench`",
        f"- {os.cpu_count()} cores of {model[1] if model else platform.machine()}, {platform.system()} {platform.release()}",
        f"- Python {platform.python_version()}, {gpg}",
        "- " + ", ".join(f"{name} {importlib.metadata.version(name)}" for name in libraries),
    ]


def main() -> int:
    """Run all parts; exit status 1 when a figure misses its limit."""
    started, sections, missed = perf_counter(), [], []
    for title, measure in PARTS.items():
        print(f"{title} ...", flush=True)
        figures, drawn = measure()
        missed += [figure for figure in figures if figure.missed]
        pictures = [f"![{plot.title}]({plots.draw(plot, RESULTS.parent).name})" for plot in drawn]
        sections += [f"## {title}", table(figures), *pictures]
        print(f"{table(figures)}\n({perf_counter() - started:.0f} s)\n", flush=True)
    facts = "\n".join(machine()).format(minutes=(perf_counter() - started) / 60)
    RESULTS.write_text("\n\n".join(["# Results", INTRODUCTION, facts, *sections]) + "\n", "utf-8")
    print(f"{len(missed)} figures missed their limit; all of them are in {RESULTS.relative_to(REPO)}")
    return 1 if missed else 0


INTRODUCTION = (
    "Times are told as ratios (×) where that is possible: both sides were measured in this run, one after the other, so that a "
    "noisy machine slows both down. A figure is the median of several rounds, the spread its lowest and highest round."
)

if __name__ == "__main__":
    sys.exit(main())

"""`make measure-desk`: how long editors wait for `make check` and for a reload, and what the refusals cost a build."""

import logging
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.figures import REPO, ratio
from benchmarks.growth import Copies
from tests.editorial.test_preview import CHANGES, preview_of, seconds_to_reload

ROUNDS, BUILDS = 5, 9
BUILD = """
import sys
from editorial.build.__main__ import main
sys.argv[1:] = ["--site-dir", sys.argv[1]]
sys.exit(main())
"""
# The same without a look at anything: pages and lists are read and made as ever.
UNJUDGED = """
import editorial.check.inspection as inspection, editorial.check.rules.as_typed as as_typed
import editorial.check.rules.markup as markup, editorial.desk.rendering as rendering
nothing = lambda *_, **__: []
for name in ("unreadable_problems", "shared_problems", "build_problems"): setattr(inspection, name, nothing)
as_typed.differences = markup.judged = rendering.outline_of = nothing
"""


def build_seconds(script: str, site: str) -> tuple[float, float]:
    """A build of both languages: by the processor and by the clock."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    subprocess.run([sys.executable, "-c", script, site], cwd=REPO, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, perf_counter() - start


def measure_refusals() -> None:
    """Build in turns with and without the refusals."""
    with tempfile.TemporaryDirectory() as folder:
        pairs = [
            (build_seconds(BUILD, f"{folder}/with"), build_seconds(UNJUDGED + BUILD, f"{folder}/without"))
            for _ in range(BUILDS)
        ]
        same = subprocess.run(["diff", "-rq", f"{folder}/with", f"{folder}/without"], check=False).returncode == 0
    for place, how in enumerate(("processor", "clock")):
        found = ratio([judged[place] for judged, _ in pairs], [other[place] for _, other in pairs])
        spread = f"{found.lowest:.2f} to {found.highest:.2f}"
        print(f"build with all its refusals, by the {how}: {found.median:.2f} × without ({spread}, at most 1.1)")
    print("The same pages." if same else "Other pages!")


def main() -> None:
    """Measure on copies of the real pages; other work on the machine shows in the figures."""
    logging.getLogger("mkdocs").setLevel(logging.CRITICAL)
    measure_refusals()
    for pages, most in ((70, 10), (700, 60)):
        with tempfile.TemporaryDirectory() as folder:
            print(f"make check, {pages} pages: {Copies(Path(folder), pages // 2).check_seconds():.1f} s (at most {most} s)")
    with tempfile.TemporaryDirectory() as folder, preview_of(Path(folder)) as shown:
        for name, change in CHANGES.items():
            seconds = sorted(seconds_to_reload(*shown, *change) for _ in range(ROUNDS))
            print(f"reload after {name}: {median(seconds):.2f} s, slowest of {ROUNDS}: {seconds[-1]:.2f} s (at most 1 s)")


if __name__ == "__main__":
    sys.exit(main())

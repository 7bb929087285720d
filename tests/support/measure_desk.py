"""Prints how long the editors wait: `make check` for 70 and for 700 pages, and a reload of the preview. `make measure-desk`."""

import logging
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.growth import Copies
from tests.editorial.test_preview import CHANGES, preview_of, seconds_to_reload

ROUNDS = 5


def main() -> None:
    """Measure on copies of the real pages; other work on the machine shows in the figures."""
    logging.getLogger("mkdocs").setLevel(logging.CRITICAL)
    for pages, most in ((70, 10), (700, 60)):
        with tempfile.TemporaryDirectory() as folder:
            print(f"make check, {pages} pages: {Copies(Path(folder), pages // 2).check_seconds():.1f} s (at most {most} s)")
    with tempfile.TemporaryDirectory() as folder, preview_of(Path(folder)) as shown:
        for name, change in CHANGES.items():
            seconds = sorted(seconds_to_reload(*shown, *change) for _ in range(ROUNDS))
            print(f"reload after {name}: {median(seconds):.2f} s, slowest of {ROUNDS}: {seconds[-1]:.2f} s (at most 1 s)")


if __name__ == "__main__":
    sys.exit(main())

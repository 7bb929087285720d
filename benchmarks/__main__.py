"""`make bench`: run every part that fits into ten minutes, and write `benchmarks/results.md` with its plots."""

import sys
from collections.abc import Callable
from time import perf_counter

from benchmarks import browser, delivery, first_paint, flood, growth, memory, search, site, stall, stock, submission, wave
from benchmarks.figures import Figure, Plot
from benchmarks.plots import draw
from benchmarks.report import FOLDER, RESULTS, SECTIONS, record

PARTS: dict[str, Callable[[], tuple[list[Figure], list[Plot]]]] = {
    "submission": submission.measure,
    "stall": stall.measure,
    "wave": wave.measure,
    "delivery": delivery.measure,
    "memory": memory.measure,
    "search": search.measure,
    "site": site.measure,
    "paint": first_paint.measure,
    "stock": stock.measure,
    "growth": growth.measure,
    "browser": browser.measure,
    "flood": flood.measure,
}


def main(names: list[str]) -> int:
    """Run the named parts, or all; exit status 1 when a figure misses its limit."""
    started, missed = perf_counter(), 0
    for name in names or PARTS:
        print(f"\n{SECTIONS[name][0]} ...", flush=True)
        figures, plots = PARTS[name]()
        for plot in plots:
            draw(plot, FOLDER)
        missed += len(record(name, figures, plots))
        print(f"({perf_counter() - started:.0f} s so far)", flush=True)
    print(f"\n{missed} figures missed their limit; all are in {RESULTS.name}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

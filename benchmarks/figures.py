"""What a benchmark finds: a figure with its limit and spread, and the way to compare two things fairly on a noisy machine."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

REPO = Path(__file__).resolve().parent.parent
Series = dict[str, list[tuple[float, float]]]


@dataclass(frozen=True)
class Figure:
    """One measured number, with the limit that the design sets where it sets one."""

    what: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    spread: tuple[float, float] | None = None
    for_readme: bool = False

    @property
    def missed(self) -> bool:
        """Whether the figure falls short of its limit."""
        too_high = self.at_most is not None and self.value > self.at_most
        return too_high or (self.at_least is not None and self.value < self.at_least)

    @property
    def limit(self) -> str:
        """The limit in words, empty without one."""
        if self.at_most is not None:
            return f"≤ {number(self.at_most)}"
        return f"≥ {number(self.at_least)}" if self.at_least is not None else ""

    @property
    def verdict(self) -> str:
        """Met or missed, empty without a limit."""
        return ("MISSED" if self.missed else "met") if self.limit else ""

    @property
    def shown(self) -> str:
        """The figure with its unit."""
        return f"{number(self.value)} {self.unit}".strip()

    def cells(self) -> list[str]:
        """The row of a table."""
        spread = f"{number(self.spread[0])} – {number(self.spread[1])}" if self.spread else ""
        return [self.what, self.shown, spread, self.limit, self.verdict]


@dataclass(frozen=True)
class Plot:
    """Lines over a logarithmic axis: how a figure grows."""

    name: str
    title: str
    across: str
    up: str
    series: Series


@dataclass(frozen=True)
class Ratio:
    """How many times as long one thing took as another, over several rounds: the median and the extremes."""

    median: float
    lowest: float
    highest: float

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest round."""
        return self.lowest, self.highest


def number(value: float | None) -> str:
    """Three significant digits for small numbers, whole ones with separators for large ones."""
    if value is None:
        return ""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes once."""
    started = perf_counter()
    work()
    return perf_counter() - started


def alternating(works: Sequence[Callable[[], object]], rounds: int, repeats: int) -> list[list[float]]:
    """For each work the median seconds of every round; one after another each time, so that all meet the same noise."""
    medians: list[list[float]] = [[] for _ in works]
    for work in works:
        work()
    for _ in range(rounds):
        times = [[seconds(work) for work in works] for _ in range(repeats)]
        for found, measured in zip(medians, zip(*times, strict=True), strict=True):
            found.append(statistics.median(measured))
    return medians


def ratio(measured: Iterable[float], floor: Iterable[float]) -> Ratio:
    """What was measured in units of the floor, round by round."""
    ratios = [one / other for one, other in zip(measured, floor, strict=True)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, readable as plain text too; its first row is the head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def table(figures: Iterable[Figure]) -> str:
    """The figures of one section."""
    return markdown([["what", "figure", "spread", "limit", ""], *(figure.cells() for figure in figures)])

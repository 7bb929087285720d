"""The plots beside the table: SVG, readable on white and on black."""

from pathlib import Path

import matplotlib

matplotlib.use("svg")
# The same figures give the same file, and words stay words.
matplotlib.rcParams.update({"svg.hashsalt": "benchmarks", "svg.fonttype": "none", "font.family": "sans-serif"})

from matplotlib import pyplot  # noqa: E402
from matplotlib.ticker import ScalarFormatter  # noqa: E402

from benchmarks.figures import Plot  # noqa: E402

# Each stands out by at least 3:1 against white and against black.
COLOURS, MARKERS, INK = ("#0f8a83", "#c2571a", "#8a6bd1", "#4f8a2b"), "osD^", "#777777"


def draw(plot: Plot, folder: Path) -> Path:
    """Write one plot and return its path."""
    figure, axes = pyplot.subplots(figsize=(7, 3.6), layout="constrained")
    for (name, points), colour, marker in zip(plot.series.items(), COLOURS, MARKERS, strict=False):
        axes.plot(*zip(*points, strict=True), marker=marker, color=colour, label=name)
    axes.set(title=plot.title, xlabel=plot.across, ylabel=plot.up, xscale="log")
    axes.set_ylim(bottom=0)
    ticks = sorted({across for points in plot.series.values() for across, _ in points})
    axes.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks], minor=False)
    axes.xaxis.set_minor_formatter(ScalarFormatter())
    axes.set_xticks([], minor=True)
    axes.grid(visible=True, axis="y", color=INK, alpha=0.3)
    axes.tick_params(colors=INK)
    for part in (axes.title, axes.xaxis.label, axes.yaxis.label):
        part.set_color(INK)
    for spine in axes.spines.values():
        spine.set_color(INK)
    axes.legend(labelcolor=INK, frameon=False)
    folder.mkdir(exist_ok=True)
    path = folder / f"{plot.name}.svg"
    figure.savefig(path, transparent=True, metadata={"Date": None, "Creator": None, "Title": plot.title})
    pyplot.close(figure)
    return path

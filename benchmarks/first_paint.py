"""`make measure-paint`: when a slow phone shows the first words, beside an empty page of that server, and what gave how much.

A slow phone is what Lighthouse takes for one: 150 ms to the server, 1.6 Mbit/s, a processor slowed down four times. The server
is nginx as it is deployed, with what it serves compressed beforehand.

What is left above the empty page is work, and no waiting. The answer takes one round trip, and its 8 KB arrive while the
browser still takes the page over; smaller TLS records change nothing, since the headers go out first. What the page's own
thread does until the first words (`worked`): some 30 ms of processor more than for the empty page, so 120 on that phone.
Twelve of them lay text out (4 the article, 2 the menu, the others the top of the page with its fonts), 4 paint it, 4 find
which rules hold where, 3 read page and style; the others are the script and what each page costs. Leaving the menu at the end
for later (`content-visibility`) would save 4, but Chromium 156 then has it in no accessibility tree. Shorter lists of fonts,
headings without balanced lines and fewer rules for `::before` gave nothing that could be told from noise. The limit of 0.65 ×
the first version is 1.2 × the empty page, which takes 0.53 × of it: not reached.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from benchmarks.figures import REPO, Figure, Plot, Ratio
from benchmarks.report import record
from contact_service.web.headers import STYLE
from tests.support.built_site import built
from tests.support.chromium import chromium
from tests.support.production import NAME, Production

ROUNDS = 9
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
SLOWER = 4
# A page that somebody opens, and the way of somebody who reads on; each of them stood in the first version too.
PAGE = "stalking/"
VISIT = ("", "nu/", "bewijs/", "privacy/", "stalking/")
EMPTY = "<!doctype html>\n<title>.</title>\n<p>.</p>\n"
PACKED = {".html", ".css", ".js", ".mjs", ".svg", ".json"}
PAINTED = """() => new Promise((tell) => new PerformanceObserver((list) => {
  for (const { name, startTime } of list.getEntries()) if (name === "first-contentful-paint") tell(startTime);
}).observe({ type: "paint", buffered: true }))"""
# Where the time of the page's own thread goes, as Chromium's tracing calls it and as we do.
TRACED = "devtools.timeline,loading,blink.user_timing,toplevel"
WORK = {
    "ThreadControllerImpl::RunTask": "in all",
    "ParseHTML": "reading it and its style",
    "UpdateLayoutTree": "which rules hold where",
    "Layout": "laying it out",
    "PrePaint": "preparing to paint",
    "Paint": "painting",
}
INSIDE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
Change = Callable[[str, str], str]


def floor(_page: str, _path: str) -> str:
    """Nothing but what every page must have."""
    return EMPTY


def fetched(page: str, path: str) -> str:
    """The style as a file of its own, as it was before."""
    return INSIDE.sub(f'<link rel="stylesheet" href="{"../" * path.count("/")}{STYLE}?v=1">', page)


def unslimmed(page: str, _path: str) -> str:
    """The style inside as people write it."""
    return INSIDE.sub(lambda _: f"<style>{(REPO / 'overrides' / STYLE).read_text('utf-8')}</style>", page)


def as_it_is(page: str, _path: str) -> str:
    """The page as it was built."""
    return page


# Each step from the floor up; the last is what readers get.
STEPS: dict[str, tuple[Change, bool]] = {
    "an empty page of the same server": (floor, True),
    "our page, its style fetched": (fetched, True),
    "its style inside, neither slimmed nor compressed": (unslimmed, False),
    "its style inside, slimmed, not compressed": (as_it_is, False),
    "its style inside, compressed, not slimmed": (unslimmed, True),
    "as it is: inside, slimmed, compressed": (as_it_is, True),
}
FLOOR, FETCHED, *_, NOW = STEPS


def variant(site: Path, folder: Path, change: Change = as_it_is, packed: bool = True) -> Path:
    """A copy of the built site with its pages changed like this."""
    shutil.copytree(site, folder)
    for path in VISIT:
        page = folder / path / "index.html"
        page.write_text(change(page.read_text("utf-8"), path), "utf-8")
    # The headers let the style that is inside run, whichever it is.
    inside = INSIDE.search((folder / PAGE / "index.html").read_text("utf-8"))
    if inside:
        (folder / STYLE).write_text(inside[1], "utf-8")
    assets = [file for file in (folder / "assets").rglob("*") if file.suffix in PACKED]
    if packed:
        files = [*assets, *(folder / path / "index.html" for path in VISIT)]
        subprocess.run(["brotli", "--best", "--keep", "--force", *map(str, files)], check=True)
    return folder


@contextmanager
def addresses(sites: Mapping[str, Path]) -> Iterator[tuple[Browser, dict[str, str]]]:
    """A browser, and where each of these sites is served."""
    with ExitStack() as ending, tempfile.TemporaryDirectory(prefix="paint-") as folder:
        found = {}
        for number, (name, site) in enumerate(sites.items()):
            place = Path(folder, str(number))
            place.mkdir()
            server = Production(place, {"CONTACT_SITE": str(site)})
            ending.callback(server.stop)
            server.start_nginx()
            found[name] = f"https://{NAME}:{server.https_port}/"
        browser = ending.enter_context(chromium(f"--host-resolver-rules=MAP {NAME} 127.0.0.1"))
        yield browser, found


def painted(browser: Browser, address: str, *paths: str) -> float:
    """When the first words of the last of these pages stood there, opened one after the other by somebody who comes new:
    milliseconds after that page was asked for."""
    context = browser.new_context(ignore_https_errors=True)
    tab = context.new_page()
    session = context.new_cdp_session(tab)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", NETWORK)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    for path in paths:
        tab.goto(address + path, wait_until="load")
        milliseconds = float(tab.evaluate(PAINTED))
    context.close()
    return milliseconds


def first(browser: Browser, address: str) -> float:
    """The first page that somebody opens."""
    return painted(browser, address, PAGE)


def fifth(browser: Browser, address: str) -> float:
    """The fifth page of a visit."""
    return painted(browser, address, *VISIT)


def worked(browser: Browser, address: str) -> dict[str, float]:
    """What the page's own thread did until the first words stood there: milliseconds of processor, not slowed down."""
    traced: list[dict[str, Any]] = []
    ended: list[object] = []
    session = browser.new_browser_cdp_session()
    session.on("Tracing.dataCollected", lambda part: traced.extend(part["value"]))
    session.on("Tracing.tracingComplete", lambda end: ended.append(end))
    context = browser.new_context(ignore_https_errors=True)
    tab = context.new_page()
    session.send("Tracing.start", {"transferMode": "ReportEvents", "categories": TRACED})
    tab.goto(address + PAGE, wait_until="load")
    tab.evaluate(PAINTED)
    session.send("Tracing.end")
    while not ended:
        tab.wait_for_timeout(10)
    context.close()
    session.detach()
    return by_kind(traced, address)


def by_kind(traced: list[dict[str, Any]], address: str) -> dict[str, float]:
    """The processor time of each kind of work between the request and the first words; work within work counts once."""
    (start,) = (one for one in traced if one["name"] == "navigationStart" and address in json.dumps(one["args"]))
    thread = [one for one in traced if one["pid"] == start["pid"] and one["tid"] == start["tid"]]
    end = max(one["ts"] for one in thread if one["name"] == "firstContentfulPaint")
    took: dict[str, float] = dict.fromkeys(WORK.values(), 0.0)
    until: dict[str, float] = defaultdict(float)
    for one in sorted((one for one in thread if one["name"] in WORK and "tdur" in one), key=lambda one: float(one["ts"])):
        if start["ts"] <= one["ts"] <= end and one["ts"] >= until[one["name"]]:
            took[WORK[one["name"]]] += one["tdur"] / 1000
            until[one["name"]] = one["ts"] + one["dur"]
    return took


def rounds(times: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Each of them in every round, one after the other, after one that does not count."""
    found: dict[str, list[float]] = {name: [] for name in times}
    for number in range(ROUNDS + 1):
        for name, measured in times.items():
            milliseconds = measured()
            if number:
                found[name].append(milliseconds)
    return found


def longer(measured: list[float], than: list[float]) -> Ratio:
    """How many times as long, by the fastest of each, since a busy machine only adds to it; the spread goes round by round."""
    each = [one / other for one, other in zip(measured, than, strict=True)]
    return Ratio(min(measured) / min(than), min(each), max(each))


def compared(this: Path, other: Path) -> list[Figure]:
    """The first and the fifth page of one built site beside those of another, as many times as long, and an empty page."""
    with tempfile.TemporaryDirectory(prefix="sites-") as folder:
        sites = {
            "this": variant(this, Path(folder, "this")),
            "other": variant(other, Path(folder, "other")),
            "empty": variant(other, Path(folder, "empty"), floor),
        }
        with addresses(sites) as (browser, found):
            opened = rounds({name: lambda at=at: first(browser, at) for name, at in found.items()})
            read_on = rounds({name: lambda at=found[name]: fifth(browser, at) for name in ("this", "other")})
    paint, later = (longer(times["this"], times["other"]) for times in (opened, read_on))
    least = longer(opened["empty"], opened["other"])
    return [
        Figure("first paint on a slow phone", paint.median, "×", 0.65, spread=paint.spread),
        Figure("the same for an empty page", least.median, "×", spread=least.spread),
        Figure("fifth page of a visit on a slow phone", later.median, "×", 1, spread=later.spread),
    ]


def measure() -> tuple[list[Figure], list[Plot]]:
    """What each step gives, in milliseconds and as many times as long as the empty page."""
    with tempfile.TemporaryDirectory(prefix="sites-") as folder:
        sites = {name: variant(built(), Path(folder, str(number)), *step) for number, (name, step) in enumerate(STEPS.items())}
        with addresses(sites) as (browser, found):
            times = rounds({name: lambda at=at: first(browser, at) for name, at in found.items()})
            work = {name: [worked(browser, found[name]) for _ in range(ROUNDS)] for name in (FLOOR, NOW)}
            visits = rounds({name: lambda name=name: fifth(browser, found[name]) for name in (FETCHED, NOW)})
    figures = []
    for name, milliseconds in times.items():
        figures.append(Figure(f"first paint: {name}", min(milliseconds), "ms"))
        if name != FLOOR:
            at_most = 1.5 if name == NOW else None
            times_floor = longer(milliseconds, times[FLOOR])
            figures.append(Figure(f"{name}, × the empty page", times_floor.median, "×", at_most, spread=times_floor.spread))
    later = longer(visits[NOW], visits[FETCHED])
    figures += [Figure(f"fifth page of a visit: {name}", min(took), "ms") for name, took in visits.items()]
    figures.append(Figure("fifth page of a visit, × with the style fetched once", later.median, "×", spread=later.spread))
    for kind in WORK.values():
        least = {name: min(each[kind] for each in measured) for name, measured in work.items()}
        figures.append(Figure(f"processor of the page until its first words, {kind}", least[NOW], "ms"))
        figures.append(Figure(f"the same for an empty page, {kind}", least[FLOOR], "ms"))
    return figures, []


if __name__ == "__main__":
    sys.exit(bool(record("paint", measure()[0])))

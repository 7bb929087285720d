"""The numbers of the site against what the design asks: weight, requests, search, build time, axe, Lighthouse."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from tests.accessibility import bring_axe, problems, withhold_scripts
from tests.built_site import REPO, built, content_pages, pages, served

CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LIMITS = {
    "heaviest first view, brotli bytes": 14 * 1024,
    "most requests of a first view": 6,
    "requests to other hosts": 0,
    "larger search index, brotli bytes": 60 * 1024,
    "slowest golden query, ms at 4x slower": 50,
    "build of both languages, seconds": 2,
    "axe violations, each page in 8 states": 0,
    "pages below 100 in Lighthouse": 0,
}
CATEGORIES = "performance,accessibility,best-practices,seo"


def brotli_bytes(content: bytes) -> int:
    """The size as a web server sends it."""
    run = subprocess.run(["brotli", "--stdout", "--quality=11", "-"], input=content, capture_output=True, check=True)
    return len(run.stdout)


def first_views(base: str) -> list[tuple[int, int, int]]:
    """For every page: brotli bytes, requests, and requests to other hosts, with an empty cache."""
    views = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGUMENTS)
        for address in content_pages():
            context = browser.new_context()
            page, answers = context.new_page(), []
            page.on("response", lambda answer, answers=answers: answers.append(answer))
            page.goto(base + address, wait_until="load")
            views.append(
                (
                    sum(brotli_bytes(answer.body()) for answer in answers),
                    len(answers),
                    sum(not answer.url.startswith(base) for answer in answers),
                )
            )
            context.close()
        browser.close()
    return views


def search_milliseconds(base: str) -> float:
    """The slowest of the golden queries, typed into the page with the processor slowed down four times."""
    queries = [
        line.partition(":")[0]
        for line in (REPO / "tests/golden/nl.txt").read_text("utf-8").splitlines()
        if not line.startswith("#")
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGUMENTS)
        page = browser.new_page()
        page.goto(base + "/")
        page.focus("#q")
        page.wait_for_load_state("networkidle")
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
        measure = """query => {
            const field = document.querySelector("#q"), started = performance.now();
            field.value = query;
            field.dispatchEvent(new Event("input", { bubbles: true }));
            return performance.now() - started;
        }"""
        slowest = max(page.evaluate(measure, query) for query in queries)
        browser.close()
    return float(slowest)


def build_seconds() -> float:
    """The median of three strict builds of both languages."""
    seconds = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            started = perf_counter()
            command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder]
            subprocess.run(command, cwd=REPO, capture_output=True, check=True)
            seconds.append(perf_counter() - started)
    return statistics.median(seconds)


def axe_violations(addresses: Sequence[str], scripts: bool) -> list[str]:
    """What axe finds on these pages, small and large, light and dark, with our scripts or without."""
    found: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(reduced_motion="reduce")
        bring_axe(page)
        if not scripts:
            withhold_scripts(page)
        for address in addresses:
            page.goto(address)
            found += [f"{'with' if scripts else 'without'} scripts {problem}" for problem in problems(page)]
        browser.close()
    return found


def lighthouse(addresses: Sequence[str]) -> list[dict[str, Any]]:
    """What Lighthouse says of each page on its own phone profile, from one browser that stays open."""
    command = [
        "node",
        "lighthouse.mjs",
        shutil.which("chromium") or "chromium",
        CATEGORIES,
        f"--headless {' '.join(CHROMIUM_ARGUMENTS)}",
    ]
    run = subprocess.run(
        command, cwd=REPO / "benchmarks", input="\n".join(addresses), stdout=subprocess.PIPE, text=True, check=True
    )
    return [json.loads(line) for line in run.stdout.splitlines()]


def below_100(addresses: Sequence[str]) -> list[dict[str, Any]]:
    """The pages that miss a full score. Such a page is measured again, alone: a neighbour may have kept the machine busy."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        halves = [addresses[core :: os.cpu_count()] for core in range(os.cpu_count() or 1)]
        found = [page for pages in pool.map(lighthouse, halves) for page in pages]
    print(f"Lighthouse saw {len(found)} pages; the slowest, by their largest paint on its phone:")
    for page in sorted(found, key=lambda page: -page["milliseconds"])[:5]:
        print(f"  {page['milliseconds']:5} ms  {urlsplit(page['address']).path}")
    missed = [page for page in found if set(page["scores"].values()) != {100}]
    for _ in range(2):
        missed = [page for page in lighthouse([page["address"] for page in missed]) if set(page["scores"].values()) != {100}]
    for page in missed:
        print(f"  {urlsplit(page['address']).path}: {page['scores']}, short in {', '.join(page['short'])}")
    return missed


def part(pages: Sequence[str], share: str) -> Sequence[str]:
    """One of so many equal parts ("1/2"), for a machine that may be kept busy for a few minutes only."""
    number, parts = map(int, share.split("/"))
    return pages[number - 1 :: parts]


def main(options: argparse.Namespace) -> int:
    """Print the table; exit status 1 when a number falls short."""
    base = served()
    views = first_views(base)
    index = [brotli_bytes((built() / folder / "search/search_index.json").read_bytes()) for folder in ("", "en")]
    figures: dict[str, float] = {
        "heaviest first view, brotli bytes": max(weight for weight, _, _ in views),
        "most requests of a first view": max(requests for _, requests, _ in views),
        "requests to other hosts": sum(foreign for _, _, foreign in views),
        "larger search index, brotli bytes": max(index),
        "slowest golden query, ms at 4x slower": search_milliseconds(base),
        "build of both languages, seconds": build_seconds(),
    }
    if options.axe:
        with ThreadPoolExecutor(2) as pool:
            chosen = [base + address for address in part(list(pages()), options.part)]
            faults = [fault for found in pool.map(axe_violations, [chosen] * 2, [True, False]) for fault in found]
        print(*faults, sep="\n", end="\n" * bool(faults))
        figures["axe violations, each page in 8 states"] = len(faults)
    if options.lighthouse:
        chosen = part(list(content_pages()), options.part)
        figures["pages below 100 in Lighthouse"] = len(below_100([base + address for address in chosen]))
    missed = [name for name, figure in figures.items() if figure > LIMITS[name]]
    for name, figure in figures.items():
        print(f"{name:42} {figure:10.1f}   at most {LIMITS[name]:6}   {'MISSED' if name in missed else 'met'}")
    print(f"{len(views)} pages")
    return 1 if missed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-lighthouse", dest="lighthouse", action="store_false")
    parser.add_argument("--no-axe", dest="axe", action="store_false")
    parser.add_argument("--part", default="1/1", help="which part of the pages axe and Lighthouse see, such as 1/2")
    sys.exit(main(parser.parse_args()))

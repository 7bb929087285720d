"""The site against what the design asks: weight, requests, axe, Lighthouse. `make measure-site` sees every page.

`make bench` shows axe and Lighthouse one page of each kind, since all of them take some minutes.
"""

import argparse
import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from benchmarks.figures import REPO, Figure, Plot, table
from benchmarks.report import record
from tests.support.accessibility import bring_axe, problems, withhold_scripts
from tests.support.built_site import content_pages, served
from tests.support.chromium import ARGUMENTS, chromium

# One of each kind: the first page, steps to take, the form, a table, a drawing, the list of terms, something to print.
KINDS = ("/", "/nu/", "/contact/", "/wie-doet-wat/", "/en/", "/en/aangifte-of-melding/", "/en/begrippen/", "/en/kaart/")
CATEGORIES = "performance,accessibility,best-practices,seo"


@functools.cache
def brotli_bytes(content: bytes) -> int:
    """The size as a web server sends it."""
    run = subprocess.run(["brotli", "--stdout", "--quality=11", "-"], input=content, capture_output=True, check=True)
    return len(run.stdout)


def first_views(base: str, addresses: Iterable[str]) -> list[tuple[int, int, int]]:
    """For each page: brotli bytes, requests, and requests to other hosts, with an empty cache."""
    views = []
    with chromium() as browser:
        for address in addresses:
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
    return views


def axe_violations(addresses: Sequence[str], scripts: bool) -> list[str]:
    """What axe finds on these pages, small and large, light and dark, with our scripts or without."""
    found: list[str] = []
    with chromium() as browser:
        page = browser.new_page(reduced_motion="reduce")
        bring_axe(page)
        if not scripts:
            withhold_scripts(page)
        for address in addresses:
            page.goto(address)
            found += [f"{'with' if scripts else 'without'} scripts {problem}" for problem in problems(page)]
    return found


def lighthouse(addresses: Sequence[str], left_out: str = "") -> list[dict[str, Any]]:
    """What Lighthouse says of each page on its own phone profile, from one browser that stays open, without these audits."""
    command = [
        "node",
        "lighthouse.mjs",
        shutil.which("chromium") or "chromium",
        CATEGORIES,
        f"--headless {' '.join(ARGUMENTS)}",
        left_out,
    ]
    run = subprocess.run(
        command, cwd=REPO / "benchmarks", input="\n".join(addresses), stdout=subprocess.PIPE, text=True, check=True
    )
    return [json.loads(line) for line in run.stdout.splitlines()]


def below_100(addresses: Sequence[str]) -> list[dict[str, Any]]:
    """The pages that miss a full score. Such a page is measured again, alone; its best counts, since noise only lowers it."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        halves = [addresses[core :: os.cpu_count()] for core in range(os.cpu_count() or 1)]
        found = [page for pages in pool.map(lighthouse, halves) for page in pages]
    print(f"Lighthouse saw {len(found)} pages; the slowest, by their largest paint on its phone:")
    for page in sorted(found, key=lambda page: -page["milliseconds"])[:5]:
        print(f"  {page['milliseconds']:5} ms  {urlsplit(page['address']).path}")
    missed = [page for page in found if set(page["scores"].values()) != {100}]
    for _ in range(4 if missed else 0):
        for page, again in zip(missed, lighthouse([page["address"] for page in missed]), strict=True):
            page["scores"] = {name: max(score, again["scores"][name]) for name, score in page["scores"].items()}
        missed = [page for page in missed if set(page["scores"].values()) != {100}]
    for page in missed:
        print(f"  {urlsplit(page['address']).path}: {page['scores']}, short in {', '.join(page['short'])}")
    return missed


def weights(base: str) -> list[Figure]:
    """What a first view of each page loads by itself."""
    views = first_views(base, content_pages())
    return [
        Figure(
            "heaviest first view of all pages, brotli",
            max(weight for weight, _, _ in views),
            "bytes",
            14 * 1024,
            for_readme=True,
        ),
        Figure("most requests of a first view", max(requests for _, requests, _ in views), "", 6),
        Figure("requests to other hosts", sum(foreign for _, _, foreign in views), "", 0, for_readme=True),
    ]


def seen(base: str, addresses: Sequence[str]) -> list[Figure]:
    """What axe and Lighthouse say of these pages."""
    chosen = [base + address for address in addresses]
    with ThreadPoolExecutor(2) as pool:
        faults = [fault for found in pool.map(axe_violations, [chosen] * 2, [True, False]) for fault in found]
    print(*faults, sep="\n", end="\n" * bool(faults))
    return [
        Figure(f"axe violations on {len(chosen)} pages, each in 8 states", len(faults), "", 0),
        Figure(f"pages of {len(chosen)} below 100 in a category of Lighthouse", len(below_100(chosen)), "", 0),
    ]


def measure() -> tuple[list[Figure], list[Plot]]:
    """One page of each kind."""
    base = served()
    return seen(base, KINDS), []


def main(share: str) -> int:
    """Measure every page, or one of so many equal parts ("1/2"); exit status 1 when a number falls short."""
    base, (number, parts) = served(), map(int, share.split("/"))
    addresses = list(content_pages())[number - 1 :: parts]
    figures = [*weights(base), *seen(base, addresses)]
    if parts > 1:
        print(table(figures))
        return int(any(figure.missed for figure in figures))
    return int(bool(record("site-all", figures)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", default="1/1", help="which part of the pages axe and Lighthouse see, such as 1/2")
    sys.exit(main(parser.parse_args().part))

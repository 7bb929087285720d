"""The same pages with the theme as it comes (stock mkdocs-material): what the site would weigh without our own design."""

import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import yaml
from mkdocs.config import load_config
from playwright.sync_api import Browser

from benchmarks.figures import REPO, Figure, Plot, ratio, table
from benchmarks.site import first_views
from editorial.desk.desk import Desk
from editorial.desk.shared import linked, named
from tests.support.built_site import served, served_folder
from tests.support.chromium import chromium

ADDRESSES = ("/", "/nu/", "/contact/", "/en/", "/en/aangifte-of-melding/", "/en/begrippen/")
ROUNDS = 3
# Lighthouse's own phone profile: slow 4G, and a processor four times slower.
SLOW_NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
SLOWER_CPU = 4


def filled_in(language: str, folder: Path) -> Path:
    """A copy of the pages with the facts in them, since stock MkDocs knows no keys."""
    facts = linked(Desk(REPO, date.min).facts, language)
    pages = folder / f"pages-{language}"
    shutil.copytree(REPO / "docs" / language, pages)
    for page in pages.glob("*.md"):
        page.write_text(named(page.read_text("utf-8"), facts), "utf-8")
    return pages


def build_stock(folder: Path) -> Path:
    """Build the Dutch pages and the English ones with the theme's own look; fonts are off, since no test goes outside."""
    templates = folder.parent / "templates"
    templates.mkdir()
    # The contact page asks for a template of ours.
    (templates / "contact.html").write_text('{% extends "main.html" %}')
    for language, target in (("nl", folder), ("en", folder / "en")):
        ours = load_config(str(REPO / ("mkdocs.yml" if language == "nl" else "mkdocs.en.yml")))
        config = {
            "site_name": ours.site_name,
            "docs_dir": str(filled_in(language, folder.parent)),
            "site_dir": str(target),
            "theme": {"name": "material", "language": language, "font": False, "custom_dir": str(templates)},
            "plugins": ["search"],
            "markdown_extensions": ["attr_list", "tables", "toc"],
            "nav": ours.nav,
            "extra": {},
        }
        settings = folder.parent / f"stock-{language}.yml"
        settings.write_text(yaml.safe_dump(config, allow_unicode=True), "utf-8")
        command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--config-file", str(settings)]
        subprocess.run(command, check=True, capture_output=True)
    return folder


def first_paint_ms(browser: Browser, address: str) -> float:
    """From the click to the first words on the screen, with an empty cache on a slow phone."""
    page = browser.new_page(viewport={"width": 360, "height": 740})
    phone = page.context.new_cdp_session(page)
    phone.send("Network.enable")
    phone.send("Network.emulateNetworkConditions", SLOW_NETWORK)
    phone.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_CPU})
    page.goto(address, wait_until="commit")
    painted = page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    found = float(painted.json_value())
    page.close()
    return found


def first_paints(ours: str, stock: str) -> tuple[list[float], list[float]]:
    """The median of each round, one page of each site after the other."""
    found: tuple[list[float], list[float]] = ([], [])
    with chromium() as browser:
        for _ in range(ROUNDS):
            pairs = [(first_paint_ms(browser, ours + page), first_paint_ms(browser, stock + page)) for page in ADDRESSES]
            for times, measured in zip(found, zip(*pairs, strict=True), strict=True):
                times.append(statistics.median(measured))
    return found


def measure() -> tuple[list[Figure], list[Plot]]:
    """Weight, requests and first paint of our pages, next to the same pages in stock Material."""
    with tempfile.TemporaryDirectory(prefix="stock-") as folder:
        ours, stock = served(), served_folder(build_stock(Path(folder) / "site"))
        ours_views, stock_views = first_views(ours, ADDRESSES), first_views(stock, ADDRESSES)
        paints = first_paints(ours, stock)
    paint = ratio(*paints)
    median_ours, median_stock = map(statistics.median, paints)
    figures = [
        Figure(
            "heaviest first view of some pages, brotli",
            max(weight for weight, _, _ in ours_views),
            "bytes",
            14 * 1024,
        ),
        Figure(
            "heaviest first view of some pages in stock Material, brotli",
            max(weight for weight, _, _ in stock_views),
            "bytes",
            for_readme=True,
        ),
        Figure("most requests of some pages", max(requests for _, requests, _ in ours_views), "", 6),
        Figure("most requests of some pages in stock Material", max(requests for _, requests, _ in stock_views)),
        Figure("first paint on a slow phone, × stock Material", paint.median, "×", spread=paint.spread, for_readme=True),
        Figure("first paint on a slow phone", median_ours, "ms", spread=(min(paints[0]), max(paints[0]))),
        Figure("first paint on a slow phone, stock Material", median_stock, "ms", spread=(min(paints[1]), max(paints[1]))),
    ]
    return figures, []


if __name__ == "__main__":
    print(table(measure()[0]))

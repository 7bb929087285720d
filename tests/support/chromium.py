"""The Chromium of tests, measurements and pictures: without a screen, and asking nobody outside."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """A browser of its own, ended with the block; `more` are further arguments."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*ARGUMENTS, *more])
        try:
            yield browser
        finally:
            browser.close()

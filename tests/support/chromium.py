"""The Chromium of tests, measurements and pictures: without a screen, and asking nobody outside."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, sync_playwright

# The same engine without what draws a window, a profile and a menu: a third of the processor time for a page.
HEADLESS_SHELL = "chromium-headless-shell"
# For a page that is filled in and not looked at: each scrolling that glides is drawn sixty times a second by the processor.
STILL: dict[str, Any] = {"viewport": {"width": 320, "height": 640}, "reduced_motion": "reduce"}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def chromium(*more: str, program: str = "chromium") -> Iterator[Browser]:
    """A browser of its own, ended with the block; `more` are further arguments, `program` may be HEADLESS_SHELL."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which(program), args=[*ARGUMENTS, *more])
        try:
            yield browser
        finally:
            browser.close()

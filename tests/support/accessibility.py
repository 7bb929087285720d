"""What axe finds on the built site, in each state in which a reader may meet a page."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from playwright.sync_api import Page, ViewportSize

from tests.support.built_site import REPO

Scheme = Literal["light", "dark"]
PHONE: ViewportSize = {"width": 320, "height": 640}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
EVERY: list[tuple[ViewportSize, Scheme]] = [(PHONE, "light"), (PHONE, "dark"), (DESKTOP, "light"), (DESKTOP, "dark")]
OPPOSITE = [EVERY[0], EVERY[3]]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """([scope, rules]) => axe.run(scope, {
  runOnly: rules, resultTypes: ['violations'], preload: false, iframes: false,
}).then((found) => found.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target.join(' ')).join(', ')))"""
# A whole page, without what is the same on each: what stands around the text is judged on a few pages for all.
Scope = str | dict[str, list[str]]
WITHOUT_SHELL: Scope = {"include": ["html"], "exclude": [".bar", ".head", "#menu", ".foot"]}
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
OUR_SCRIPTS = re.compile(r"\.m?js(\?|$)")


def bring_axe(page: Page) -> None:
    """Have axe in every page that this tab opens."""
    page.add_init_script(path=REPO / "node_modules/axe-core/axe.min.js")


def withhold_scripts(page: Page) -> None:
    """Show pages as without JavaScript. It stays on, since axe itself is a script; ours and what they make appear are gone."""
    page.route(OUR_SCRIPTS, lambda route: route.abort())
    page.add_init_script("""addEventListener('DOMContentLoaded', () => {
      const without = new CSSStyleSheet();
      without.replaceSync('.search { display: none !important }');
      document.adoptedStyleSheets = [without];
    })""")


def axe(page: Page, scope: Scope = "html", rules: Sequence[str] = RULES) -> list[str]:
    """List what axe finds wrong in a part of the open page."""
    # Its words may be there before its style is.
    page.wait_for_load_state()
    found: list[str] = page.evaluate(RUN, [scope, list(rules)])
    return found


def overflows(page: Page) -> bool:
    """Tell whether the reader would have to scroll sideways."""
    return bool(page.evaluate(SIDEWAYS))


def problems(page: Page, scope: Scope = "html", views: Sequence[tuple[ViewportSize, Scheme]] = EVERY) -> Iterator[str]:
    """What is wrong with the open page, small and large, light and dark; it is not loaded anew between them."""
    for size, scheme in views:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        # What a reader scrolled half under the bar at the top is not too small a target.
        page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
        for problem in axe(page, scope) + ["scrolls sideways"] * overflows(page):
            yield f"{page.url} {size['width']} {scheme}: {problem}"

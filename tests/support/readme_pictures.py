"""Makes the two pictures of the README from the real pages: `make readme-pictures`."""

import tempfile
from pathlib import Path

from tests.support.built_site import REPO, built
from tests.support.chromium import chromium
from tests.support.stack import Stack

PICTURES = REPO / "deploy" / "demo" / "pictures"
PHONE = {"width": 375, "height": 720}
SHOTS = {"first-page": ("/en/", "light"), "form": ("/en/contact/", "dark")}


def main() -> None:
    """Write both, as an official sees them on a phone."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder, chromium() as browser:
        stack = Stack(Path(folder) / "stack", built())
        try:
            stack.start("web")
            for name, (address, scheme) in SHOTS.items():
                page = browser.new_page(viewport=PHONE, color_scheme=scheme, device_scale_factor=2)
                page.goto(f"http://127.0.0.1:{stack.port}{address}")
                if name == "form":
                    page.focus("#reach")
                    page.wait_for_function("() => document.getElementById('way').textContent.includes('device')")
                    page.fill("#reach", "06 00000000, a text message first")
                    page.locator("#message").scroll_into_view_if_needed()
                    page.locator("#send").scroll_into_view_if_needed()
                    page.wait_for_function("() => new Promise(requestAnimationFrame)")
                page.screenshot(path=PICTURES / f"{name}.png")
        finally:
            stack.stop()


if __name__ == "__main__":
    main()

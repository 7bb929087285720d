"""`make handbook-pictures`: takes the handbook's screenshots anew, so that they show the desk as it is."""

import shutil
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

from editorial.preview.server import serve

PICTURES = Path(__file__).with_name("img")
SHOWN = ("docs", "overrides", "editorial", "contact_service", "mkdocs.yml", "mkdocs.en.yml")


def take(root: Path) -> None:
    """Show a page with a fault, on a copy of the desk."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in SHOWN:
            (shutil.copytree if (root / name).is_dir() else shutil.copy)(root / name, copy / name)
        page = copy / "docs/nl/bewijs.md"
        page.write_text(page.read_text("utf-8").replace("\n## ", "\nBel de politie: 0900-8844.\n\n## ", 1), "utf-8")
        server = serve(copy, 0)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
            window = browser.new_page()
            for name, address, height in (("preview", "bewijs", 700), ("formulier", "contact", 1500)):
                window.set_viewport_size({"width": 900, "height": height})
                window.goto(f"http://127.0.0.1:{server.server_port}/{address}/", wait_until="load")
                window.screenshot(path=PICTURES / f"{name}.jpg", type="jpeg", quality=60)
            browser.close()
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    take(Path.cwd())

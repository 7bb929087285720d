"""`make measure-browser`: the cost of encryption on a device slowed down six times, and of its check on the server."""

import statistics
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

from altcha import Challenge, solve_challenge
from playwright.sync_api import Page, sync_playwright

from contact_service.ciphertext import check, subkeys
from contact_service.gpg import open_gpg
from contact_service.message import BUCKETS_BYTES
from contact_service.proof import Proofs
from contact_service.receipt import Receipt
from tests.built_site import built
from tests.fuzz_ciphertext import sealed
from tests.stack import Stack

SLOWER, RUNS = 6, 5
READY_MS, ENCRYPTED_MS, LIBRARY_BYTES, CHECKED_MS, PROOF_MS = 1000, 100, 60_000, 1, 3000
# From the moment at which the line says "encrypting" to the one at which it says "sending"; fetching the key is part of it.
WATCH = """() => { window.marks = {}; new MutationObserver(() => { const way = document.getElementById("way");
  for (const name of Object.keys(way.dataset)) if (way.textContent === way.dataset[name]) marks[name] ??= performance.now();
}).observe(document.getElementById("way"), { childList: true }); }"""


def milliseconds(page: Page, address: str) -> tuple[float, float]:
    """The time from the first touch to "ready", and of encrypting 5,000 characters."""
    page.goto(address)
    page.evaluate(WATCH)
    touched = page.evaluate("document.getElementById('reach').focus(), performance.now()")
    page.wait_for_function("() => window.marks.ready")
    page.check("input[value=raadslid]")
    page.fill("#reach", "06 12345678")
    page.fill("#message", "🙏" * 5000)
    page.click("#send")
    page.wait_for_selector(".reference")
    marks = page.evaluate("window.marks")
    return marks["ready"] - touched, marks["sending"] - marks["encrypting"]


def proof_milliseconds(page: Page, address: str) -> float:
    """The time of the proof of work, times six: no browser slows a worker down."""
    milliseconds(page, address)
    posts = "performance.getEntriesByType('resource').filter((one) => one.name === location.href)"
    return float(page.evaluate(f"() => {{ const [one, two] = {posts}; return two.startTime - one.responseEnd; }}")) * SLOWER


def checked_milliseconds(keys: Path) -> float:
    """The time that the service takes to check the largest message for two advisers."""
    files = sorted(keys.glob("*.asc"))[:2]
    message = sealed(b"x" * BUCKETS_BYTES[-1], *map(str, files))
    with tempfile.TemporaryDirectory(prefix="measure-") as home:
        gpg = open_gpg(Path(home))
        gpg.import_keys("".join(file.read_text() for file in files))
        expected = [subkeys(key, datetime.now(UTC)) for key in gpg.list_keys()]
    times = []
    for _ in range(200):
        start = process_time()
        check(message, expected, BUCKETS_BYTES)
        times.append((process_time() - start) * 1000)
    return statistics.median(times)


def flood_milliseconds() -> float:
    """What a flood pays for each message: the same work without a browser, on one core."""
    proofs, receipt = Proofs("a secret"), Receipt.of("nonce", b"junk")
    start = process_time()
    for _ in range(RUNS):
        solve_challenge(Challenge.from_dict(proofs.challenge(receipt)))
    return (process_time() - start) * 1000 / RUNS


def measured(stack: Stack) -> tuple[float, float, list[float]]:
    """The medians of both times, and every proof's, in a new browser each time: as for somebody who comes once."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    times, proofs, address = [], [], f"http://127.0.0.1:{stack.port}/contact/"
    with sync_playwright() as playwright:
        for _ in range(RUNS):
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
            page = browser.new_page()
            page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            times.append(milliseconds(page, address))
            proofs.append(proof_milliseconds(browser.new_page(), address))
            browser.close()
    ready, encrypted = zip(*times, strict=True)
    return statistics.median(ready), statistics.median(encrypted), sorted(proofs)


def main() -> None:
    library = next((built() / "assets").glob("openpgp-*/openpgp.min.mjs"))
    size = len(subprocess.run(["brotli", "--best", "--stdout", str(library)], capture_output=True, check=True).stdout)
    with tempfile.TemporaryDirectory(prefix="measure-") as folder:
        stack = Stack(Path(folder) / "stack", built(), CONTACT_ALLOWANCE="1000/hour,0/hour,1000/hour")
        try:
            stack.start("web")
            ready, encrypted, proofs = measured(stack)
            checked = checked_milliseconds(stack.folder / "service" / "keys")
        finally:
            stack.stop()
    print(f"OpenPGP.js, brotli                         {size:8,} bytes   (at most {LIBRARY_BYTES:,})")
    print(f"first touch to ready, CPU {SLOWER}x slower         {ready:8.0f} ms      (at most {READY_MS:,})")
    print(f"encrypting 5,000 characters, the same CPU  {encrypted:8.0f} ms      (at most {ENCRYPTED_MS})")
    print(
        f"proof of work, under pressure, CPU {SLOWER}x slower{proofs[0]:6,.0f} to {proofs[-1]:,.0f} ms (at most {PROOF_MS:,})"
    )
    print(f"the same for a flood, on one core here     {flood_milliseconds():8.0f} ms")
    print(f"the service's check of 32 KiB              {checked:8.2f} ms      (at most {CHECKED_MS})")


if __name__ == "__main__":
    main()

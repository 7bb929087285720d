"""`make measure-browser`: encryption on a device slowed down six times, and the check of its result on the server."""

import statistics
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

from altcha import Challenge, solve_challenge
from playwright.sync_api import Page

from benchmarks.figures import Figure, Plot
from benchmarks.report import record
from benchmarks.site import brotli_bytes
from contact_service.mail.message import BUCKETS_BYTES
from contact_service.mail.receipt import Receipt
from contact_service.openpgp.ciphertext import check, subkeys
from contact_service.openpgp.gpg import open_gpg
from contact_service.web.proof import Proofs
from tests.support.built_site import built
from tests.support.chromium import chromium
from tests.support.fuzz_ciphertext import sealed
from tests.support.stack import Stack

SLOWER, RUNS = 6, 5
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
    page.check("input[value^=raadslid]")
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


def on_the_device(stack: Stack) -> tuple[list[float], list[float], list[float]]:
    """Both times, and the proof's, in a new browser each time: nothing is cached, as for somebody who comes once."""
    times, proofs, address = [], [], f"http://127.0.0.1:{stack.port}/contact/"
    for _ in range(RUNS):
        with chromium() as browser:
            page = browser.new_page()
            page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            times.append(milliseconds(page, address))
            proofs.append(proof_milliseconds(browser.new_page(), address))
    ready, encrypted = zip(*times, strict=True)
    return list(ready), list(encrypted), proofs


def measure() -> tuple[list[Figure], list[Plot]]:
    """What a reader's device pays for encryption, and what it costs the service to check it."""
    library = next((built() / "assets").glob("openpgp-*/openpgp.min.mjs"))
    with tempfile.TemporaryDirectory(prefix="measure-") as folder:
        # Nobody has room here without a proof of work.
        stack = Stack(Path(folder) / "stack", built(), CONTACT_ALLOWANCE="1000/hour,0/hour,1000/hour")
        try:
            stack.start("web")
            ready, encrypted, proofs = on_the_device(stack)
            checked = checked_milliseconds(stack.folder / "service" / "keys")
        finally:
            stack.stop()
    figures = [
        Figure("OpenPGP.js, loaded once the form is touched, brotli", brotli_bytes(library.read_bytes()), "bytes", 60_000),
        _spread(f"from the first touch to ready, processor {SLOWER}x slower", ready, 1000),
        _spread(f"encrypting 5,000 characters, processor {SLOWER}x slower", encrypted, 100),
        _spread(f"proof of work under pressure, processor {SLOWER}x slower", proofs, 3000),
        Figure("the same for a flood, on one core of this machine", flood_milliseconds(), "ms"),
        Figure("the service's check of the largest message", checked, "ms", 1),
    ]
    return figures, []


def _spread(what: str, times: list[float], at_most: float) -> Figure:
    return Figure(what, statistics.median(times), "ms", at_most, spread=(min(times), max(times)))


if __name__ == "__main__":
    sys.exit(bool(record("browser", measure()[0])))

"""`make reader-browsers`: the advisers' reader in private windows, without JIT too, in one of 2020, from disk and site.

What is done is script alone, so that it runs in whatever can run a script in a page.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from contact_service.mail.submission import Submission
from tests.support.built_site import REPO, REQUESTED, built, served
from tests.support.chromium import chromium
from tests.support.engines import Firefox, WebKit
from tests.support.reader_page import encrypted, entity, locked_key, mail
from tests.support.stack import wait_until

Steps = list[tuple[str, str, str]]

QUIET = "return document.getElementById('status').textContent === '' && 'taken'"
SHOWN = """const letter = document.getElementById('letter'), faults = document.getElementById('faults');
return letter.hidden ? (faults.hidden ? '' : faults.innerText) : letter.innerText"""
OPEN = """document.getElementById('passphrase').value = %s;
document.querySelector('#open .primary').click()"""
MAKE = """document.querySelector('[data-door=make]').click();
document.getElementById('name').value = 'Jo Jansen';
document.getElementById('address').value = 'jo@vereniging.example';
document.getElementById('make-again').value = document.querySelector('#make .drawn').textContent;
document.querySelector('#make-form .primary').click()"""
MADE = """const made = document.querySelectorAll('#make .made textarea');
return made.length === 2 && made[1].value"""
ASKED = """const entries = performance.getEntriesByType('resource').filter(({ name }) => !name.startsWith('blob:'));
const root = document.documentElement, fits = root.scrollWidth <= root.clientWidth;
return `${entries.length} requests, ${document.cookie.length} bytes stored, ${fits ? 'fits the window' : 'goes sideways'}`"""

# As Tor Browser at its safest has it, and a locked-down iPhone.
FIREFOX_CAREFUL = {
    "browser.privatebrowsing.autostart": True,
    **{f"javascript.options.{part}": False for part in ("ion", "baselinejit", "native_regexp", "wasm")},
}
# Without a session bus no portal is started, which would outlive the browser and hold its folder.
WEBKIT_CAREFUL = {"JSC_useJIT": "0", "JSC_useWebAssembly": "0", "DBUS_SESSION_BUS_ADDRESS": "disabled:"}
WRITTEN = "Er lag een kogelbrief op de mat."


def steps_of(secret: bytes, message: bytes, passphrase: str) -> Steps:
    """What a person does, by name: a script that does it, and one that says the outcome once it is there."""
    paste = "document.getElementById('mail-text').value = %s; document.getElementById('paste').click()"
    return [
        ("key", paste % json.dumps(secret.decode()), QUIET),
        ("mail", paste % json.dumps(message.decode()), QUIET),
        ("read", OPEN % json.dumps(passphrase), SHOWN),
        ("made", MAKE, MADE),
        ("asked", "", ASKED),
    ]


def taken_through(steps: Steps, run: Callable[[str], Any]) -> dict[str, str]:
    """The outcome of each step."""
    outcomes = {}
    for name, act, outcome in steps:
        run(act)
        outcomes[name] = str(wait_until(partial(run, outcome), 60, name))
    return outcomes


def old_chromium(address: str, steps: Steps, *flags: str) -> dict[str, str]:
    """Through QtWebEngine, the engine of Falkon: Chromium 87 in Debian 12, driven by the Python of the system."""
    command = ["/usr/bin/python3", str(REPO / "tests" / "support" / "qtwebengine.py"), address, *flags]
    run = subprocess.run(command, input=json.dumps(steps), capture_output=True, text=True, check=False, timeout=400)
    return dict(json.loads(run.stdout)) if run.returncode == 0 else {"failed": run.stderr[-500:]}


def new_chromium(address: str, steps: Steps, *flags: str) -> dict[str, str]:
    """Through the Chromium of this machine, in a private window, with every request that it makes."""
    with chromium(*flags) as browser:
        page, asked = browser.new_context().new_page(), list[str]()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        shown = taken_through(steps, lambda script: page.evaluate(f"() => {{ {script} }}"))
        more = [url for url in asked if url != address]
        return shown if not more else {"asked for": str(more)}


def told(browser: str, place: str, shown: dict[str, str]) -> bool:
    """Print what one browser did with the page from one place."""
    # The server's own record: the page was fetched, and nothing else, whatever a browser says of itself.
    right = WRITTEN in shown.get("read", "") and "PUBLIC KEY" in shown.get("made", "") and set(REQUESTED) <= {"/lezer.html"}
    print(f"{browser:30}{place:6}{'read, made a key, ' + shown['asked'] if right else f'NO: {shown} {REQUESTED}'}", flush=True)
    return right


def main() -> int:
    """Print what each browser did; 0 when all read the message and made a key."""
    with tempfile.TemporaryDirectory(prefix="r-") as name:
        folder = Path(name)
        secret, public = locked_key(folder / "key", "Geheime zin", "ed25519", "cv25519")
        submission = Submission("nl", "wethouder", "06-12345678", "Jo", "", False, "bedreiging", WRITTEN)
        steps = steps_of(secret, mail(encrypted(entity(submission), public, folder), datetime.now(UTC)), "Geheime zin")
        browsers: dict[str, Firefox | WebKit] = {}
        good = True
        try:
            browsers["Firefox, private, JIT off"] = Firefox(folder / "firefox", preferences=FIREFOX_CAREFUL)
            browsers["WebKit, private, JIT off"] = WebKit(folder / "webkit", "--private", **WEBKIT_CAREFUL)
            for place, address in {"disk": f"file://{built() / 'lezer.html'}", "site": f"{served()}/lezer.html"}.items():
                for called, browser in browsers.items():
                    browser.go(address)
                    good &= told(called, place, taken_through(steps, browser.run))
                for called, flags in {"Chromium 87": [], "Chromium 87, JIT off": ["--js-flags=--jitless"]}.items():
                    good &= told(called, place, old_chromium(address, steps, *flags))
                for called, flags in {"Chromium, private": [], "Chromium, private, JIT off": ["--js-flags=--jitless"]}.items():
                    good &= told(called, place, new_chromium(address, steps, *flags))
        finally:
            for browser in browsers.values():
                browser.stop()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

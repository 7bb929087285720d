"""`make old-browsers`: programs that know little of today's web send the form; each text reaches its advisers, unchanged."""

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import indent
from time import perf_counter

from contact_service.keys.advisers import read_associations
from deploy.demo.inbox import letters
from tests.support.built_site import built
from tests.support.engines import WebKit
from tests.support.screens import DRAWN_BROWSERS
from tests.support.stack import Stack, wait_until
from tests.support.terminals import TEXT_BROWSERS

ROLES = ("raadslid", "wethouder", "burgemeester")
MESSAGE = "Ünï € 🙂 één regel.\nTweede regel, met 50% & <tekens>.\n\n“Na een lege regel” – klaar."
# No code is made from scripts at run time, as on an iPhone that is locked down.
WITHOUT_JIT = {"JSC_useJIT": "0", "JSC_useWebAssembly": "0"}
FILL = """for (const [id, text] of Object.entries(arguments[1])) {
  const field = document.getElementById(id);
  field.focus();
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
// As it comes back with the form: what a script chooses by itself is asked for once more.
document.querySelector(`input[value^=${arguments[0]}]`).setAttribute("checked", "");"""
READY = "return document.getElementById('way').textContent === document.getElementById('way').dataset.ready"
ANSWER = "return document.querySelector('.answer')?.innerText ?? ''"
Send = Callable[[Path, str, str, Mapping[str, str]], str]


def webkit_without_jit(folder: Path, address: str, role: str, answers: Mapping[str, str]) -> str:
    """The browser family of iPhones, which encrypts itself also when it may only interpret scripts."""
    browser = WebKit(folder / "webkit", **WITHOUT_JIT)
    try:
        browser.go(address)
        browser.run(FILL, role, answers)
        wait_until(lambda: browser.run(READY), 60, "a browser that is ready to encrypt")
        browser.run("document.getElementById('send').click()")
        return str(wait_until(lambda: browser.run(ANSWER), 60, "an answer"))
    finally:
        browser.stop()


def programs() -> dict[str, Send]:
    """Every program, by name; exits with what to install where one is missing."""
    listed = (*TEXT_BROWSERS, *DRAWN_BROWSERS)
    if missing := [one.package for one in listed if one.missing] + ([WebKit.missing] if WebKit.missing else []):
        sys.exit(f"Please install: {' '.join(missing)} tmux xvfb xdotool xclip imagemagick tesseract-ocr")
    return {one.name: one.send for one in listed} | {"webkit without JIT": webkit_without_jit}


def faults(stack: Stack, role: str, answers: Mapping[str, str]) -> list[str]:
    """What is wrong with what the advisers got of this message."""
    right = {adviser.address for adviser in read_associations(stack.folder / "service" / "advisers.toml")[role].advisers}
    found = {
        address: [text for text in texts if answers["reach"] in text]
        for address, texts in letters(stack.mail, stack.computers).items()
    }
    got = {address for address, texts in found.items() if texts}
    wrong = [f"{address} {'got' if address in got else 'did not get'} it" for address in sorted(got ^ right)]
    for text in (texts[0] for texts in found.values() if texts):
        changed = [name for name, typed in answers.items() if indent(typed, "    ") not in text]
        wrong += [f"not as it was written: {name}\n{text}" for name in changed]
    return wrong


def main() -> int:
    """One message from each program; exit status 1 when one did not arrive as it was meant."""
    sending = programs()
    with tempfile.TemporaryDirectory(prefix="old-") as place:
        stack = Stack(Path(place) / "stack", built())
        try:
            stack.start("web", "mail", "delivery")
            return int(
                any([not sent(stack, Path(place), number, name, send) for number, (name, send) in enumerate(sending.items())])
            )
        finally:
            stack.stop()


def sent(stack: Stack, place: Path, number: int, name: str, send: Send) -> bool:
    """Send with one program, and say how it went."""
    role = ROLES[number % len(ROLES)]
    answers = {"reach": f"06 1234 567{number}", "name": "Jozé €", "message": MESSAGE}
    folder, started = place / str(number), perf_counter()
    folder.mkdir()
    try:
        page = send(folder, f"http://127.0.0.1:{stack.port}/contact/", role, answers)
        wrong = [] if "ontvangen" in page else [f'no word of "received":\n{page}']
        stack.wait_for_delivery()
        wrong += faults(stack, role, answers)
    except AssertionError as fault:
        wrong = [str(fault)]
    told = "\n  ".join(wrong) or f"received by the advisers for {role}, every sign as it was written"
    print(f"{name} ({perf_counter() - started:.0f} s): {told}", flush=True)
    return not wrong


if __name__ == "__main__":
    sys.exit(main())

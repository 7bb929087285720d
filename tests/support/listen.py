"""`make listen`: what somebody hears who does not see the page, in both languages, with scripts and without; and that
nothing they press, nor a mouse nor a keyboard's layout, leads off the page.

What was spoken stands in var/listen, and is compared with what must be heard.
"""

import random
import re
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import orca
from tests.support.built_site import built
from tests.support.stack import Stack

RECORDED = Path("var/listen")
NUMBER = "070-3738314"
# How fast people press keys, in milliseconds from one to the next.
PACES = ("25", "150", "400")
READING = [
    "h",
    "shift+h",
    "k",
    "shift+k",
    "b",
    "shift+b",
    "e",
    "shift+e",
    "u",
    "l",
    "shift+l",
    "1",
    "2",
    "shift+2",
    "m",
    "shift+m",
]
MOVING = ["Down", "Up", "shift+Down", "shift+Up", "Tab", "shift+Tab", "ctrl+Home", "ctrl+End", "Next", "Prior"]
ASKING = [
    "Insert+t",
    "Insert+f",
    "Insert+space",
    "Insert+a",
    "KP_Enter",
    "KP_Add",
    "KP_8",
    "Insert+shift+c",
    "shift",
    "ctrl",
    "Escape",
]
# What NVDA, JAWS and VoiceOver are asked with, as far as no browser takes it for its own.
OTHERS = [
    *("d", "f", "g", "i", "q", "r", "t", "v", "x", "shift+d", "shift+f", "shift+g", "shift+r", "shift+t", "4", "shift+4"),
    *("Insert+Down", "Insert+Up", "Insert+b", "Insert+z", "Insert+s", "Insert+Tab", "Insert+1", "Insert+shift+Up"),
    *("Caps_Lock+Down", "Caps_Lock+a", "Caps_Lock+t", "KP_5", "KP_2", "shift+KP_2", "alt+Up", "alt+Down"),
    *("ctrl+alt+Right", "ctrl+alt+Down", "ctrl+alt+shift+Down", "ctrl+alt+super+h", "ctrl+alt+super+shift+h", "ctrl+alt+a"),
]
# Five times Shift asks Windows for sticky keys.
STICKY = ["shift"] * 5
LAYOUT = [
    "alt+shift",
    "ctrl+shift",
    "shift",
    "shift",
    "Caps_Lock",
    "alt",
    "ISO_Level3_Shift",
    "shift+alt",
    "ctrl",
    "Escape",
    "super",
    *(
        "super+space",
        "ctrl+space",
        "ISO_Next_Group",
        "Henkan_Mode",
        "Muhenkan",
        "Hangul",
        "Multi_key",
        "dead_acute",
        "Num_Lock",
    ),
]
# By what a page knows that it is still the one that was opened, with what was written.
STAYED = "return [location.pathname, window.opened === 1, document.getElementById('message')?.value.length > 0]"
# Where a click does nothing but what a mouse does by itself: no link, no button.
PLACES = """const found = [];
while (found.length < 6) {
  const x = Math.random() * innerWidth, y = Math.random() * innerHeight, at = document.elementFromPoint(x, y);
  if (at && !at.closest("a, button, select, label")) found.push([x + mozInnerScreenX, y + mozInnerScreenY].map(Math.round));
}
return found"""


@dataclass(frozen=True)
class Words:
    """What must be heard in one language."""

    folder: str
    leave: str
    search: str
    role: str
    first_role: str
    reach: str
    message: str
    send: str
    fault: str
    received: str
    signs: str
    server: str
    device: str
    updated: str
    top: str


LANGUAGES = (
    Words(
        "",
        "Verlaat deze site",
        "Zoeken",
        "Wat is uw functie?",
        "burgemeester",
        "Hoe kunnen wij u veilig bereiken?",
        "Wat wilt u ons vertellen?",
        "Bericht versturen",
        "Hier klopt nog iets niet",
        "Uw bericht is ontvangen",
        "Teken voor teken:",
        "Onze server versleutelt uw bericht",
        "Uw bericht wordt op uw eigen apparaat versleuteld.",
        "Bijgewerkt",
        "Naar boven",
    ),
    Words(
        "en/",
        "Leave this site",
        "Search",
        "What is your role?",
        "mayor",
        "How can we reach you safely?",
        "What would you like to say?",
        "Send message",
        "Something is not right yet",
        "Your message has been received",
        "Sign by sign:",
        "Our server encrypts your message",
        "Your message is encrypted on your own device.",
        "Updated",
        "Back to top",
    ),
)


@dataclass
class Journey:
    """One way through the site, what was heard on it, and what was missed."""

    me: orca.Listener
    words: Words
    scripts: bool
    base: str
    lines: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def heard(self, what: str, spoken: list[str]) -> str:
        """Write down what was heard after something was done."""
        self.lines += [f"[{what}]", *spoken, ""]
        return " ".join(spoken)

    def expect(self, heard: str, *wanted: str) -> None:
        """All of this, in this order."""
        place = 0
        for text in wanted:
            found = heard.find(text, place)
            if found < 0:
                self.missed.append(f"did not hear {text!r} in {heard[:600]!r}")
                return
            place = found + len(text)

    def press(self, key: str, wanted: str = "") -> str:
        """Press a key and hear, if need be a moment longer until this is heard."""
        return self.heard(key, self.me.press(key, wanted=wanted))

    def until(self, wanted: str, key: str = "Tab", most: int = 40) -> str:
        """Press this key until this is heard; all that was heard the last time."""
        heard = ""
        for _ in range(most):
            heard = self.press(key)
            if wanted in heard:
                return heard
        self.missed.append(f"did not come to {wanted!r} with {key}")
        return heard

    def numbers(self) -> None:
        """The first page: the numbers to call within three keys, the way out and the search whole."""
        read = self.heard("the first page", self.me.open(self.base + self.words.folder, self.words.top))
        keys = " ".join(self.press("Tab") for _ in range(3))
        self.expect(keys, "112 link", f"{NUMBER} link")
        self.expect(self.press("Tab"), f"{self.words.leave} link")
        if self.scripts:
            self.expect(self.until(self.words.search, most=6), f"{self.words.search} entry")
        self.unwanted(read)

    def form(self) -> None:
        """The form with a fault, and again without it, to the reference."""
        words = self.words
        read = self.heard("the form", self.me.open(f"{self.base}{words.folder}contact/", words.top))
        self.unwanted(read)
        self.expect(read, words.message, words.server, words.send, words.updated, " 20")
        self.expect(self.until(words.role), words.role, words.first_role, "radio button")
        self.expect(self.press("space", "selected"), "selected")
        self.expect(self.until(words.reach), f"{words.reach} entry required")
        if self.scripts:
            self.expect(" ".join(self.lines), words.device)
        self.until(words.send)
        fault = self.press("Return", words.fault)
        self.expect(fault, words.fault, "heading level 2", NUMBER, words.reach, "link")
        self.until(f"{words.reach} ", most=4)
        self.expect(self.press("Return", "invalid"), words.reach, "entry", "invalid")
        self.me.write("06 12345678")
        self.until(words.message)
        self.me.write("Er staat iemand.")
        self.until(words.send)
        received = self.press("Return", words.signs)
        self.expect(received, words.received, words.signs)
        if not re.search(rf"[0-9A-Z]{{4}}-[0-9A-Z]{{4}}.*{words.signs} (?:[0-9A-Z] ){{7}}[0-9A-Z]\b", received):
            self.missed.append(f"did not hear the reference and its signs without searching, but {received[:600]!r}")

    def unwanted(self, read: str) -> None:
        """What says nothing to anybody."""
        self.missed += [f"heard {text!r}" for text in ("status bar", "statusbar", "undefined", "clickable") if text in read]


def journeys(base: str, place: Path, scripts: bool) -> list[str]:
    """Every way in both languages; what was missed."""
    missed = []
    with orca.listener(place / f"scripts-{scripts}", scripts) as me:
        for words in LANGUAGES:
            journey = Journey(me, words, scripts, base)
            journey.numbers()
            journey.form()
            name = f"{words.folder.strip('/') or 'nl'}-{'with' if scripts else 'without'}-scripts"
            RECORDED.mkdir(parents=True, exist_ok=True)
            (RECORDED / f"{name}.txt").write_text("\n".join(journey.lines), "utf-8")
            print(f"{name}: {len(journey.missed)} missed", *journey.missed, sep="\n  ", flush=True)
            missed += journey.missed
    return missed


def reader_keys(me: orca.Listener, walk: random.Random) -> Iterable[list[str]]:
    """What somebody presses who listens; Enter and space on a link are no accident, so they are not among it."""
    yield ["key", "--delay", walk.choice(PACES), *walk.choices(READING + MOVING + ASKING + OTHERS, k=8)]


def layout_keys(me: orca.Listener, walk: random.Random) -> Iterable[list[str]]:
    """Selecting with the mouse, its wheel, other buttons, and the keys that change the keyboard."""
    for x, y in me.browser.run(PLACES):
        held = walk.choice(["shift", "ctrl", "alt", "shift"])
        button = walk.choice(["1", "1", "1", "4", "5"] if held == "shift" else ["1"])
        yield [
            "mousemove",
            str(x),
            str(y),
            "keydown",
            held,
            "click",
            "--repeat",
            str(walk.randint(1, 3)),
            button,
            "keyup",
            held,
        ]
        pressed = STICKY if walk.random() < 0.1 else walk.choices(LAYOUT, k=3)
        yield ["key", "--delay", walk.choice(PACES), *pressed]


def walks(base: str, place: Path, count: int, first: int = 0) -> int:
    """Walks of both kinds on the form with something written, each by its number; how many ended anywhere else."""
    exits = 0
    with orca.listener(place / "walks") as me:
        for name, keys in (("screen reader", reader_keys), ("mouse and layout", layout_keys)):
            ended = [seed for seed in range(first, first + count) if not stays(me, base, keys, seed)]
            print(f"{count} walks from number {first}, {name}: {len(ended)} unintended exits {ended or ''}", flush=True)
            exits += len(ended)
    return exits


def stays(me: orca.Listener, base: str, keys: Callable[[orca.Listener, random.Random], Iterable[list[str]]], seed: int) -> bool:
    """Whether the form with what was written is still there after a walk."""
    walk = random.Random(seed)
    page = f"{base}contact/"
    if me.browser.address().partition("#")[0] != page or not me.browser.run(STAYED)[1]:
        me.browser.go(page)
        me.browser.run("window.opened = 1")
    me.browser.run("const text = document.getElementById('message'); text.value = 'Half geschreven verhaal'; text.focus()")
    for command in keys(me, walk):
        me.use(*command)
    return me.browser.run(STAYED)[:2] == ["/contact/", True]


def main(count: int, first: int | None = None) -> int:
    """Listen, then walk; with a first walk only that. Exit status 1 when something was not heard or somebody was led away."""
    if absent := orca.missing():
        sys.exit(f"Please install what has {', '.join(absent)}")
    with tempfile.TemporaryDirectory(prefix="listen-", ignore_cleanup_errors=True) as folder:
        stack, place = Stack(Path(folder) / "stack", built()), Path(folder)
        try:
            stack.start("web")
            base = f"http://127.0.0.1:{stack.port}/"
            missed = (
                [] if first is not None else [fault for scripts in (True, False) for fault in journeys(base, place, scripts)]
            )
            return int(bool(missed) | bool(walks(base, place, count, first or 0)))
        finally:
            stack.stop()


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))

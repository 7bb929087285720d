"""`make first-day`: an adviser with nothing reads the practice word aloud: in a browser alone, in Thunderbird, as Proton reads.

The real service, commands, mail and programs do their part and are timed. What people do besides is counted, operator included,
and takes as long as others have measured: Card, Moran and Newell, The Psychology of Human-Computer Interaction (1983), the
keystroke-level model; Brysbaert (2019), doi:10.1016/j.jml.2019.104047, reading; Brown, Human-Computer Interface Design
Guidelines (1988), copying by hand. Each way is counted for an average adult and for one at the slow end of the same sources.
"""

import json
import mailbox
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from playwright.sync_api import Page

from contact_service.keys.advisers import Adviser, everybody, read_associations
from contact_service.openpgp.key_files import inspect
from tests.support.built_site import REPO, built
from tests.support.chromium import chromium
from tests.support.reader_page import ReaderPage
from tests.support.stack import Stack, wait_until
from tests.support.thunderbird import Thunderbird

LIMIT_SECONDS = 600
HANDBOOK = REPO / "deploy" / "handboek-adviseurs"
# Think of it, hand to the mouse, press and release (the way there is the pace's): keystroke-level model, M + H + 2 B.
CLICK_SECONDS = 1.35 + 0.4 + 0.2
# Brysbaert: 183 words a minute aloud; each sign is a word, and the other says it back.
READ_OUT_SECONDS = 2 * 60 / 183
# Brown: 22 words a minute, of five letters.
WRITTEN_SECONDS = 60 / 22 / 5
# Of our own: an announced call is picked up, and both say hello.
CALL_SECONDS = 60


@dataclass(frozen=True)
class Pace:
    """How fast somebody reads, types and points."""

    words_a_minute: int
    key_seconds: float
    pointing_seconds: float


# "Average non-secretary typist"; and the slow end: of how most adults read, "unfamiliar with keyboard", the farthest pointing.
AVERAGE, SLOW = Pace(238, 0.28, 1.1), Pace(175, 1.20, 1.5)


@dataclass
class Day:
    """What one way to the practice word asks of people and of machines."""

    words: int = 0
    keys: int = 0
    letters: int = 0
    read_out: int = 0
    operator_keys: int = 0
    operator_clicks: int = 0
    clicks: int = 0
    machine_seconds: float = 0
    _from: float = field(default_factory=perf_counter)

    def __str__(self) -> str:
        typed = f"{self.words} words read, {self.keys} keys, {self.clicks} clicks, {self.letters} letters by hand"
        waited = f"{self.operator_keys} keys and {self.operator_clicks} clicks of the operator"
        return f"{self.machine_seconds:.0f} s of machines, {typed}, {self.read_out} signs read out, {waited}"

    def reads(self, text: str) -> None:
        """Numbers of keys and files are read out or pasted, not read."""
        self.words += len(re.sub(r"\b(?:[0-9A-Fa-f]{4}|[0-9a-f]{64})\b", "", text).split())

    def does(self, clicks: str, *typed: str) -> None:
        """What is clicked, one after another with commas, and what is typed there, with Enter behind it."""
        self.clicks += len(clicks.split(", "))
        self.keys += sum(len(text) + 1 for text in typed)

    def waits(self, clicks: str, *typed: str) -> None:
        """What the operator clicks and types meanwhile."""
        self.operator_clicks += len(clicks.split(", "))
        self.operator_keys += sum(len(text) + 1 for text in typed)

    def writes(self, text: str) -> None:
        """By hand, on paper."""
        self.letters += len(text)

    def reads_out(self, fingerprint: str) -> None:
        """On the phone, where the other says it back."""
        self.read_out += len(fingerprint)

    def ends(self) -> None:
        """The word was read aloud."""
        self.machine_seconds = perf_counter() - self._from

    def takes(self, pace: Pace) -> float:
        """Seconds from an empty computer until then."""
        seconds = self.words * 60 / pace.words_a_minute + self.keys * pace.key_seconds
        seconds += self.clicks * (CLICK_SECONDS + pace.pointing_seconds)
        seconds += self.letters * WRITTEN_SECONDS + self.read_out * READ_OUT_SECONDS
        # Whoever runs a server is used to a keyboard.
        seconds += self.operator_keys * AVERAGE.key_seconds + self.operator_clicks * (CLICK_SECONDS + AVERAGE.pointing_seconds)
        return seconds + self.machine_seconds + CALL_SECONDS


def page_of(name: str) -> str:
    """A page of the handbook."""
    return (HANDBOOK / name).read_text("utf-8")


def section(name: str, heading: str) -> str:
    """One part of a page of the handbook, up to its next heading."""
    return page_of(name).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def first_day_by(way: str) -> str:
    """What everybody reads before, and the steps of one way."""
    steps = section("eerste-dag.md", way)
    assert steps
    return page_of("eerste-dag.md").partition("\n## ")[0] + steps


class Office:
    """The operator's side: takes a public key into service, sends the practice mail, hears the word."""

    def __init__(self, folder: Path) -> None:
        self.stack = Stack(folder / "stack", built())
        self.stack.start("web", "mail", "delivery")
        self._advisers = self.stack.folder / "service" / "advisers.toml"
        self._people = iter([one for group in read_associations(self._advisers).values() for one in everybody([group])])
        self._word = ""

    def next(self) -> Adviser:
        return next(self._people)

    def command(self, *words: str) -> str:
        run = ["contact-service", *words]
        return subprocess.run(run, cwd=REPO, env=self.stack.environment, capture_output=True, text=True, check=False).stdout

    def takes(self, adviser: Adviser, public: bytes, day: Day) -> None:
        """Put the file into the folder and its fingerprint into the list, and see that the key is fit (KEYS.md, a new key)."""
        found = inspect(f"{adviser.name}.asc", public)
        (self.stack.folder / "service" / "keys" / f"{adviser.name}.asc").write_bytes(public)
        text = self._advisers.read_text("utf-8").replace(adviser.fingerprints[0], found.fingerprint)
        self._advisers.write_text(text, "utf-8")
        line = next(line for line in self.command("keys").splitlines() if adviser.name in line)
        assert "never" in line, line
        day.waits("the mail, save the attachment, save", adviser.name)
        day.waits(
            "the terminal", "contact-service keys", "nano advisers.toml", "contact-service keys", "systemctl reload contact-web"
        )
        day.waits("mark the fingerprint, copy, the adviser's line, paste, save, close")
        day.reads_out(found.fingerprint)

    def practises(self, adviser: Adviser, folder: Path, day: Day) -> Path:
        """Send the practice mail; the file that the adviser's mail program saves of it."""
        day.waits("the terminal", f"contact-service test-mail {adviser.name}")
        self._word = self.command("test-mail", adviser.name).rsplit("back: ", 1)[1].strip()

        def arrived() -> bytes | None:
            mails = mailbox.Maildir(self.stack.mail, create=False).values() if self.stack.mail.exists() else []
            return next((mail.as_bytes() for mail in mails if mail["To"] == adviser.address), None)

        mail = wait_until(arrived, 30, "the practice mail")
        assert isinstance(mail, bytes)
        (folder / "oefenbericht.eml").write_bytes(mail)
        return folder / "oefenbericht.eml"

    def hears(self, shown: str, adviser: Adviser, page: Page, day: Day) -> None:
        """The word is right: the day ends. Once the link was used the list of keys says so."""
        day.ends()
        assert re.search(rf"^\s*{self._word}\s*$", shown, re.MULTILINE), shown
        link = re.search(r"http\S+/gelezen/\w+", shown)
        assert link, shown
        page.goto(link[0])
        page.click("main form button")
        line = next(line for line in self.command("keys").splitlines() if adviser.name in line)
        assert "never" not in line, line


def mails_the_public_key(day: Day) -> None:
    day.does("write a mail, to whom, about what, attach, the file, choose, send", "beheerder@hulp.example", "sleutel")


def browser_alone(day: Day, office: Office, folder: Path, page: Page) -> None:
    adviser = office.next()
    fetch = section("alleen-browser.md", "Het bestand ophalen, één keer")
    # The steps alone, of which one line is pasted and not read; the screens say the rest.
    day.reads(first_day_by("Alleen een browser") + re.sub(r"```.*?```", "", fetch.partition("\nMag ")[0], flags=re.DOTALL))
    with urllib.request.urlopen(f"http://127.0.0.1:{office.stack.port}/lezer.html") as answer:
        (folder / "lezer.html").write_bytes(answer.read())
    day.does("the address bar, keep this page", "https://hulp.example/lezer.html")
    day.does("mark the line, copy, start, paste, close", "powershell", "")
    reader = ReaderPage(page, f"file://{folder / 'lezer.html'}")
    reader.door("make")
    day.reads(page.inner_text("main"))
    made = reader.make_key(folder, address=adviser.address)
    day.reads(page.inner_text("#make .made"))
    day.does("the file, make a key, name, address, once more, make it", "Jo Jansen", adviser.address, made.passphrase)
    day.writes(made.passphrase)
    day.does("save the secret key, save the public key")
    mails_the_public_key(day)
    office.takes(adviser, made.public.read_bytes(), day)
    mail = office.practises(adviser, folder, day)
    day.does("the mail, save the attachment, save")
    reader.door("read")
    page.click("#forget")
    day.reads(page.inner_text("#read"))
    reader.give("mail-file", mail)
    reader.give("key-file", made.secret)
    shown = reader.read(made.passphrase)
    day.does("read a message, choose the mail, the file, choose the key, the file, passphrase", made.passphrase)
    day.reads(shown)
    office.hears(page.text_content("#letter") or "", adviser, page, day)


def thunderbird(day: Day, office: Office, folder: Path, page: Page) -> None:
    adviser, program, passphrase = office.next(), Thunderbird(folder / "profile"), "zes woorden op papier"
    try:
        day.reads(first_day_by("Thunderbird") + page_of("sleutel-maken.md"))
        _backup, public = program.make_key(f"Jo <{adviser.address}>", passphrase)
        day.does("menu, account settings, encryption, add a key, a new one, go on, its end, with a passphrase, first, again")
        day.does("make it, confirm, key manager, the key, file, export the public key, save", passphrase, passphrase)
        day.writes(passphrase)
        mails_the_public_key(day)
        office.takes(adviser, public, day)
        shown = program.open(office.practises(adviser, folder, day))
    finally:
        program.stop()
    assert shown
    day.does("the mail", passphrase)
    day.reads(shown.text)
    office.hears(shown.text, adviser, page, day)


def proton(day: Day, office: Office, folder: Path, page: Page) -> None:
    adviser, node = office.next(), ["node", str(REPO / "tests" / "support" / "openpgpjs.mjs")]
    day.reads(first_day_by("Proton Mail") + page_of("proton.md"))
    secret = subprocess.run([*node, "generate", "plain"], check=True, capture_output=True).stdout
    day.does("settings, all settings, encryption and keys, the address, export, the public key, save")
    mails_the_public_key(day)
    office.takes(adviser, subprocess.run([*node, "public"], input=secret, check=True, capture_output=True).stdout, day)
    mail = office.practises(adviser, folder, day).read_bytes()
    armored = re.search(rb"-----BEGIN.*-----END PGP MESSAGE-----", mail, re.DOTALL)
    assert armored
    given = json.dumps([[secret.decode(), armored[0].decode()]])
    read = ["node", str(REPO / "tests" / "support" / "parsers" / "read.mjs")]
    (shown,) = json.loads(subprocess.run(read, input=given, check=True, capture_output=True, text=True).stdout)
    text = next(text for program, (_, text) in shown.items() if program.startswith("Proton"))
    day.does("the mail")
    day.reads(text)
    office.hears(text, adviser, page, day)


WAYS: dict[str, Callable[[Day, Office, Path, Page], None]] = {
    "the browser alone": browser_alone,
    "Thunderbird, installed": thunderbird,
    "what Proton reads with": proton,
}


def main() -> int:
    """Print each way; 0 when each takes an average adult ten minutes at most."""
    faults = 0
    with tempfile.TemporaryDirectory(prefix="day-") as name, chromium() as browser:
        office = Office(Path(name))
        try:
            for number, (called, way) in enumerate(WAYS.items()):
                folder, day = Path(name) / str(number), Day()
                folder.mkdir()
                way(day, office, folder, browser.new_context(accept_downloads=True).new_page())
                average, slow = day.takes(AVERAGE), day.takes(SLOW)
                print(f"{called:24} {average / 60:4.1f} minutes to the word, slowly {slow / 60:4.1f}: {day}", flush=True)
                faults += average > LIMIT_SECONDS
        finally:
            office.stack.stop()
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())

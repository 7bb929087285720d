"""`make first-day`: an adviser with nothing reads the practice word aloud: in a browser alone, in Thunderbird, as Proton reads.

The real service, commands, mail and programs do their part and are timed; what a person does besides is counted, at a slow
person's pace.
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
# A slow person's pace: 200 words a minute, where adults read 238 (Brysbaert, 2019); typing 24 words a minute that stand there;
# writing by hand; reading out to somebody who compares; comparing two numbers by eye; a click with all that it
# needs, where the keystroke-level model has 2.7 seconds.
WORDS_A_SECOND, KEYS_A_SECOND, LETTERS_A_SECOND, READ_OUT_A_SECOND = 200 / 60, 2, 1, 1
COMPARED_A_SECOND, CLICK_SECONDS = 2, 4
CALL_SECONDS = 60  # picked up, hello, who are you


@dataclass
class Day:
    """What one way to the practice word asks of a person and of machines."""

    words: int = 0
    keys: int = 0
    letters: int = 0
    read_out: int = 0
    compared: int = 0
    clicks: int = 0
    machine_seconds: float = 0
    _from: float = field(default_factory=perf_counter)

    def __str__(self) -> str:
        typed = f"{self.words} words read, {self.keys} keys, {self.letters} letters by hand"
        spoken = f"{self.read_out} signs read out, {self.compared} compared, {self.clicks} clicks"
        return f"{self.machine_seconds:.0f} s of machines, {typed}, {spoken}"

    def reads(self, text: str) -> None:
        """Numbers of keys and files are read out or compared, not read."""
        self.words += len(re.sub(r"\b[0-9A-Fa-f]{4}\b", "", text).split())

    def ends(self) -> float:
        """Seconds from an empty computer until the word was read aloud."""
        self.machine_seconds = perf_counter() - self._from
        person = self.words / WORDS_A_SECOND + self.keys / KEYS_A_SECOND + self.letters / LETTERS_A_SECOND
        person += self.read_out / READ_OUT_A_SECOND + self.compared / COMPARED_A_SECOND + self.clicks * CLICK_SECONDS
        return self.machine_seconds + person + CALL_SECONDS


def page_of(name: str) -> str:
    """A page of the handbook."""
    return (HANDBOOK / name).read_text("utf-8")


def first_day_by(way: str) -> str:
    """What everybody reads before, whichever way is theirs: the page of the first day, and the rules that always hold."""
    before, everybody_reads, *ways = page_of("eerste-dag.md").split("\n## ")
    rules = page_of("README.md").partition("Vijf regels")[2].partition("\n## ")[0]
    assert rules
    return before + everybody_reads + rules + next(part for part in ways if part.startswith(f"{way}\n"))


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

    def takes(self, adviser: Adviser, public: bytes) -> None:
        """Put the file into the folder and its fingerprint into the list, and see that the key is fit."""
        found = inspect(f"{adviser.name}.asc", public)
        (self.stack.folder / "service" / "keys" / f"{adviser.name}.asc").write_bytes(public)
        text = self._advisers.read_text("utf-8").replace(adviser.fingerprints[0], found.fingerprint)
        self._advisers.write_text(text, "utf-8")
        line = next(line for line in self.command("keys").splitlines() if adviser.name in line)
        assert "never" in line, line

    def practises(self, adviser: Adviser, folder: Path) -> Path:
        """Send the practice mail; the file that the adviser's mail program saves of it."""
        self._word = self.command("test-mail", adviser.name).rsplit("back: ", 1)[1].strip()

        def arrived() -> bytes | None:
            mails = mailbox.Maildir(self.stack.mail, create=False).values() if self.stack.mail.exists() else []
            return next((mail.as_bytes() for mail in mails if mail["To"] == adviser.address), None)

        mail = wait_until(arrived, 30, "the practice mail")
        assert isinstance(mail, bytes)
        (folder / "oefenbericht.eml").write_bytes(mail)
        return folder / "oefenbericht.eml"

    def hears(self, shown: str, adviser: Adviser, page: Page) -> None:
        """The word is right, and once the link was used the list of keys says so."""
        assert re.search(rf"^\s*{self._word}\s*$", shown, re.MULTILINE), shown
        link = re.search(r"http\S+/gelezen/\w+", shown)
        assert link, shown
        page.goto(link[0])
        page.click("main form button")
        line = next(line for line in self.command("keys").splitlines() if adviser.name in line)
        assert "never" not in line, line


def browser_alone(day: Day, office: Office, folder: Path, page: Page) -> None:
    adviser = office.next()
    # The page of the first day sends on to one section: how to fetch the file. The screens say the rest.
    day.reads(first_day_by("Alleen een browser") + page_of("alleen-browser.md").split("\n## ")[1])
    with urllib.request.urlopen(f"http://127.0.0.1:{office.stack.port}/lezer.html") as answer:
        (folder / "lezer.html").write_bytes(answer.read())
    day.compared += 64
    day.keys += len("Get-FileHash lezer.html")
    reader = ReaderPage(page, f"file://{folder / 'lezer.html'}")
    made = reader.make_key(folder, address=adviser.address)
    day.reads(page.inner_text("#make"))
    day.keys += len("Jo Jansen" + adviser.address) + 2 * len(made.passphrase)
    day.letters += len(made.passphrase)
    office.takes(adviser, made.public.read_bytes())
    day.read_out += 40
    reader.door("read")
    page.click("#forget")
    reader.give("mail-file", office.practises(adviser, folder))
    reader.give("key-file", made.secret)
    shown = reader.read(made.passphrase)
    day.reads(shown)
    # Save the page, open it; six fields; two files, one to a stick; mail one. Save the mail, choose two files, open; the link.
    day.clicks += 2 + 6 + 4 + 3 + 1 + 2 + 1 + 2
    office.hears(page.text_content("#letter") or "", adviser, page)


def thunderbird(day: Day, office: Office, folder: Path, page: Page) -> None:
    adviser, program = office.next(), Thunderbird(folder / "profile")
    try:
        day.reads(first_day_by("Thunderbird") + page_of("sleutel-maken.md") + page_of("bericht-lezen.md"))
        _backup, public = program.make_key(f"Jo <{adviser.address}>", "zes woorden op papier")
        office.takes(adviser, public)
        day.read_out += 40
        shown = program.open(office.practises(adviser, folder))
    finally:
        program.stop()
    assert shown
    day.reads(shown.text)
    day.clicks += 20
    office.hears(shown.text, adviser, page)


def proton(day: Day, office: Office, folder: Path, page: Page) -> None:
    adviser, node = office.next(), ["node", str(REPO / "tests" / "support" / "openpgpjs.mjs")]
    day.reads(first_day_by("Proton Mail") + page_of("proton.md"))
    secret = subprocess.run([*node, "generate", "plain"], check=True, capture_output=True).stdout
    office.takes(adviser, subprocess.run([*node, "public"], input=secret, check=True, capture_output=True).stdout)
    day.read_out += 40
    armored = re.search(rb"-----BEGIN.*-----END PGP MESSAGE-----", office.practises(adviser, folder).read_bytes(), re.DOTALL)
    assert armored
    given = json.dumps([[secret.decode(), armored[0].decode()]])
    read = ["node", str(REPO / "tests" / "support" / "parsers" / "read.mjs")]
    (shown,) = json.loads(subprocess.run(read, input=given, check=True, capture_output=True, text=True).stdout)
    text = next(text for program, (_, text) in shown.items() if program.startswith("Proton"))
    day.reads(text)
    day.clicks += 12
    office.hears(text, adviser, page)


WAYS: dict[str, Callable[[Day, Office, Path, Page], None]] = {
    "the browser alone": browser_alone,
    "Thunderbird, installed": thunderbird,
    "what Proton reads with": proton,
}


def main() -> int:
    """Print each way; 0 when every word was heard and the browser alone took ten minutes at most."""
    taken = {}
    with tempfile.TemporaryDirectory(prefix="day-") as name, chromium() as browser:
        office = Office(Path(name))
        try:
            for number, (called, way) in enumerate(WAYS.items()):
                folder, day = Path(name) / str(number), Day()
                folder.mkdir()
                way(day, office, folder, browser.new_context(accept_downloads=True).new_page())
                taken[called] = day.ends()
                print(f"{called:24} {taken[called] / 60:4.1f} minutes to the word: {day}", flush=True)
        finally:
            office.stack.stop()
    return 0 if taken["the browser alone"] <= LIMIT_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())

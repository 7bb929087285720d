"""In `make listen`: what an adviser hears who does not see the reader page: a message opened, wrong words, a key made.

Keys alone are pressed. Only which file is chosen comes from a script: that dialog is the browser's own.
"""

import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from contact_service.mail.submission import Submission
from tests.support import orca
from tests.support.built_site import built
from tests.support.chromium import chromium
from tests.support.listen import LANGUAGES, RECORDED, Journey
from tests.support.reader_page import Made, ReaderPage, encrypted, entity, mail

CHOOSE = """const [field, name, text] = arguments, held = new DataTransfer(), input = document.getElementById(field);
held.items.add(new File([text], name));
input.files = held.files;
input.dispatchEvent(new Event("change", { bubbles: true }))"""
LETTER = Submission(
    language="nl",
    role="burgemeester",
    reach="Bel na 20 uur",
    name="A. de Vries",
    when="na 20 uur",
    voicemail=False,
    topic="bedreiging",
    message="Er lag een kogelbrief op de mat.",
)


@dataclass(frozen=True)
class Heard:
    """What must be heard of the reader page in one language."""

    language: str
    mail: str
    message: str
    waiting: str
    key: str
    until: str
    passphrase: str
    open: str
    wrong: str
    receipt: str
    make: str
    name: str
    address: str
    once_more: str
    make_it: str
    made: str
    save: str
    saved: str
    end: str


SAID = (
    Heard(
        "",
        "Kies de mail",
        "Bericht 1",
        "nog op slot",
        "Kies de sleutel",
        "geldig tot",
        "3. Het wachtwoord van uw sleutel",
        "Open het bericht",
        "Het wachtwoord past niet bij deze sleutel",
        "Ik heb dit bericht link",
        "Een sleutel maken",
        "Uw naam",
        "Het mailadres van uw functie",
        "Typ het wachtwoord nog een keer",
        "Maak de sleutel",
        "Uw sleutel is gemaakt",
        "1. Bewaar de geheime sleutel",
        "opgeslagen",
        "Waaruit deze pagina bestaat",
    ),
    Heard(
        "English",
        "Choose the mail",
        "Message 1",
        "still locked",
        "Choose the key",
        "valid until",
        "3. The passphrase of your key",
        "Open the message",
        "The passphrase does not fit this key",
        "I have this message link",
        "Make a key",
        "Your name",
        "The mail address of your function",
        "Type the passphrase once more",
        "Make the key",
        "Your key is made",
        "1. Save the secret key",
        "saved",
        "What this page is made of",
    ),
)


@dataclass
class Reading(Journey):
    """One sitting at the reader page."""

    def opens(self, said: Heard) -> None:
        """The page, in this language; all of it is read."""
        read = self.heard("the page", self.me.open(self.base, SAID[0].end))
        self.unwanted(read)
        self.expect(
            read, "Een bericht lezen heading level 1", "Kies de mail", "Kies de sleutel", "password text", "Open het bericht"
        )
        if said.language:
            self.until(f"{said.language} push button")
            self.press("Return")

    def reads(self, said: Heard, made: Made, letter: str) -> None:
        """A mail and a key chosen, the wrong words, the right ones, and the letter from its subject to its end."""
        self.until(f"{said.mail} Browse")
        self.me.browser.run(CHOOSE, "mail-file", "bericht.eml", letter)
        self.expect(self.heard("a mail is chosen", self.me.listen(said.waiting)), said.message, said.waiting)
        self.until(f"{said.key} Browse")
        self.me.browser.run(CHOOSE, "key-file", "sleutel.asc", made.secret.read_text("utf-8"))
        self.expect(self.heard("a key is chosen", self.me.listen(said.until)), "Jo Jansen", said.until)
        self.until(said.passphrase)
        self.me.write("fout")
        self.expect(self.press("Return", said.wrong), said.wrong)
        self.until(said.passphrase)
        self.press("ctrl+a")
        self.me.write(made.passphrase)
        self.expect(self.press("Return", "(PS1J"), "Burgemeester, contactformulier", "heading level 2")
        self.until(said.receipt)
        letter_read = " ".join(self.press("Down") for _ in range(30))
        self.expect(letter_read, "Referentie", "Hoe kunnen wij u veilig bereiken?", "Bel na 20 uur", "Bericht", LETTER.message)

    def makes(self, said: Heard) -> None:
        """A key, up to the first of its two files."""
        self.press("ctrl+Home")
        self.until(f"{said.make} push button")
        self.expect(self.press("Return", said.make), said.make)
        self.expect(self.until(said.name), said.name, "entry")
        self.me.write("Jo Jansen")
        self.until(said.address)
        self.me.write("jo@vereniging.example")
        words = str(self.me.browser.run("return document.querySelector('#make .drawn').textContent"))
        self.until(said.once_more)
        self.me.write(words)
        self.expect(self.press("Return", said.made), said.made)
        self.until(f"{said.save} push button")
        self.expect(self.press("Return", said.saved), said.saved)


def main() -> int:
    """Listen in both languages; exit status 1 when something was not heard."""
    if absent := orca.missing():
        sys.exit(f"Please install what has {', '.join(absent)}")
    missed = []
    with tempfile.TemporaryDirectory(prefix="listen-", ignore_cleanup_errors=True) as name:
        folder, page = Path(name), f"file://{built() / 'lezer.html'}"
        with chromium() as browser:
            made = ReaderPage(browser.new_context(accept_downloads=True).new_page()).make_key(folder)
        letter = mail(encrypted(entity(LETTER), made.public, folder), datetime.now(UTC)).decode()
        with orca.listener(folder / "orca") as me:
            for words, said in zip(LANGUAGES, SAID, strict=True):
                sitting = Reading(me, words, True, page)
                sitting.opens(said)
                sitting.reads(said, made, letter)
                sitting.makes(said)
                RECORDED.mkdir(parents=True, exist_ok=True)
                record = RECORDED / f"reader-{said.language or 'Nederlands'}.txt"
                record.write_text("\n".join(sitting.lines), "utf-8")
                print(f"{record.stem}: {len(sitting.missed)} missed", *sitting.missed, sep="\n  ", flush=True)
                missed += sitting.missed
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())

"""The advisers' reader in a browser, used as an adviser does: files chosen, words typed, buttons pressed."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, Request

from contact_service.mail.message import inner_entity, outer_mail
from contact_service.mail.submission import Submission
from tests.support.built_site import built
from tests.support.key_maker import Maker

TEAM, SENDER, SITE = "Ondersteuningsteam van de proef", "formulier@hulp.example", "https://hulp.example/"


@dataclass(frozen=True)
class Made:
    """A key that the page made: its two files, and the words that open it."""

    secret: Path
    public: Path
    passphrase: str
    fingerprint: str


class ReaderPage:
    """One opened reader; every request that the page makes is kept."""

    def __init__(self, page: Page, address: str = "") -> None:
        self.page = page
        self.requests: list[str] = []
        self.faults: list[str] = []
        page.on("request", self._note)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)
        page.goto(address or f"file://{built() / 'lezer.html'}")

    def _note(self, request: Request) -> None:
        self.requests.append(request.url)

    def door(self, name: str) -> None:
        self.page.click(f"[data-door={name}]")

    def give(self, field: str, *files: Path | tuple[str, bytes]) -> None:
        """Choose files, or what would be in them, and wait until the page has looked at them."""
        chosen = [
            {"name": file[0], "mimeType": "application/octet-stream", "buffer": file[1]} if isinstance(file, tuple) else file
            for file in files
        ]
        self.page.set_input_files(f"#{field}", chosen)
        self.page.wait_for_selector("#status:empty", state="attached")

    def read(self, passphrase: str) -> str:
        """Press the button; what the page then shows of the message, or says is wrong."""
        self.page.fill("#passphrase", passphrase)
        self.page.click("#open .primary")
        self.page.wait_for_selector("#status:empty", state="attached")
        return self.shown()

    def shown(self) -> str:
        """The fault, if one is told, or else the opened message."""
        shown = "#faults" if self.page.is_visible("#faults") else "#letter"
        return self.page.inner_text(shown)

    def make_key(self, folder: Path, name: str = "Jo Jansen", address: str = "jo@vereniging.example") -> Made:
        """Fill in the form as asked, and save both files."""
        self.door("make")
        self.page.fill("#name", name)
        self.page.fill("#address", address)
        passphrase = self.page.inner_text("#make .drawn")
        self.page.fill("#make-again", passphrase)
        self.page.click("#make-form .primary")
        self.page.wait_for_selector("#make .made:not([hidden])")
        secret, public = self.save("make", "secret", folder), self.save("make", "public", folder)
        return Made(secret, public, passphrase, self.fingerprint("make"))

    def fingerprint(self, door: str) -> str:
        """What stands there to be read out on the phone."""
        return self.page.inner_text(f"#{door} .made .fingerprint").replace(" ", "")

    def save(self, door: str, part: str, folder: Path) -> Path:
        """Press the button of a file, and take what the browser saved."""
        with self.page.expect_download() as download:
            self.page.click(f"#{door} .file.{part} button")
        place = folder / download.value.suggested_filename
        download.value.save_as(place)
        return place

    def manage(self, task: str, passphrase: str) -> None:
        """Do one thing with the key that was chosen, and wait for the outcome or a fault."""
        self.page.fill("#own-passphrase", passphrase)
        self.page.check(f"#task-{task}")
        self.page.click("#manage-form > p .primary")
        self.page.wait_for_selector("#manage .made:not([hidden]), #faults:not([hidden])")


def encrypted(inner: bytes, public: Path, folder: Path) -> bytes:
    """The armored message that gpg makes for a key, as the service lets it."""
    home = folder / "sender"
    home.mkdir(mode=0o700, exist_ok=True)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--yes", "--quiet", "--trust-model", "always"]
    try:
        subprocess.run([*gpg, "--import", str(public)], check=True, capture_output=True)
        command = [*gpg, "--armor", "--compress-algo", "none", "--recipient-file", str(public), "--encrypt"]
        return subprocess.run(command, input=inner, check=True, capture_output=True).stdout
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)


def entity(submission: Submission, nonce: str = "nonce") -> bytes:
    """The text that the service would lock."""
    return inner_entity(submission, team=TEAM, address=SITE, association="Vereniging", sender=SENDER, nonce=nonce)


def mail(armored: bytes, now, nonce: str = "nonce") -> bytes:  # type: ignore[no-untyped-def]
    """The mail that would reach the adviser."""
    return outer_mail(armored.decode(), mark="3f7k", mail_id=nonce, address="jo@vereniging.example", sender=SENDER, now=now)


def locked_key(folder: Path, passphrase: str, *algorithms: str, expires: str = "never") -> tuple[bytes, Path]:
    """A secret key as gpg exports it, behind a passphrase, and its public file."""
    maker = Maker(folder)
    # gpg-agent would make the passphrase as dear as this machine allows; how long that takes, `make measure-reader` tells.
    (folder / "gpg-agent.conf").write_text("s2k-count 65536\n")
    try:
        maker.primary(algorithms[0], expires=expires).subkey(algorithms[1], expires=expires)
        plain = (folder / "public.asc", maker.public())
        plain[0].write_bytes(plain[1])
        change = ["--pinentry-mode", "loopback", "--command-fd", "0", "--passwd", maker.fingerprint]
        command = ["gpg", "--homedir", str(folder), "--no-tty", "--quiet", *change]
        subprocess.run(command, input=f"{passphrase}\n{passphrase}\n".encode(), check=True, capture_output=True)
        export = ["gpg", "--homedir", str(folder), "--batch", "--pinentry-mode", "loopback", "--passphrase", passphrase]
        export += ["--armor", "--export-secret-keys", maker.fingerprint]
        return subprocess.run(export, check=True, capture_output=True).stdout, plain[0]
    finally:
        maker.close()

"""What mail programs of the terminal make of one of our mails, and of a reply to it: a part of `make interop`."""

import email
import email.policy
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.stack import wait_until
from tests.support.terminals import Terminal
from tests.support.thunderbird import Thunderbird

ADVISER = "gnupg-curve@vereniging.example"
NEOMUTT = """
set folder="{folder}"
set spoolfile="{mail}"
set from="{adviser}"
set editor="{folder}/editor"
set sendmail="{folder}/send"
set edit_headers=yes
set fast_reply=yes
set include=yes
set crypt_use_gpgme=yes
set header_cache=""
set wait_key=no
set copy=no
set pipe_decode=yes
set abort_unmodified=no
set reply_to=yes
set postpone=no
set mbox_type=Maildir
push "<display-message><exit><pipe-message>cat > {folder}/text<enter><reply>y<quit><quit>"
"""

AERC = {
    "accounts.conf": "[a]\nsource=maildir://{folder}\ndefault=mail\nfrom=<{adviser}>\noutgoing={folder}/send\n",
    "aerc.conf": "[general]\npgp-provider=gpg\n[compose]\neditor=true\n[filters]\ntext/plain=cat\n",
}


@dataclass(frozen=True)
class Seen:
    """What a program shows of the mail, and what it would send back to whom."""

    text: str
    subject: str
    reply_to: str
    reply_subject: str
    has_sent: bool


class Reader:
    """A home with the adviser's secret key and one mail in a Maildir."""

    def __init__(self, secret: Path, mail: Path) -> None:
        self.folder, self.secret, self.file = Path(tempfile.mkdtemp(prefix="read-")), secret, mail
        self.mail = self.folder / "mail"
        for name in ("cur", "new", "tmp"):
            (self.mail / name).mkdir(parents=True)
        (self.mail / "cur" / "1:2,S").write_bytes(mail.read_bytes().replace(b"\r\n", b"\n"))
        home = self.folder / "gnupg"
        home.mkdir(mode=0o700)
        own = {
            "GNUPGHOME": home,
            "HOME": self.folder,
            "NOTMUCH_CONFIG": self.folder / "notmuch",
            "TERM": "xterm",
            "LANG": "C.UTF-8",
        }
        self.environment = os.environ | {name: str(value) for name, value in own.items()}
        self.run("gpg", "--batch", "--quiet", "--import", str(secret))

    def run(self, *command: str) -> bytes:
        """What the program prints."""
        return subprocess.run(
            command, env=self.environment, capture_output=True, check=False, timeout=60, stdin=subprocess.DEVNULL
        ).stdout

    def program(self, name: str, does: str) -> None:
        """Put a program of this name into the folder, for a mail program to start."""
        (self.folder / name).write_text(f"#!/bin/sh\n{does}\n")
        (self.folder / name).chmod(0o755)

    def close(self) -> None:
        """Leave nothing behind."""
        self.run("gpgconf", "--kill", "all")
        shutil.rmtree(self.folder, ignore_errors=True)


def by_notmuch(reader: Reader) -> Seen:
    """Without index.decrypt, as the handbook wants it."""
    config = f"[database]\npath={reader.mail}\n[user]\nname=A\nprimary_email={ADVISER}\n"
    (reader.folder / "notmuch").write_text(config)
    reader.run("notmuch", "new")
    shown = json.loads(reader.run("notmuch", "show", "--decrypt=true", "--format=json", "*"))[0][0][0]
    reply = email.message_from_bytes(reader.run("notmuch", "reply", "--decrypt=true", "*"), policy=email.policy.default)
    text = shown["body"][0]["content"][1]["content"][0]["content"]
    return Seen(text, shown["headers"]["Subject"], str(reply["To"]), str(reply["Subject"]), False)


def by_neomutt(reader: Reader) -> Seen:
    """The mail opened, piped, and answered with the quote as it comes."""
    reader.program("editor", f'cp "$1" {reader.folder}/reply; echo x >> "$1"')
    reader.program("send", f"cat > {reader.folder}/sent")
    (reader.folder / "rc").write_text(NEOMUTT.format(mail=reader.mail, adviser=ADVISER, folder=reader.folder))
    # In the foreground: in a group of its own it gets nothing of the terminal that Debian 13's script makes, and stands still.
    screen = reader.run(
        "script", "-qec", f"timeout --foreground 40 neomutt -n -F {reader.folder}/rc -f {reader.mail}", "/dev/null"
    ).decode("utf-8", "replace")
    headers, _, text = (reader.folder / "text").read_text("utf-8").partition("\n\n")
    reply = dict(
        re.findall(r"^([\w-]+): ?(.*)$", (reader.folder / "reply").read_text("utf-8").partition("\n\n")[0], re.MULTILINE)
    )
    subject = re.search(r"Wethouder, contactformulier \([\w-]+\)", screen)
    return Seen(text, subject[0] if subject else headers, reply["To"], reply["Subject"], (reader.folder / "sent").exists())


def by_aerc(reader: Reader) -> Seen:
    """The mail opened, piped, answered with the quote as it comes, and Send pressed."""
    settings = reader.folder / ".config" / "aerc"
    settings.mkdir(parents=True)
    for name, content in AERC.items():
        (settings / name).write_text(content.format(folder=reader.folder, adviser=ADVISER))
        (settings / name).chmod(0o600)
    for name, file in (("keep", "text"), ("send", "sent")):
        reader.program(name, f"cat > {reader.folder}/{file}")
    terminal = Terminal(reader.folder, ["env", f"GNUPGHOME={reader.folder}/gnupg", "aerc"])
    try:
        wait_until(lambda: "[...]" in terminal.screen(), 30, "the list in aerc")
        terminal.press("Enter")
        wait_until(lambda: "Bericht via" in terminal.screen(), 30, "the mail in aerc")
        terminal.write(f":pipe -b {reader.folder}/keep")
        terminal.press("Enter")
        wait_until((reader.folder / "text").exists, 30, "the text in aerc")
        terminal.write("rq")
        wait_until(lambda: "Send this email?" in terminal.screen(), 30, "a reply in aerc")
        head = dict(re.findall(r"^ *(\w+): (.*?)(?: {2}|$)", terminal.screen(), re.MULTILINE))
        terminal.write("y")
        with suppress(AssertionError):
            wait_until((reader.folder / "sent").exists, 5, "a mail that leaves")
    finally:
        terminal.close()
    text = (reader.folder / "text").read_text("utf-8")
    return Seen(text, head["Subject"].removeprefix("Re: "), head["To"], head["Subject"], (reader.folder / "sent").exists())


def by_thunderbird(reader: Reader) -> Seen:
    """The mail opened from a file, and answered; where its button is grey nobody is to be sent to."""
    thunderbird = Thunderbird(reader.folder / "profile")
    try:
        thunderbird.take_key(reader.secret.read_text("ascii"))
        shown = thunderbird.open(reader.file)
        assert shown, "Thunderbird does not show the mail"
        answer = thunderbird.reply(ADVISER)
    finally:
        thunderbird.stop()
    return Seen(shown.text, shown.subject, answer.to if answer.can_send else "nobody", answer.subject, False)


PROGRAMS: dict[str, Callable[[Reader], Seen]] = {
    "notmuch": by_notmuch,
    "neomutt": by_neomutt,
    "aerc": by_aerc,
    "thunderbird": by_thunderbird,
}


def seen(secret: Path, mail: Path) -> dict[str, Seen]:
    """What each program that is here makes of the mail."""
    found = {}
    for name, look in PROGRAMS.items():
        if shutil.which(name):
            reader = Reader(secret, mail)
            try:
                found[name] = look(reader)
            finally:
                reader.close()
    return found


def table(found: dict[str, Seen], line_of_text: str) -> list[str]:
    """In words: text, subject, dots, and where a reply would go."""
    rows = ["| program | text | subject | dots | Reply goes to | its open subject |", "|---|---|---|---|---|---|"]
    for name, one in found.items():
        text, dots = ("right" if line_of_text in one.text else "WRONG"), ("shown" if "....." in one.text else "none")
        sent = " and WAS SENT" if one.has_sent else ""
        rows.append(f"| {name} | {text} | {one.subject} | {dots} | {one.reply_to}{sent} | {one.reply_subject} |")
    return rows


def is_safe(one: Seen) -> bool:
    """A reply is not under way to the form, and does not name the topic."""
    return not one.has_sent and "formulier@" not in one.reply_to and "bedreiging" not in one.reply_subject

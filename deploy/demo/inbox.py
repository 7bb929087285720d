"""What the demo advisers received, each decrypted with that adviser's own key: the proof of the journey."""

import email
import email.policy
import mailbox
import sys
from pathlib import Path

from deploy.demo.advisers import decrypt
from deploy.demo.prepare import COMPUTERS, POST_OFFICE


def letters(mail: Path, computers: Path) -> dict[str, list[str]]:
    """Per adviser's address, the mails as that adviser reads them: the inner subject and text."""
    inbox: dict[str, list[str]] = {home.name: [] for home in sorted(computers.iterdir())}
    for _key, message in sorted(mailbox.Maildir(mail, create=False).iteritems()) if mail.exists() else ():
        address = message["To"]
        plaintext = decrypt(computers / address, message.as_bytes())
        inbox[address].append(_shown(plaintext) if plaintext else "(this adviser's key does not open the mail)")
    return inbox


def _shown(plaintext: bytes) -> str:
    inner = email.message_from_bytes(plaintext, policy=email.policy.default)
    text = inner.get_body(("plain",))
    return f"Subject: {inner['Subject']}\nTo: {inner['To']}\n\n{text.get_content().replace(chr(13), '') if text else ''}"


def show(mail: Path, computers: Path) -> None:
    """Print them; ends with what to type first where nobody made the advisers yet."""
    if not computers.exists():
        sys.exit("There are no demo advisers yet. First: make run, and send a message through the form.")
    for adviser, mails in letters(mail, computers).items():
        print(f"=== {adviser}: {len(mails)} mail{'' if len(mails) == 1 else 's'} ===\n")
        for number, mail_text in enumerate(mails, 1):
            print(f"--- {number} ---\n{mail_text}\n")


if __name__ == "__main__":
    show(POST_OFFICE / "mail", COMPUTERS)

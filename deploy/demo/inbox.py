"""What the demo advisers received, each decrypted with that adviser's own key: the proof of the journey."""

import email
import email.policy
import mailbox
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


if __name__ == "__main__":
    for adviser, mails in letters(POST_OFFICE / "mail", COMPUTERS).items():
        print(f"=== {adviser}: {len(mails)} mail{'' if len(mails) == 1 else 's'} ===\n")
        for number, mail_text in enumerate(mails, 1):
            print(f"--- {number} ---\n{mail_text}\n")

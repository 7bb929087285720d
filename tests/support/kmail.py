"""KMail on a screen that nobody sees: one of our mails opened and answered, by `make kmail`.

It goes by Mail-Followup-To, since it knows no group without members in Reply-To. Send is left alone: what stands in the reply
is read off the screen.
"""

import re
import sys
from pathlib import Path

from tests.support.desktop import ADVISER, adviser_and_mail, adviser_home, answer, read, window, word
from tests.support.replies import Seen, table
from tests.support.screens import Screen, screen

IDENTITY = "[General]\nDefault Identity=1\n\n[Identity #0]\nuoid=1\nIdentity=A\nName=A\nEmail Address={address}\n"
SETTINGS = {
    "akonadi/akonadiserverrc": "[%General]\nDriver=QSQLITE3\n",
    "emailidentities": IDENTITY.format(address=ADVISER),
    "kmail2rc": "[General]\nfirst-start=false\n",
}
# It shows mails in a browser engine, which has no sandbox for root.
ENGINE = {"QT_QPA_PLATFORM": "xcb", "QTWEBENGINE_DISABLE_SANDBOX": "1", "QTWEBENGINE_CHROMIUM_FLAGS": "--disable-gpu"}


def prepared(folder: Path) -> Path:
    """A home with an identity and its key, and the file of our mail."""
    for name, content in SETTINGS.items():
        file = folder / ".config" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    (folder / "run").mkdir(mode=0o700)
    (folder / "mail.eml").write_bytes(adviser_and_mail(folder / ".gnupg", folder))
    return folder / "mail.eml"


def answered(folder: Path, mail: Path, shown: Screen) -> Seen:
    """Open the mail, let it decrypt, and press Reply as it comes."""
    shown.start("dbus-run-session", "--", "kmail", "--view", str(mail), XDG_RUNTIME_DIR=str(folder / "run"), **ENGINE)
    notice = word(shown, "KMail$", "encrypted")
    # The link "Decrypt Message" below it, in a colour that is hard to read.
    shown.click(notice.left - 20, notice.top + 42)
    word(shown, "KMail$", "kogelbrief")
    text = read(shown)
    shown.picture(folder / "read.png")
    shown.use("windowfocus", "--sync", window(shown, "KMail$"), "key", "r")
    found = re.search(r"Wethouder, contactformulier \([\w-]+\)", text)
    seen = answer(shown, text, found[0] if found else "")
    shown.picture(folder / "reply.png")
    return seen


def main() -> int:
    """Print what was seen; 0 when the text and the real subject were to be read, and a reply would go to nobody."""
    with adviser_home("kmail") as folder:
        mail = prepared(folder)
        with screen(folder) as shown:
            seen = answered(folder, mail, shown)
    print("\n".join(table({"KMail": seen}, "kogelbrief")))
    print(f"Send was left alone. Pictures: {folder}/*.png")
    return 0 if seen.subject and seen.reply_to == "nobody" else 1


if __name__ == "__main__":
    sys.exit(main())

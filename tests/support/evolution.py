"""Evolution on a screen that nobody sees: one of our mails opened and answered, by `make evolution`.

It goes by From, since it knows no group without members. Send is left alone. In Debian 12 it often shows nothing of an
encrypted mail, ours or another's, so the mail is opened until its text is there.
"""

import sys
from pathlib import Path
from time import sleep

from tests.support.desktop import ADVISER, adviser_and_mail, adviser_home, answer, read, window
from tests.support.replies import Seen, table
from tests.support.screens import Screen, screen
from tests.support.stack import wait_until

SOURCES = {
    "account": "[Mail Account]\nBackendName=maildir\nIdentityUid=identity\n\n[Maildir Backend]\nPath={folder}/Maildir\n",
    "identity": "[Mail Identity]\nAddress={adviser}\nName=A\n\n[Mail Submission]\nTransportUid=transport\n",
    "transport": "[Mail Transport]\nBackendName=smtp\n\n[Authentication]\nHost=127.0.0.1\nPort=9\n",
}
SETTINGS = {"GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1", "GSETTINGS_BACKEND": "keyfile", "WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
# In pixels, in a window of 1,200 by 1,000: icons keep the screen from being read there.
INBOX, MAIL = (78, 379), (600, 262)
OPENINGS = 8
# Its own window has the open subject, or the real one once it has been opened.
OPENED = r"^(\[|Wethouder)"


def prepared(folder: Path) -> None:
    """A home with one account, its key and our mail."""
    for name in ("Maildir/cur", "Maildir/new", "Maildir/tmp", ".config/evolution/sources"):
        (folder / name).mkdir(parents=True)
    (folder / "run").mkdir(mode=0o700)
    message = adviser_and_mail(folder / ".gnupg", folder)
    (folder / "Maildir" / "cur" / "1:2,S").write_bytes(message.replace(b"\r\n", b"\n"))
    for name, said in SOURCES.items():
        parent = "" if name == "account" else "account"
        text = f"[Data Source]\nDisplayName=A\nEnabled=true\nParent={parent}\n\n" + said.format(folder=folder, adviser=ADVISER)
        (folder / ".config" / "evolution" / "sources" / f"{name}.source").write_text(text)


def answered(folder: Path, shown: Screen) -> tuple[Seen, int]:
    """Open the mail until its text is there, and press Reply as it comes; also how many times nothing was there."""

    def clicked(place: tuple[int, int], *keys: str) -> bool:
        # It takes its own size once more after it came up.
        window(shown, "^(Mail|Inbox)$")
        sleep(1)
        shown.click(*place)
        sleep(1)
        for key in keys:
            shown.use("key", key)
        sleep(2)
        return True

    shown.start("dbus-run-session", "--", "evolution", "-c", "mail", XDG_RUNTIME_DIR=str(folder / "run"), **SETTINGS)
    wait_until(lambda: window(shown, "^Mail$"), 60, "Evolution")
    empty = -1
    while (empty := empty + 1) < OPENINGS:
        wait_until(lambda: clicked(INBOX) and window(shown, "^Inbox$"), 60, "the folder")
        wait_until(lambda: clicked(MAIL, "Return") and window(shown, OPENED), 60, "the mail")
        # Longer than it takes, also where nothing comes.
        sleep(5)
        shown.picture(folder / "read.png")
        if "kogelbrief" in (text := read(shown)):
            break
        shown.use("windowclose", window(shown, OPENED))
    shown.use("windowfocus", "--sync", window(shown, OPENED), "key", "ctrl+r")
    seen = answer(shown, text, shown.use("getwindowname", window(shown, OPENED)).strip())
    shown.picture(folder / "reply.png")
    return seen, empty


def main() -> int:
    """Print what was seen; 0 when the text was to be read."""
    with adviser_home("evolution") as folder:
        prepared(folder)
        with screen(folder) as shown:
            seen, empty = answered(folder, shown)
    print("\n".join(table({"Evolution": seen}, "kogelbrief")))
    print(f"Openings that showed nothing before: {empty}. Send was left alone. Pictures: {folder}/*.png")
    return 0 if "kogelbrief" in seen.text else 1


if __name__ == "__main__":
    sys.exit(main())

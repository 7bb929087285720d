"""Evolution on a screen that nobody sees: one of our mails opened and answered, by `make evolution`.

It goes by From, since it knows no group without members. Send is pressed at the end, and a mail server on loopback says what
came to it. That of Debian 12 takes a text only while gpg has not yet told of its end, and reads what gpg tells first: where
both are there at once it shows nothing, of ours or of anybody else's mail. So it is opened as it comes some times, to count how
often nothing shows, and then with a gpg that tells of its end a moment later.
"""

import shutil
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from time import sleep

from aiosmtpd.controller import Controller

from tests.support.desktop import ADVISER, Sink, adviser_and_mail, adviser_home, answer, read, window, word
from tests.support.replies import Seen, table
from tests.support.screens import Screen, screen
from tests.support.stack import free_port, wait_until

SOURCES = {
    "account": "[Mail Account]\nBackendName=maildir\nIdentityUid=identity\n\n[Maildir Backend]\nPath={folder}/Maildir\n",
    "identity": "[Mail Identity]\nAddress={adviser}\nName=A\n\n[Mail Submission]\nTransportUid=transport\n",
    "transport": "[Mail Transport]\nBackendName=smtp\n\n[Authentication]\nHost=127.0.0.1\nPort={port}\n",
}
SETTINGS = {"GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1", "GSETTINGS_BACKEND": "keyfile", "WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
KEYFILE = """[org/gnome/evolution-data-server]
camel-gpg-binary='{folder}/gpg'
[org/gnome/evolution/mail]
prompt-on-accel-send=false
"""
# What gpg tells until the text begins, then the text, then the end of it.
GPG = """#!/bin/bash
[ -e "{folder}/slowly" ] || exec {gpg} "$@"
for one; do case $one in --status-fd=*) to=${{one#*=}};; esac; done
eval '{gpg} "$@"' "$to>$HOME/told.$$ >$HOME/text.$$"; ended=$?
eval "sed '/BEGIN_DECRYPTION/q' $HOME/told.$$ >&$to"; sleep 0.3
cat "$HOME/text.$$"; sleep 0.3
eval "sed '1,/BEGIN_DECRYPTION/d' $HOME/told.$$ >&$to"
rm "$HOME/told.$$" "$HOME/text.$$"
exit $ended
"""
OPENINGS = 4
# Its own window has the open subject, or the real one once it has been opened.
OPENED = r"^(\[|Wethouder)"


def prepared(folder: Path, port: int) -> str:
    """A home with one account, its key and our mail; the address by which Evolution finds that mail."""
    for name in ("Maildir/cur", "Maildir/new", "Maildir/tmp", ".config/evolution/sources", ".config/glib-2.0/settings"):
        (folder / name).mkdir(parents=True)
    (folder / "run").mkdir(mode=0o700)
    message = adviser_and_mail(folder / ".gnupg", folder)
    (folder / "Maildir" / "cur" / "1:2,S").write_bytes(message.replace(b"\r\n", b"\n"))
    for name, blank in SOURCES.items():
        parent = "" if name == "account" else "account"
        said = blank.format(folder=folder, adviser=ADVISER, port=port)
        text = f"[Data Source]\nDisplayName=A\nEnabled=true\nParent={parent}\n\n{said}"
        (folder / ".config" / "evolution" / "sources" / f"{name}.source").write_text(text)
    (folder / ".config" / "glib-2.0" / "settings" / "keyfile").write_text(KEYFILE.format(folder=folder))
    (folder / "gpg").write_text(GPG.format(folder=folder, gpg=shutil.which("gpg")))
    (folder / "gpg").chmod(0o755)
    return "mid:" + message.partition(b"Message-ID: <")[2].partition(b">")[0].decode()


def answered(folder: Path, mail: str, shown: Screen) -> tuple[Seen, int]:
    """Open the mail, and press Reply as it comes; also how many times nothing was there."""

    def press(title: str, *keys: str) -> None:
        shown.use("windowfocus", "--sync", window(shown, title), "key", *keys)
        sleep(3)

    def opened() -> str:
        # A key that comes while it still draws is lost.
        wait_until(lambda: window(shown, OPENED) or press("^All Account", "ctrl+o"), 60, "the mail")
        word(shown, OPENED, "ncrypted")
        # Its lines come a little after its head, where they come at all.
        sleep(2)
        return read(shown)

    # Whether there is a network moves what is on the screen; nothing here goes by its place.
    program = ["evolution", "--force-online", "--disable-preview", mail]
    shown.start("dbus-run-session", "--", *program, XDG_RUNTIME_DIR=str(folder / "run"), **SETTINGS)
    # How many were found; the mail itself stands there in white on blue, which nobody reads.
    word(shown, "^All Account", "total")
    empty = 0
    for _ in range(OPENINGS):
        empty += "kogelbrief" not in opened()
        shown.picture(folder / "read-as-it-comes.png")
        wait_until(lambda: not window(shown, OPENED) or press(OPENED, "ctrl+w"), 60, "the end of its window")
    (folder / "slowly").touch()
    text = opened()
    shown.picture(folder / "read.png")
    subject = shown.use("getwindowname", window(shown, OPENED)).strip()
    press(OPENED, "ctrl+r")
    seen = answer(shown, text, subject)
    shown.picture(folder / "reply.png")
    press("^Re: ", "ctrl+Return")
    # It has no key for the form, and says so. Where it sends, its window goes.
    wait_until(lambda: not window(shown, "^Re: ") or shown.find("Could"), 60, "what comes of Send")
    shown.picture(folder / "sent.png")
    return seen, empty


def main() -> int:
    """Print what was seen; 0 when the text was to be read, and none of it came to the mail server."""
    sink, port = Sink(), free_port()
    with adviser_home("evolution") as folder, ExitStack() as ending:
        mail = prepared(folder, port)
        server = Controller(sink, hostname="127.0.0.1", port=port)
        server.start()
        ending.callback(server.stop)
        seen, empty = answered(folder, mail, ending.enter_context(screen(folder)))
    seen = replace(seen, has_sent=bool(sink.texts))
    print("\n".join(table({"Evolution": seen}, "kogelbrief")))
    print(f"Of {OPENINGS} openings as it comes {empty} showed nothing. Pictures: {folder}/*.png")
    return 0 if "kogelbrief" in seen.text and not seen.has_sent else 1


if __name__ == "__main__":
    sys.exit(main())

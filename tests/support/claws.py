"""Claws Mail on a screen that nobody sees: one of our mails opened and answered, by `make claws`.

What it would send back is read from its drafts; then Send is pressed, and a mail server on loopback says what came to it.
"""

import email
import email.policy
import sys
from contextlib import ExitStack
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller

from tests.support.desktop import ADVISER, Sink, adviser_and_mail, adviser_home
from tests.support.replies import Seen, is_safe, table
from tests.support.screens import Screen, screen
from tests.support.stack import free_port, wait_until

FOLDERS = {"inbox": "inbox", "outbox": "sent", "draft": "draft", "queue": "queue", "trash": "trash"}
CONFIG = "[Common]\nconfig_version=4\nenable_aspell=0\nautosave=0\n\n[Plugins_GTK3]\n"
ACCOUNT = """[Account: 1]
account_name=a
is_default=1
name=A
address={adviser}
protocol=5
smtp_server=127.0.0.1
set_smtpport=1
smtp_port={port}
"""


def prepared(folder: Path, port: int) -> None:
    """A home for Claws: one account without a privacy system, as it comes, and our mail in the inbox."""
    message = adviser_and_mail(folder / ".gnupg", folder)
    settings, boxes = folder / ".claws-mail", folder / "Mail"
    settings.mkdir()
    for name in FOLDERS.values():
        (boxes / name).mkdir(parents=True)
    (boxes / "inbox" / "1").write_bytes(message.replace(b"\r\n", b"\n"))
    items = "".join(f'<folderitem type="{kind}" name="{name}" path="{name}"/>' for kind, name in FOLDERS.items())
    (settings / "folderlist.xml").write_text(
        f'<?xml version="1.0"?>\n<folderlist>\n<folder type="mh" name="Mail" path="Mail">{items}</folder>\n</folderlist>\n'
    )
    (settings / "accountrc").write_text(ACCOUNT.format(adviser=ADVISER, port=port))
    plugins = sorted(Path("/usr/lib").glob("*/claws-mail/plugins/pgp[cm]*.so"))
    (settings / "clawsrc").write_text(CONFIG + "".join(f"{plugin}\n" for plugin in plugins))


def answered(folder: Path, shown: Screen) -> EmailMessage:
    """Open the mail, press Reply as it comes, and keep the draft; Send is pressed at the end."""

    def window(title: str) -> str:
        return str(wait_until(lambda: shown.use("search", "--onlyvisible", "--name", title).strip(), 60, f"a window {title}"))

    def press(title: str, *keys: str) -> None:
        for key in keys:
            shown.use("windowfocus", "--sync", window(title).split()[-1], "key", key)

    shown.start("dbus-run-session", "--", "claws-mail", "--select", "#mh/Mail/inbox/1", NO_AT_BRIDGE="1")
    window("Claws Mail 4")
    wait_until(lambda: shown.find("kogelbrief") or shown.find("inzender"), 60, "the decrypted text")
    shown.picture(folder / "read.png")
    press("Claws Mail 4", "ctrl+r")
    press("^Error$", "Return")
    window("^Re: .* Compose")
    shown.picture(folder / "reply.png")
    press("^Re: .* Compose", "ctrl+s")
    drafts = folder / "Mail" / "draft"
    wait_until(lambda: (drafts / "1").exists(), 30, "a draft")
    lines = (drafts / "1").read_bytes().partition(b"X-Claws-End-Special-Headers: 1\n")[2]
    press("^Re: .* Compose", "ctrl+Return")
    return email.message_from_bytes(lines, policy=email.policy.default)  # type: ignore[return-value]


def main() -> int:
    """Print what was seen; 0 when nothing reached anybody."""
    sink, port = Sink(), free_port()
    with adviser_home("claws-mail") as folder, ExitStack() as ending:
        prepared(folder, port)
        server = Controller(sink, hostname="127.0.0.1", port=port)
        server.start()
        ending.callback(server.stop)
        shown = ending.enter_context(screen(folder))
        draft = answered(folder, shown)
        wait_until(lambda: sink.asked_for or (folder / "Mail" / "queue" / "1").exists(), 30, "an attempt to send")
        wait_until(lambda: sink.texts or shown.find("rror") or shown.find("queue"), 20, "the end of it")
        shown.picture(folder / "sent.png")
    text, subject = draft.get_content(), str(draft["Subject"])
    sent = bool(sink.texts) or any("@" in address for address in sink.asked_for)
    seen = Seen(text, subject.removeprefix("Re: "), str(draft["To"]), subject, sent)
    print("\n".join(table({"Claws Mail": seen}, "kogelbrief")))
    print(f"Its mail server was asked to deliver to: {sink.asked_for or 'nobody'}; texts that it was given: {len(sink.texts)}")
    print(f"Pictures: {folder}/*.png")
    return 0 if is_safe(seen) else 1


if __name__ == "__main__":
    sys.exit(main())

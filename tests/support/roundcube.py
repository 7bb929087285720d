"""Roundcube with Enigma, in a browser: one of our mails opened and answered, by `make roundcube`.

A real Dovecot and PHP on loopback. What a reply would send is read from its form; then Send is pressed, and a mail server of
ours says what came to it.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from aiosmtpd.controller import Controller
from playwright.sync_api import Page

from tests.support.chromium import chromium
from tests.support.desktop import ADVISER, WORDS, Sink, adviser_and_mail
from tests.support.replies import Seen, is_safe, table
from tests.support.stack import free_port, is_open, wait_until

SITE = Path("/var/lib/roundcube")
DOVECOT = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/dovecot
state_dir = {folder}/dovecot
log_path = {folder}/dovecot.log
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:{folder}/Maildir
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/home
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""
CONFIG = """<?php
$config['db_dsnw'] = 'sqlite:///{folder}/roundcube.sqlite?mode=0640';
$config['imap_host'] = '127.0.0.1:{imap}';
$config['smtp_host'] = '127.0.0.1:{smtp}';
$config['smtp_user'] = '';
$config['des_key'] = '012345678901234567890123';
$config['plugins'] = ['enigma'];
$config['enigma_pgp_homedir'] = '{folder}/enigma';
$config['temp_dir'] = $config['log_dir'] = '{folder}/roundcube';
$config['language'] = 'en_US';
"""


@contextlib.contextmanager
def running(folder: Path, smtp: int) -> Iterator[str]:
    """The address of a Roundcube whose one user has our mail and a secret key."""
    for name in ("config", "roundcube", "enigma", "home", *(f"Maildir/{box}" for box in ("cur", "new", "tmp"))):
        (folder / name).mkdir(parents=True)
    (folder / "enigma" / ADVISER).mkdir(mode=0o700)
    message = adviser_and_mail(folder / "enigma" / ADVISER, folder)
    (folder / "Maildir" / "cur" / "1:2,").write_bytes(message)
    folder.chmod(0o755)
    subprocess.run(["chown", "-R", "nobody:nogroup", str(folder / "Maildir"), str(folder / "home")], check=True)
    imap, web = free_port(), free_port()
    (folder / "dovecot.conf").write_text(DOVECOT.format(folder=folder, port=imap))
    shutil.copy("/etc/roundcube/defaults.inc.php", folder / "config")
    (folder / "config" / "config.inc.php").write_text(CONFIG.format(folder=folder, imap=imap, smtp=smtp))
    tables = (SITE.resolve() / "SQL" / "sqlite.initial.sql").read_text("utf-8")
    subprocess.run([sys.executable, "-c", TABLES, str(folder / "roundcube.sqlite")], input=tables, text=True, check=True)
    log = (folder / "programs.log").open("wb")
    environment = os.environ | {"ROUNDCUBE_CONFIG_DIR": f"{folder}/config/", "PHP_CLI_SERVER_WORKERS": "2"}
    commands = (
        ["/usr/sbin/dovecot", "-F", "-c", str(folder / "dovecot.conf")],
        ["php", "-S", f"127.0.0.1:{web}", "-t", str(SITE)],
    )
    # Each with the processes that it starts: PHP would leave its own behind.
    apart = {"stdout": log, "stderr": log, "start_new_session": True}
    started = [subprocess.Popen(command, env=environment, **apart) for command in commands]  # type: ignore[call-overload]
    try:
        wait_until(lambda: is_open(imap) and is_open(web), 30, "Roundcube")
        yield f"http://127.0.0.1:{web}/"
    finally:
        for process in started:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
        subprocess.run(["gpgconf", "--homedir", str(folder / "enigma" / ADVISER), "--kill", "all"], check=True)


TABLES = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.stdin.read())"


def answered(page: Page, address: str, folder: Path) -> tuple[Seen, list[str]]:
    """Open the mail, press Reply, then Send; what was to be seen, and what Roundcube said."""
    page.goto(address)
    page.fill("#rcmloginuser", ADVISER)
    page.fill("#rcmloginpwd", "any")
    page.click("#rcmloginsubmit")
    page.wait_for_selector("#messagelist tbody tr")
    page.goto(f"{address}?_task=mail&_mbox=INBOX&_uid=1&_action=show")
    page.wait_for_selector("#messagebody")
    text, subject = page.inner_text("#messagebody"), page.inner_text("#message-header .subject")
    page.screenshot(path=folder / "read.png")
    said = page.locator(
        "#messagebody .boxconfirmation, #messagebody .boxinformation, #messagebody .boxwarning"
    ).all_inner_texts()
    page.goto(f"{address}?_task=mail&_mbox=INBOX&_reply_uid=1&_action=compose")
    page.wait_for_selector("#composebody", state="attached")
    to, open_subject = page.input_value("#_to"), page.input_value("#compose-subject")
    quoted = page.input_value("#composebody")
    said += [f"quoted: {WORDS in quoted}"]
    page.screenshot(path=folder / "reply.png")
    page.click(".toolbar a.send, #compose-content .send, button.send")
    page.wait_for_timeout(3000)
    page.screenshot(path=folder / "sent.png")
    said += page.locator("#messagestack div, .ui-dialog .popup, .ui-dialog-content").all_inner_texts()
    return Seen(text, subject, to, open_subject, False), said


def main() -> int:
    """Print what was seen; 0 when nothing reached anybody."""
    missing = [
        name for name in ("dovecot", "php", "chromium") if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    ]
    if missing or not (SITE / "plugins" / "enigma").exists():
        sys.exit(f"Please install first: {', '.join(missing) or 'roundcube-plugins'}")
    folder, sink, port = Path(tempfile.mkdtemp(prefix="roundcube-")), Sink(), free_port()
    server = Controller(sink, hostname="127.0.0.1", port=port)
    server.start()
    try:
        with running(folder, port) as address, chromium() as browser:
            seen, said = answered(browser.new_page(viewport={"width": 1280, "height": 1000}), address, folder)
    finally:
        server.stop()
    seen = Seen(seen.text, seen.subject, seen.reply_to or "nobody", seen.reply_subject, bool(sink.texts))
    print("\n".join(table({"Roundcube": seen}, WORDS)))
    print(f"It said: {said}. Its mail server was asked to deliver to: {sink.asked_for or 'nobody'}.")
    print(f"Pictures: {folder}/*.png")
    return 0 if is_safe(seen) else 1


if __name__ == "__main__":
    sys.exit(main())

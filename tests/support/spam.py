"""What filters against junk say of every mail of ours: `make spam` prints the scores of SpamAssassin, and of rspamd if here.

SpamAssassin goes by its own rules; rspamd asks a name server of ours, which says what the guide wants to stand in the DNS.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from contact_service.delivery.passed_on import PASSED_ON_TEXT
from contact_service.keys.advisers import Adviser, Association
from contact_service.keys.judgement import judge
from contact_service.keys.keyring import Keyring
from contact_service.keys.warnings import warnings
from contact_service.mail.message import inner_entity, outer_mail, padded_entity
from contact_service.mail.notices import RESERVE, TAKEN, UNOPENED, notice, plain_mail
from contact_service.mail.practice import PRACTICE_SUBJECT, practice_text
from contact_service.mail.receipt import digest
from contact_service.mail.submission import Submission
from contact_service.openpgp.key_files import read_key_files
from tests.support.key_maker import key
from tests.support.names import Names
from tests.support.stack import is_open, wait_until

# Names in domains that no filter has an opinion on.
SENDER, ADDRESS, OPERATOR = "formulier@weerbaarbestuur.nl", "adviseur@burgemeesters.nl", "beheer@weerbaarbestuur.nl"

HOST, IP, DOMAIN = "mail.weerbaarbestuur.nl", "93.184.215.14", "weerbaarbestuur.nl"
# What deploy/GUIDE.md asks for.
RECORDS = {
    (DOMAIN, "TXT"): f"v=spf1 ip4:{IP} -all",
    (f"_dmarc.{DOMAIN}", "TXT"): "v=DMARC1; p=reject",
    (HOST, "A"): IP,
    (DOMAIN, "A"): IP,
    (DOMAIN, "MX"): HOST,
    (".".join([*reversed(IP.split(".")), "in-addr", "arpa"]), "PTR"): HOST,
}


def mails(folder: Path, now: datetime) -> Iterator[tuple[str, bytes]]:
    """Every kind of mail that the service sends, by its name."""
    (folder / "keys").mkdir()
    kinds = ("healthy", "expires-tomorrow", "revoked", "expired")
    for kind in kinds:
        (folder / "keys" / f"{kind}.asc").write_bytes(key(kind)[1])
    advisers = tuple(Adviser(kind, ADDRESS, (key(kind)[0],)) for kind in kinds)
    group = Association("Nederlands Genootschap van Burgemeesters", ("burgemeester",), advisers)
    keyring, nonce = Keyring([group], folder / "keys", folder / "keyring"), "0123456789abcdef" * 2
    about = {"association": group.name, "sender": SENDER, "nonce": nonce}
    site, team = "https://www.weerbaarbestuur.nl/", "Ondersteuningsteam Weerbaar Bestuur"
    outer = {"mark": "3f7k", "address": ADDRESS, "sender": SENDER, "now": now}
    for length in (40, 5000):
        text = ("Er lag vanochtend een kogelbrief op de mat. " * 200)[:length]
        submission = Submission("nl", "burgemeester", "06-12345678", "J. Jansen", "na 20 uur", False, "bedreiging", text)
        inner = inner_entity(submission, team=team, address=site, **about)
        yield (
            f"message of {length} letters",
            outer_mail(keyring.encrypt(inner, group, now), mail_id=digest(text, nonce), **outer),
        )
    practice = padded_entity(
        f"{PRACTICE_SUBJECT} (AB12-CD34)", practice_text("molen", f"{site}gelezen/" + "0" * 32), mark="3f7k", **about
    )
    yield "practice mail", outer_mail(keyring.encrypt(practice, group, now), mail_id=digest("practice", nonce), **outer)
    for name, words in {"taken": TAKEN, "unopened": UNOPENED, "reserve": RESERVE}.items():
        details = {"address": ADDRESS, "sender": SENDER, "now": now, "about": "[...] 3f7k"}
        yield f"notice: {name}", notice(words, "AB12-CD34", notice_id=digest(name, nonce), **details)
    verdicts = judge(advisers, read_key_files(folder / "keys"))
    for mail in warnings([group], verdicts, SENDER, OPERATOR, now):
        yield f"warning: {mail.adviser}", mail.mail
    passed_on = plain_mail(
        "A mail to the bounce address",
        PASSED_ON_TEXT,
        mail_id=digest("passed on", nonce),
        address=OPERATOR,
        sender=SENDER,
        now=now,
        attached=b"Subject: x\r\n\r\nhello\r\n",
    )
    yield "passed on to the operator", passed_on


def arrived(mail: bytes, now: datetime) -> bytes:
    """As it lies in the mailbox, after one mail server took it over TLS from another."""
    received = (
        f"Received: from {HOST} ({HOST} [{IP}])\r\n"
        "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\r\n"
        f"\tby mx.burgemeesters.nl (Postfix) with ESMTPS id 4F1B2C3D4E;\r\n\t{format_datetime(now)}\r\n"
    )
    return f"Return-Path: <{SENDER}>\r\n{received}".encode() + mail


def by_spamassassin(mail: bytes, folder: Path) -> tuple[float, str]:
    """The score and the rules that gave it."""
    command = ["spamassassin", "--local", "--test-mode", "--prefs-file", "/dev/null"]
    home = os.environ | {"HOME": str(folder)}
    said = subprocess.run(command, input=mail, capture_output=True, check=True, env=home).stdout.decode("utf-8", "replace")
    status = re.search(r"X-Spam-Status: \w+, score=(-?[\d.]+).*?tests=([\w,\s]*?)\s+autolearn", said, re.DOTALL)
    if not status:
        raise RuntimeError(said[:500])
    return float(status[1]), re.sub(r"\s", "", status[2])


class Rspamd:
    """rspamd on loopback, with Debian's own settings and a name server of ours."""

    def __init__(self, folder: Path) -> None:
        self._names = Names(RECORDS).start()
        shutil.chown(folder, "_rspamd")
        folder.chmod(0o755)
        (folder / "local.conf").write_text(
            f'.include "/etc/rspamd/rspamd.conf"\noptions {{ dns {{ nameserver = "127.0.0.1:{self._names.port}"; }} }}\n'
        )
        places = [f"--var={name}={folder}" for name in ("DBDIR", "LOGDIR", "RUNDIR")]
        command = ["rspamd", "--no-fork", "--user=_rspamd", "--group=_rspamd", f"--config={folder / 'local.conf'}", *places]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: is_open(11333), 180, "rspamd")

    def score(self, mail: bytes) -> tuple[float, str]:
        """The score and the rules that gave it."""
        to = re.search(rb"^To: (\S+)\r$", mail, re.MULTILINE)[1].decode()  # type: ignore[index]
        about = ["--ip", IP, "--helo", HOST, "--hostname", HOST, "--from", SENDER, "--rcpt", to]
        command = ["rspamc", "--connect", "127.0.0.1:11333", *about, "symbols"]
        said = subprocess.run(command, input=mail, capture_output=True, check=True).stdout.decode("utf-8", "replace")
        rules = {name: float(points) for name, points in re.findall(r"Symbol: (\w+) \((-?[\d.]+)\)", said)}
        score = float(re.search(r"Score: (-?[\d.]+)", said)[1])  # type: ignore[index]
        return score, ",".join(f"{name}={points}" for name, points in rules.items() if points)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()
        self._names.stop()


def main() -> int:
    """Print the scores; 0 when none is above 0."""
    if not shutil.which("spamassassin"):
        sys.exit("Please install first: spamassassin")
    folder, now, worst = Path(tempfile.mkdtemp(prefix="spam-")), datetime.now(UTC), 0.0
    every = [(name, arrived(mail, now + timedelta(seconds=2))) for name, mail in mails(folder, now)]
    filters = {"SpamAssassin": lambda mail: by_spamassassin(mail, folder)}
    rspamd = Rspamd(Path(tempfile.mkdtemp(prefix="rspamd-"))) if shutil.which("rspamd") else None
    if rspamd:
        filters["rspamd"] = rspamd.score
    try:
        for filter_name, judged in filters.items():
            for name, mail in every:
                score, rules = judged(mail)
                worst = max(worst, score)
                print(f"{filter_name:14} {name:28} {score:5.1f}  {rules}")
    finally:
        if rspamd:
            rspamd.stop()
    return 0 if worst <= 0 else 1


if __name__ == "__main__":
    sys.exit(main())

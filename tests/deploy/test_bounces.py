"""From "received" to the alert and to `outbox resend`: a real Postfix, set up as in production, before a real Postfix."""

import email
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import dkim
import pytest

from contact_service.delivery.queue import late_in_queue
from contact_service.delivery.watch import Watch
from contact_service.keys.advisers import read_associations
from contact_service.outbox.health import Figures, late_faults, queue_figures
from contact_service.outbox.kept import Kept
from contact_service.outbox.mails import Mail
from contact_service.outbox.outbox import Outbox
from tests.support.built_site import built
from tests.support.postfix import POSTFIX, Postfix
from tests.support.stack import REPO, Stack, free_port, is_open, reference_in, wait_until

pytestmark = [pytest.mark.server, pytest.mark.skipif(not POSTFIX or os.geteuid() != 0, reason="needs Postfix and root")]

BOUNCES = "bounces@hulp.example"
# What becomes of the mail at the advisers' server, by the role that it is for.
FATES = {"burgemeester": "552 5.2.2 mailbox full", "wethouder": "550 5.1.1 no such user", "statenlid": "452 4.2.2 over quota"}


class Way:
    """Web and delivery, the next hop as `deploy/postfix` has it, and behind it the advisers' server."""

    def __init__(self, folder: Path) -> None:
        # Postfix pipes to no root, and nobody reaches pytest's folders.
        self.home = Path(tempfile.mkdtemp(prefix="way-"))
        self.home.chmod(0o777)
        (self.home / "outbox.sqlite").touch()
        (self.home / "outbox.sqlite").chmod(0o666)
        self.broken = False
        self.told, self.ended = self.home / "told", threading.Event()
        alert = f"/bin/sh -c {shlex.quote(f'cat >> {self.told}')}"
        about = {"CONTACT_BOUNCES": BOUNCES, "CONTACT_ALERT_COMMAND": alert, "CONTACT_OPERATOR": "beheer@ict.example"}
        self.stack = Stack(folder / "s", built(), CONTACT_OUTBOX=f"sqlite:///{self.home}/outbox.sqlite", **about)
        self.associations = read_associations(folder / "s" / "service" / "advisers.toml")
        names = ("CONTACT_OUTBOX", "CONTACT_BOUNCES", "CONTACT_OPERATOR")
        lines = [f"{name}={self.stack.environment[name]}\n" for name in names]
        (self.home / "settings.env").write_text("".join(lines), "utf-8")
        self.far = self._far(folder / "far")
        self.near = self._near(folder / "near")
        self.stack.environment |= {"CONTACT_SMTP_PORT": str(self.near.port), "CONTACT_SMTP_CA_FILE": str(self.near.ca_file)}
        self.outbox = Outbox(self.stack.environment["CONTACT_OUTBOX"])

    def _far(self, folder: Path) -> Postfix:
        """The advisers' server. Of councillors it takes the mail, and finds out afterwards; others' it drops in silence."""
        refused = " ".join(f"{{ {self.address(role)} = {answer} }}" for role, answer in FATES.items())
        later = f"{self.address('raadslid')}=full:, {self.address('anders')}=discard:"
        return Postfix(
            folder,
            "full unix - n n - 1 pipe flags=q user=nobody argv=/usr/bin/false\n",
            smtpd_recipient_restrictions=f"check_recipient_access inline:{{ {refused} }}, permit",
            transport_maps=f"inline:{{ {later}, hulp.example=smtp:[127.0.0.1]:2525 }}",
            myhostname="mx.ngb.example",
            smtp_tls_security_level="encrypt",
        )

    def _near(self, folder: Path) -> Postfix:
        """The next hop, with every setting and service of ours but what would leave this machine."""
        lines = [line for line in (REPO / "deploy/postfix/main.cf").read_text("utf-8").splitlines() if line[:1] != "#"]
        settings = {name.strip(): value.strip() for name, _equals, value in (line.partition("=") for line in lines)}
        for own in ("inet_interfaces", "smtpd_tls_cert_file", "smtpd_tls_key_file", "smtp_dns_support_level"):
            del settings[own]
        settings |= {"relayhost": f"[127.0.0.1]:{self.far.port}", "smtp_tls_security_level": "encrypt"}
        settings |= {
            "virtual_mailbox_domains": "",
            "delay_warning_time": "1s",
            "queue_run_delay": "1s",
            "minimal_backoff_time": "1s",
        }
        settings["smtpd_milters"] = f"inet:127.0.0.1:{self._sign()}"
        service = (REPO / "deploy/postfix/master.cf").read_text("utf-8").splitlines()[-1].partition(" = ")[2]
        command, shell, self.bounced = re.fullmatch(r"(.*) argv=(/bin/sh -c )\{(.*) \|\| exit 75\}", service).groups()
        # Postfix runs nothing as root, and this Python may be root's alone: so it brings the mail to `_serve`, and waits.
        bring = f"f=$(mktemp {self.home}/in.XXXXXX); cat > $f; mv $f $f.mail\nuntil [ -s $f.done ]; do sleep 0.1; done"
        (self.home / "bring").write_text(f"#!/bin/sh\n{bring}\nexit $(cat $f.done)\n", "utf-8")
        (self.home / "bring").chmod(0o755)
        command = command.replace("user=contact-delivery:contact-service", "user=nobody")
        return Postfix(folder, f"{command} argv={shell}{{{self.home}/bring || exit 75}}\n", **settings)

    def _sign(self) -> int:
        """Start what signs, with our settings and a key made as the installer makes it; the port where it listens."""
        port, folder = free_port(), self.home / "dkim"
        folder.mkdir()
        subprocess.run(["opendkim-genkey", "-D", folder, "-d", "hulp.example", "-s", "contact", "-b", "2048"], check=True)
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, "opendkim", "opendkim")
        folder.chmod(0o700)
        text = (REPO / "deploy/opendkim/opendkim.conf").read_text("utf-8").replace("/etc/dkimkeys", str(folder))
        text = text.replace("8891", str(port)).replace("/run/opendkim/opendkim.pid", f"{self.home}/opendkim.pid")
        # A temporary folder is everybody's.
        (self.home / "opendkim.conf").write_text(f"{text}RequireSafeKeys no\n", "utf-8")
        self.signer = subprocess.Popen(["/usr/sbin/opendkim", "-f", "-x", self.home / "opendkim.conf"])
        wait_until(lambda: is_open(port), what="opendkim")
        self.record = "".join(re.findall('"([^"]*)"', (folder / "contact.txt").read_text("ascii"))).encode()
        return port

    def _serve(self) -> None:
        """Run the command that master.cf names, for each mail that Postfix brings."""
        words = shlex.split(self.bounced)
        assert words[:4] == ["/usr/bin/nice", "-n", "19", "/opt/contact-service/venv/bin/contact-service"]
        files = [Path(word).name for word in words if word.endswith(".env")]
        assert (words[-1], files) == ("bounced", ["settings.env", "delivery.env", "warn-keys.env"])
        command = [sys.executable, "-m", "tests.support.cli", "--settings", str(self.home / "settings.env"), "bounced"]
        while not self.ended.wait(0.1):
            for mail in self.home.glob("in.*.mail"):
                run = subprocess.run(
                    ["false"] if self.broken else command,
                    input=mail.read_bytes(),
                    cwd=REPO,
                    env={},
                    capture_output=True,
                    check=False,
                )
                mail.unlink()
                mail.with_suffix(".done").write_text(str(run.returncode), "utf-8")

    def address(self, role: str) -> str:
        return self.associations[role].advisers[0].address

    def start(self) -> None:
        self.far.start()
        self.near.start()
        self.far.set("transport_maps", self.far.setting("transport_maps").replace("2525", str(self.near.port)))
        threading.Thread(target=self._serve, daemon=True).start()
        self.stack.start("web", "delivery")

    def stop(self) -> None:
        self.ended.set()
        self.stack.stop()
        self.near.stop()
        self.far.stop()
        self.signer.terminate()
        self.signer.wait()
        self.outbox.database._engine.dispose()
        shutil.rmtree(self.home, ignore_errors=True)

    def send(self, role: str) -> str:
        status, page = self.stack.post(token=self.stack.token(), role=role, reach="06 12345678", message="Help.")
        assert status == 200
        reference = reference_in(page)
        assert reference
        return reference

    def mails(self, reference: str) -> list[Mail]:
        return Kept(self.outbox.database).unopened(reference)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tests.support.cli", *arguments]
        return subprocess.run(command, cwd=REPO, env=self.stack.environment, capture_output=True, text=True, check=False)

    def is_told(self, code: str) -> object:
        """Whether the operator hears of it, once delivery has looked again."""
        self.stack.kill("delivery")
        self.stack.start("delivery")
        return wait_until(lambda: self.told.exists() and code in self.told.read_text("utf-8"), what=f"the alert {code}")


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    way = Way(tmp_path_factory.mktemp("w"))
    try:
        way.start()
        yield way
    finally:
        way.stop()


@pytest.mark.parametrize(
    ("role", "words"), [("burgemeester", "5.2.2 .*mailbox full"), ("wethouder", "5.1.1 .*no such user"), ("raadslid", "5.3.0")]
)
def test_what_cannot_be_delivered_comes_back_is_told_and_can_be_sent_again(way: Way, role: str, words: str) -> None:
    reference = way.send(role)
    address = way.address(role)

    def back() -> list[Mail]:
        return [mail for mail in way.mails(reference) if mail.state == "came back" and mail.address == address]

    [mail] = wait_until(back, 60, f"a report, see {way.near.log()}")
    assert re.match(f"failed: {words}", mail.last_answer), mail.last_answer
    assert way.is_told("mail-came-back") and address not in way.told.read_text("utf-8")
    assert re.search(rf"^{reference}  \S{{4}}  {mail.adviser}  came back  ", way.command("outbox").stdout, re.MULTILINE)

    # The adviser has another address now, and the same key.
    advisers = Path(way.stack.environment["CONTACT_ADVISERS"])
    before = advisers.read_text("utf-8")
    advisers.write_text(before.replace(f'"{address}"', f'"nieuw-{address}"'), "utf-8")
    try:
        run = way.command("outbox", "resend", reference)
    finally:
        advisers.write_text(before, "utf-8")
    assert run.returncode == 0 and f"{mail.adviser}: is sent again" in run.stdout, run.stdout + run.stderr
    [arrived] = wait_until(lambda: way.far.received(f"nieuw-{address}"), 60, "the mail at its new address")
    assert f"Message-ID: <{mail.id}@hulp.example>" in arrived.decode()
    assert email.message_from_bytes(arrived)["To"] == f"nieuw-{address}"


def test_a_mailbox_that_is_full_for_now_is_shown_as_a_delay_and_the_mail_is_not_said_to_have_come_back(way: Way) -> None:
    reference = way.send("statenlid")

    [mail] = wait_until(lambda: [found for found in way.mails(reference) if found.last_answer], 60, "a report of a delay")

    assert mail.state == "handed over"
    assert re.match("delayed: 4.2.2 .*over quota", mail.last_answer)


def test_what_postfix_holds_too_long_counts_as_late(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    way.send("statenlid")
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:/usr/sbin")
    for name, value in way.near.environment.items():
        monkeypatch.setenv(name, value)

    wait_until(lambda: late_in_queue(BOUNCES, -5) > 0, 60, "a mail in the queue")
    assert late_in_queue(BOUNCES, 3600) == 0
    assert late_in_queue("somebody@hulp.example", -5) == 0
    watch = Watch(way.outbox, -5, (), 7200, BOUNCES)
    watch.look()
    assert "mail-late" in set(late_faults(Figures(**queue_figures(way.outbox)), 3600))


def test_a_mail_that_a_filter_drops_in_silence_is_told_of_when_nobody_opens_it(way: Way) -> None:
    reference = way.send("anders")
    wait_until(lambda: [mail for mail in way.mails(reference) if mail.state == "handed over"], 60, "the mail to leave")

    # A day later, and a quarter of a day after that.
    for told in (1, 2):
        with way.outbox.database.transaction() as connection:
            due = "UPDATE outbox SET due_at = 1 WHERE reference = ? AND kind = 'submission'"
            connection.exec_driver_sql(due, (reference,))
        wait_until(lambda told=told: [mail for mail in way.mails(reference) if mail.told == told], 60, "somebody to be told")

    assert way.is_told("mail-unopened")


def test_a_mail_to_the_bounce_address_that_is_no_report_reaches_the_operator(way: Way) -> None:
    with way.near.connected() as smtp:
        smtp.sendmail(
            "anna@ngb.example", [BOUNCES], "Subject: afwezig\r\nAuto-Submitted: auto-replied\r\n\r\nIk ben er niet.\r\n"
        )

    [passed] = wait_until(lambda: way.far.received("beheer@ict.example"), 60, f"the operator's mail, see {way.near.log()}")

    [report] = [part for part in email.message_from_bytes(passed).walk() if part.get_filename() == "mail.eml"]
    assert b"Subject: afwezig" in report.get_payload(decode=True)
    asked = list[bytes]()
    assert dkim.verify(passed, dnsfunc=lambda name, **_: asked.append(name) or way.record)  # type: ignore[func-returns-value]
    assert asked == [b"contact._domainkey.hulp.example."]


def test_a_report_that_comes_while_the_program_does_not_start_is_brought_again(way: Way) -> None:
    way.broken = True
    try:
        reference = way.send("wethouder")
        wait_until(lambda: "status=deferred (temporary failure)" in way.near.log(), 60, "a report that is kept")
    finally:
        way.broken = False

    wait_until(lambda: [mail for mail in way.mails(reference) if mail.state == "came back"], 60, f"it, see {way.near.log()}")


def test_nobody_else_can_send_a_mail_on_through_the_next_hop(way: Way) -> None:
    assert "check_recipient_access" in way.near.setting("smtpd_relay_restrictions")
    assert way.near.setting("smtpd_relay_restrictions").endswith("reject")

"""Reports on mails of ours as other people's servers write them, read as `contact-service bounced` reads them:
`make foreign-reports` (needs root).

Debian's Exim and Haraka of npm run as they are, on loopback, before a server that refuses, and report to the bounce address.
Neither is installed: Exim lies in a folder, and sees an /etc of its own with its user in it.
"""

import json
import os
import shutil
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contact_service.delivery.bounces import read_report
from contact_service.mail.message import outer_mail
from tests.support.production import MailServer
from tests.support.stack import REPO, free_port, is_open, wait_until

PLACE = REPO / "var" / "foreign"
BOUNCES, SECONDS = "bounces@hulp.example", 90
# What becomes of a mail at the adviser's server, by the first part of the address: the answer, and whether it is for good.
ANSWERS = {
    "vol": ("552 5.2.2 mailbox full", True),
    "onbekend": ("550 5.1.1 no such user", True),
    "geweigerd": ("554 5.7.1 refused by policy, see https://ngb.example/é", True),
    "later": ("452 4.2.2 over quota", False),
}
EXIM = """
exim_path = {root}/usr/sbin/exim4
spool_directory = {home}/spool
log_file_path = {home}/log/%slog
primary_hostname = mx.ngb.example
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
disable_ipv6
host_lookup =
dsn_advertise_hosts = *
delay_warning = 1s
# Left to itself it warns nobody about mail that says Auto-Submitted, as ours does.
delay_warning_condition = yes
acl_smtp_rcpt = everybody
acl_smtp_data = everybody
begin acl
everybody:
  accept
begin routers
back:
  driver = manualroute
  domains = hulp.example
  route_list = * 127.0.0.1::{back}
  transport = on
  self = send
far:
  driver = manualroute
  route_list = * 127.0.0.1::{far}
  transport = on
  self = send
begin transports
on:
  driver = smtp
  hosts_try_dane =
  hosts_avoid_tls = *
begin retry
* * F,10m,2s
"""
HARAKA = """
exports.hook_rcpt = (next, connection) => {{ connection.relaying = true; next(OK); }};
exports.hook_get_mx = (next, hmail, domain) =>
  next(OK, {{ exchange: "127.0.0.1", port: domain === "hulp.example" ? {back} : {far}, priority: 0 }});
"""


class Far:
    """The advisers' server: it refuses, as the address says."""

    async def handle_RCPT(self, _server: Any, _session: Any, _envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        return ANSWERS[address.partition("@")[0]][0]


class Back:
    """Where reports come home."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(envelope.content)
        return "250 OK"


@contextmanager
def exim(back: int, far: int) -> Iterator[int]:
    """A running Exim; the port where it takes mail."""
    root, home, port = PLACE / "exim", PLACE / "exim-home", free_port()
    shutil.rmtree(home, ignore_errors=True)
    for folder in (home / "spool", home / "log", home / "upper", home / "work"):
        folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "none", home / "work"], check=True)
    for name in ("upper", "work"):
        (home / "work" / name).mkdir()
    layers = f"lowerdir=/etc,upperdir={home}/work/upper,workdir={home}/work/work"
    subprocess.run(["mount", "-t", "overlay", "none", "-o", layers, "/etc"], check=True)
    with Path("/etc/passwd").open("a") as passwd, Path("/etc/group").open("a") as group:
        passwd.write(f"Debian-exim:x:49093:49093::{home}:/usr/sbin/nologin\n")
        group.write("Debian-exim:x:49093:\n")
    for folder in (home, home / "spool", home / "log"):
        os.chown(folder, 49093, 49093)
    Path("/etc/exim4").mkdir(exist_ok=True)
    Path("/etc/exim4/exim4.conf").write_text(EXIM.format(root=root, home=home, port=port, back=back, far=far), "utf-8")
    with _running([str(root / "usr/sbin/exim4"), "-bdf", "-q2s"], home, port):
        yield port


@contextmanager
def haraka(back: int, far: int) -> Iterator[int]:
    """A running Haraka; the port where it takes mail."""
    home, port = PLACE / "haraka-home", free_port()
    package = REPO / "tests/support/foreign/node_modules/Haraka"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(package / "config", home / "config")
    files = {
        "config/smtp.ini": f"listen=127.0.0.1:{port}\nnodes=0\n",
        "config/plugins": "way\n",
        "config/me": "mx.ngb.example\n",
        "config/host_list": "ngb.example\n",
        "config/outbound.ini": "local_mx_ok=true\nenable_tls=false\n",
        "plugins/way.js": HARAKA.format(back=back, far=far),
    }
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, "utf-8")
    with _running(["node", str(package / "bin/haraka"), "-c", str(home)], home, port):
        yield port


@contextmanager
def _running(command: list[str], home: Path, port: int) -> Iterator[None]:
    with (home / "said").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)
    try:
        wait_until(lambda: is_open(port), 30, f"the server, see {home}/said")
        yield
    finally:
        process.terminate()
        process.wait(20)


def submit(port: int, name: str, number: int) -> str:
    """Give the server a mail of ours, as delivery does; the id under which a report must come."""
    mail_id, address = f"{number:032x}", f"{name}@ngb.example"
    armored = "-----BEGIN PGP MESSAGE-----\n\nwcB=\n-----END PGP MESSAGE-----"
    mail = outer_mail(
        armored, mark="3F7K", mail_id=mail_id, address=address, sender="formulier@hulp.example", now=datetime.now(UTC)
    )
    with smtplib.SMTP("127.0.0.1", port, "hulp.example", timeout=30) as smtp:
        smtp.ehlo()
        dsn = smtp.has_extn("dsn")
        options = ([f"ENVID={mail_id}", "RET=HDRS"], ["NOTIFY=FAILURE,DELAY"]) if dsn else ([], [])
        smtp.sendmail(BOUNCES, [address], mail, *options)
    return mail_id


def read_all(server: Any, *, delays: bool) -> list[str]:
    """What of the reports of one server is not read as it was meant; prints each."""
    home, faults = Back(), []
    with ExitStack() as undo:
        ports = []
        for handler in (home, Far()):
            controller = MailServer(handler, hostname="127.0.0.1", port=free_port())
            controller.start()
            undo.callback(controller.stop)
            ports.append(controller.port)
        port = undo.enter_context(server(*ports))
        names = [name for name, (_, failed) in ANSWERS.items() if failed or delays]
        expected = {submit(port, name, number): name for number, name in enumerate(names, 1)}
        wait_until(lambda: len(home.mails) >= len(expected), SECONDS, f"{len(expected)} reports, {len(home.mails)} came")
    (PLACE / f"{server.__name__}.json").write_text(
        json.dumps([mail.decode("utf-8", "replace") for mail in home.mails]), "utf-8"
    )
    reports = [read_report(mail) for mail in home.mails]
    for mail_id, name in expected.items():
        words, failed = ANSWERS[name]
        found = [report for report in reports if report and mail_id in report.mail_ids]
        # Exim's warnings of a delay have the reason in their words for people alone.
        right = bool(found) and found[0].failed == failed and (words.split()[1] in found[0].words or not failed)
        said = f"{'read' if right else 'NOT READ'}: {found[0].words if found else 'no report'}"
        sys.stdout.write(f"{server.__name__:7} {name:10} {said}\n")
        faults += [] if right else [f"{server.__name__} {name}"]
    return faults


def main() -> int:
    """Exit status 1 when a report is not read."""
    if "inside" not in sys.argv:
        # With mounts of its own, which end with it.
        return subprocess.run(
            ["unshare", "--mount", sys.executable, "-m", "tests.support.foreign_reports", "inside"]
        ).returncode
    # Haraka gives up on what is refused for now after so long that nobody waits for it here.
    return bool(read_all(exim, delays=True) + read_all(haraka, delays=False))


if __name__ == "__main__":
    sys.exit(main())

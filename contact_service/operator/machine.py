"""What the machine around the service gives away, as far as this process may look: addresses in its journal, and a site that is
served without its security headers. What is found is never shown."""

import json
import re
import ssl
import subprocess
from collections.abc import Iterable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from socket import create_connection
from typing import Any

from contact_service.keys.advisers import Adviser
from contact_service.operator.manifest import header_faults
from contact_service.settings.environment import MAIL_ADDRESS
from contact_service.web.headers import style_sum

# Where this stands, deploy/install set up the web server.
OUR_NGINX = Path("/etc/nginx/contact-service-headers.conf")
LOOK_BACK_HOURS, MAX_LINES, MAX_SECONDS = 2, 100_000, 30
# Without --all, a line of 4096 bytes or more comes empty.
_JOURNAL = ["journalctl", "--quiet", "--no-pager", "--all", "--output=json"]
_JOURNAL += ["--output-fields=MESSAGE,_SYSTEMD_UNIT,SYSLOG_IDENTIFIER"]
# Here any address is one too many. Elsewhere people of the machine itself may stand: a kernel names who wrote it.
_HANDLES_MAIL = re.compile(r"(postfix|exim|sendmail|opensmtpd|dma|msmtp|rspamd|opendkim|contact-|nginx|gunicorn)")
# Units of systemd look like addresses. An address begins where its signs do: tried at each of them, a long line took minutes.
_BEGINS, _NO_UNIT = r"(?<![A-Za-z0-9.!#$%&'*+/=?^_`{|}~-])", r"(?<!\.service)(?<!\.socket)(?<!\.device)(?<!\.slice)(?<!\.timer)"
_ADDRESS = re.compile(rf"{_BEGINS}{MAIL_ADDRESS}{_NO_UNIT}(?![\w@.-])")


class NotLookedAt(Exception):
    """This process may not look, or there is nothing to look at; the message says why."""


def look_around(host: str, site: Path, people: Iterable[Adviser]) -> tuple[list[str], list[str]]:
    """What is wrong on this machine, and what could not be looked at, in words that name no address."""
    faults, notes = [], []
    try:
        units = addresses_in_journal(person.address for person in people)
        faults += [f"mail addresses stand in the journal, in lines of {unit} (deploy/GUIDE.md, Alerts)" for unit in units]
    except NotLookedAt as reason:
        notes.append(str(reason))
    try:
        faults += [f"the site on this machine: {wrong}" for wrong in missing_headers(host, site)]
    except NotLookedAt as reason:
        (faults if OUR_NGINX.exists() else notes).append(str(reason))
    return faults, notes


def addresses_in_journal(known: Iterable[str]) -> list[str]:
    """The units in whose lines of the last hours a mail address stands: any in those that handle mail, a known one in all.

    Raises NotLookedAt.
    """
    theirs = re.compile("|".join(re.escape(address) for address in known) or "(?!)", re.IGNORECASE)
    command = [*_JOURNAL, f"--since=-{LOOK_BACK_HOURS}h", f"--lines={MAX_LINES}"]
    try:
        run = subprocess.run(command, capture_output=True, timeout=MAX_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise NotLookedAt(f"the journal is not looked at: journalctl: {type(fault).__name__}") from None
    # Without --quiet it would say so; with it, somebody who may read nothing reads an empty journal.
    if run.returncode or not run.stdout:
        raise NotLookedAt("the journal is not looked at: this user may not read it (root and the group systemd-journal may)")
    units = {unit for unit, words in _lines(run.stdout) if (_ADDRESS if _HANDLES_MAIL.match(unit) else theirs).search(words)}
    return sorted(units)


def _lines(journal: bytes) -> Iterator[tuple[str, str]]:
    for line in journal.splitlines():
        entry = json.loads(line)
        yield (
            _text(entry.get("_SYSTEMD_UNIT") or entry.get("SYSLOG_IDENTIFIER") or "unknown"),
            _text(entry.get("MESSAGE") or ""),
        )


def _text(field: Any) -> str:
    """What is no text comes as a list of bytes, and what was given several times as a list of such fields."""
    if not isinstance(field, list):
        return str(field)
    numbers = all(isinstance(part, int) for part in field)
    return bytes(field).decode("utf-8", "replace") if numbers else " ".join(map(_text, field))


def missing_headers(host: str, site: Path) -> list[str]:
    """What is wrong with the security headers of the built site in this folder, served on this machine; raises NotLookedAt.

    The host may come with a port, as in CONTACT_HOSTS. Whether the certificate is in order is not asked here.
    """
    name, _, port = host.partition(":")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = HTTPConnection(name, timeout=MAX_SECONDS)
    try:
        plain = create_connection(("127.0.0.1", int(port or 443)), timeout=MAX_SECONDS)
        with plain, context.wrap_socket(plain, server_hostname=name) as connection.sock:
            connection.request("GET", "/")
            return list(header_faults(f"https://{host}/", connection.getresponse().headers, style_sum(site)))
    except (OSError, HTTPException, ValueError) as fault:
        raise NotLookedAt(f"the site's headers are not looked at: https://{host} on this machine: {fault}") from None

"""Whether mail leaves, is believed, and can come back: the next mail server is asked, and the DNS about the domain."""

import shutil
from collections.abc import Iterator
from dataclasses import replace

from contact_service.delivery.post_office import PostOffice, Unreachable
from contact_service.operator.machine import NotLookedAt
from contact_service.settings.config import DeliverySettings

# An operator waits for the answer, and a timer for the command.
SMTP_SECONDS, DNS_SECONDS = 2, 3.0
# Nobody has them (RFC 2606, RFC 6761).
_FOR_EXAMPLES = ("example", "test", "invalid", "localhost")
SEE = '(deploy/GUIDE.md, "First day")'


def sending_faults(settings: DeliverySettings, sender: str) -> tuple[list[str], list[str]]:
    """What keeps mail from leaving, being believed and coming back, and what could not be looked at."""
    faults, notes = [*next_hop_faults(settings), *alert_faults(settings)], []
    if settings.bounces.lower() == sender.lower():
        faults.append("CONTACT_BOUNCES: is that of CONTACT_FROM, so what advisers reply, in clear, would be taken; use another")
    try:
        faults += dns_faults(sender.rpartition("@")[2], settings.bounces.rpartition("@")[2], settings.dkim_selector)
    except NotLookedAt as reason:
        notes.append(str(reason))
    return faults, notes


def next_hop_faults(settings: DeliverySettings) -> Iterator[str]:
    """What the next mail server says to a mail of ours, up to the sender: nothing is sent."""
    post_office = PostOffice(replace(settings, smtp_timeout_seconds=min(settings.smtp_timeout_seconds, SMTP_SECONDS)))
    try:
        post_office.visit()
    except Unreachable as answer:
        yield f"the next mail server takes no mail from CONTACT_BOUNCES (CONTACT_SMTP_HOST, _PORT, _SECURITY, _USER): {answer}"
    post_office.close()


def alert_faults(settings: DeliverySettings) -> Iterator[str]:
    """Whether there is a command by which the operator hears of anything at all."""
    if settings.alert_command and not shutil.which(settings.alert_command[0]):
        yield f"CONTACT_ALERT_COMMAND: {settings.alert_command[0]} is no program that can be run, so nobody would be told"


def dns_faults(domain: str, bounces: str, dkim_selector: str) -> list[str]:
    """What the DNS lacks for mail from this domain, with reports to the other; raises NotLookedAt when it does not answer."""
    if domain.rpartition(".")[2].lower() in _FOR_EXAMPLES:
        raise NotLookedAt(f"the DNS of {domain} is not looked at: that is a name for examples")
    faults = []
    # One dot for a host says that the domain takes no mail (RFC 7505).
    if all(host.split()[-1] == "." for host in _answers(bounces, "MX")):
        faults.append(f"DNS: {bounces} has no MX, so what other servers report of a mail reaches nobody {SEE}")
    policies = [text for text in _answers(bounces, "TXT") if text.lower().partition(" ")[0] == "v=spf1"]
    if len(policies) != 1:
        faults.append(f"DNS: {bounces} needs one SPF record and has {len(policies)}: v=spf1 a mx -all {SEE}")
    key = f"{dkim_selector}._domainkey.{domain}"
    if dkim_selector and not any(_has_key(text) for text in _answers(key, "TXT")):
        faults.append(f"DNS: there is no DKIM key at {key}: its text is in /etc/dkimkeys {SEE}")
    # A domain without a policy of its own has that of the organization (RFC 7489 section 6.6.3), which stands further up.
    labels = domain.split(".")
    above = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    if not any(
        text.replace(" ", "").lower().startswith("v=dmarc1") for name in above for text in _answers(f"_dmarc.{name}", "TXT")
    ):
        faults.append(f"DNS: there is no DMARC policy at _dmarc.{domain}: v=DMARC1; p=none {SEE}")
    return faults


def _has_key(text: str) -> bool:
    """An empty key is one that was taken back (RFC 6376 section 3.6.1)."""
    tags = dict(tag.strip().partition("=")[::2] for tag in text.split(";"))
    return tags.get("v", "DKIM1") == "DKIM1" and bool(tags.get("p", "").strip())


def _answers(name: str, kind: str) -> list[str]:
    """Each record of this kind as one text; none where there are none. Raises NotLookedAt where nobody says so."""
    # Only here: the processes that run for weeks need none of it.
    import dns.exception
    import dns.resolver

    try:
        found = dns.resolver.resolve(name, kind, lifetime=DNS_SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as fault:
        raise NotLookedAt(f"the DNS of {name} is not looked at: {type(fault).__name__}") from None
    return [b"".join(record.strings).decode("utf-8", "replace") if kind == "TXT" else record.to_text() for record in found]

"""Whether mail leaves, is believed and can come back, as `contact-service check` tells before the first message."""

import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import dns.resolver
import pytest
from click.testing import CliRunner

from contact_service.operator import sending
from contact_service.operator.cli import main
from contact_service.operator.machine import NotLookedAt
from contact_service.operator.sending import dns_faults
from tests.support.production import PostOffice, Sink
from tests.support.stack import free_port, is_open, wait_until

DNSMASQ = shutil.which("dnsmasq", path="/usr/sbin:/usr/bin")
KEY = "v=DKIM1; h=sha256; k=rsa; p=" + "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" * 12
# What the DNS of a domain in order holds, by what is told when it's missing.
RECORDS = {
    "no MX": ["--mx-host=hulp.nl,mail.hulp.nl,10"],
    "one SPF record and has 0": ["--txt-record=hulp.nl,v=spf1 a mx -all", "--txt-record=hulp.nl,another-service=1"],
    # A text in a record is in pieces of at most 255 bytes.
    "no DKIM key": [f"--txt-record=contact._domainkey.hulp.nl,{KEY[:200]},{KEY[200:]}"],
    "no DMARC policy": ["--txt-record=_dmarc.hulp.nl,v=DMARC1; p=none"],
}

pytestmark = pytest.mark.server


def use(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    """Ask the DNS server on this port, where a program asks the one of the machine."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], port
    monkeypatch.setattr("dns.resolver.default_resolver", resolver)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Have a real DNS server on this machine answer, with these records and nothing else."""
    assert DNSMASQ, "needs the Debian package dnsmasq-base"
    started: list[subprocess.Popen[bytes]] = []

    def served(*records: str) -> None:
        port = free_port()
        own = ["--no-daemon", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--bind-interfaces", "--local=/#/"]
        command = [str(DNSMASQ), *own, f"--port={port}", "--listen-address=127.0.0.1", "--pid-file=", *records]
        started.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        wait_until(lambda: is_open(port), what="dnsmasq")
        use(monkeypatch, port)

    yield served
    for process in started:
        process.terminate()
        process.wait()


def all_but(missing: str) -> list[str]:
    return [record for words, records in RECORDS.items() if words != missing for record in records]


def test_a_domain_in_order_has_no_faults(serve: Callable[..., None]) -> None:
    serve(*all_but(""))

    assert dns_faults("hulp.nl", "hulp.nl", "contact") == []


@pytest.mark.parametrize("missing", RECORDS)
def test_what_is_missing_is_named_and_nothing_else(missing: str, serve: Callable[..., None]) -> None:
    serve(*all_but(missing))

    [fault] = dns_faults("hulp.nl", "hulp.nl", "contact")

    assert missing in fault and "hulp.nl" in fault


@pytest.mark.parametrize(
    ("missing", "wrong"),
    [
        ("no MX", "--mx-host=hulp.nl,.,0"),
        ("no DKIM key", "--txt-record=contact._domainkey.hulp.nl,v=DKIM1; p="),
        ("no DKIM key", "--txt-record=contact._domainkey.hulp.nl,v=spf1 p=x"),
        ("no DMARC policy", "--txt-record=_dmarc.hulp.nl,dmarc to do"),
    ],
)
def test_a_record_that_says_nothing_counts_as_missing(missing: str, wrong: str, serve: Callable[..., None]) -> None:
    serve(*all_but(missing), wrong)

    [fault] = dns_faults("hulp.nl", "hulp.nl", "contact")

    assert missing in fault


def test_two_policies_for_senders_are_as_good_as_none(serve: Callable[..., None]) -> None:
    serve(*all_but(""), "--txt-record=hulp.nl,V=SPF1 mx -all")

    [fault] = dns_faults("hulp.nl", "hulp.nl", "contact")

    assert "one SPF record and has 2" in fault


def test_a_policy_of_the_organization_further_up_counts_and_a_selector_that_is_empty_is_not_looked_for(
    serve: Callable[..., None],
) -> None:
    serve(*all_but("no DKIM key"))

    assert dns_faults("hulp.nl", "hulp.nl", "") == []
    assert not [fault for fault in dns_faults("formulier.hulp.nl", "hulp.nl", "") if "DMARC" in fault]


def test_a_name_for_examples_is_not_asked_for() -> None:
    with pytest.raises(NotLookedAt, match="a name for examples"):
        dns_faults("hulp.example", "hulp.example", "contact")


def test_without_an_answer_nothing_is_called_missing_and_nobody_waits_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "DNS_SECONDS", 0.3)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        for port in (silent.getsockname()[1], free_port()):
            use(monkeypatch, port)
            started = monotonic()
            with pytest.raises(NotLookedAt, match="the DNS of hulp.nl is not looked at"):
                dns_faults("hulp.nl", "hulp.nl", "contact")
            assert monotonic() - started < 10


class Strict(Sink):
    """Takes mail from the address of the login alone, as many providers do."""

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return "250 OK" if address == "formulier@hulp.example" else f"553 5.7.1 <{address}>: not owned by user"


def test_check_finds_a_sender_that_the_next_server_refuses_before_the_first_message(
    environment: Callable[..., None], tmp_path: Path
) -> None:
    office = PostOffice(tmp_path)
    office.sink = Strict()
    office.start()
    try:
        found = {}
        for sender in ("formulier@hulp.example", "bounces@hulp.example"):
            environment(SMTP_PORT=office.port, SMTP_CA_FILE=office.ca_file, SMTP_USER=None, BOUNCES=sender)
            found[sender] = CliRunner().invoke(main, ["check"]).output
    finally:
        office.stop()

    assert "takes no mail" not in found["formulier@hulp.example"]
    assert re.search(r"FAULT the next mail server takes no mail from CONTACT_BOUNCES .*: 553 5\.7\.1 .*not owned by user",
                     found["bounces@hulp.example"])  # fmt: skip
    assert "bounces@" not in found["bounces@hulp.example"]
    assert office.sink.mails == []


def test_check_says_that_nobody_answers_at_the_next_server(environment: Callable[..., None]) -> None:
    environment(SMTP_PORT=free_port())

    assert re.search(
        "FAULT the next mail server takes no mail .*: Connection refused", CliRunner().invoke(main, ["check"]).output
    )

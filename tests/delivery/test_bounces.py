"""Reports of servers further on, in the forms in which they come, and in those in which somebody invents them."""

import base64
import email
import random
import subprocess
import sys
from pathlib import Path
from time import process_time

import pytest

from contact_service.delivery.bounces import Report, read_report
from contact_service.delivery.passed_on import PASSED_ON_A_DAY, pass_on
from contact_service.outbox.kept import Kept
from contact_service.outbox.outbox import Mail, Outbox
from contact_service.outbox.signals import Signals
from tests.support.stack import REPO

ID = "0123456789abcdef0123456789abcdef"
CODE = "c0de" * 16

# What differs from server to server: the fields, and what is sent back of the mail. Written after RFC 3464 and RFC 6533, and
# after what Postfix 3.7, Exim 4.96 and Haraka 3.3 write.
POSTFIX = f"""\
Reporting-MTA: dns; mail.hulp.example
Original-Envelope-Id: {ID}
X-Postfix-Queue-ID: 8A2B81FF02
X-Postfix-Sender: rfc822; bounces@hulp.example
Arrival-Date: Fri, 27 Nov 2026 12:00:00 +0000 (UTC)

Final-Recipient: rfc822; anna@ngb.example
Original-Recipient: rfc822;anna@ngb.example
Action: failed
Status: 5.2.2
Remote-MTA: dns; mx.ngb.example
Diagnostic-Code: smtp; 552 5.2.2 <anna@ngb.example>: mailbox full
"""
EXIM = """\
Reporting-MTA: dns; mx.ngb.example

Action: failed
Final-Recipient: rfc822;anna@ngb.example
Status: 5.0.0
Remote-MTA: dns; inner.ngb.example
Diagnostic-Code: smtp; 550 5.1.1 no such user here
"""
HARAKA = """\
Reporting-MTA: dns; mx.ngb.example
Arrival-Date: Fri, 27 Nov 2026 12:00:00 +0000

Final-Recipient: rfc822;anna@ngb.example
Action: failed
Status: 5.7.1
Diagnostic-Code: smtp;550 5.7.1 refused
 by policy
"""
HEADERS = f"Received: from somewhere\nMessage-ID: <{ID}@hulp.example>\nSubject: [...]\n"
DELAYED = POSTFIX.replace("Action: failed", "Action: delayed").replace("5.2.2", "4.2.2")


def report(
    status: str, back: str = "", *, kind: str = "message/delivery-status", back_kind: str = "text/rfc822-headers"
) -> bytes:
    """A report as a server puts it together."""
    parts = [("text/plain; charset=us-ascii", "This is the mail system.\n"), (kind, status)]
    parts += [(back_kind, back)] if back else []
    body = "".join(f"--b\nContent-Type: {kind}\n\n{text}\n" for kind, text in parts)
    kind = 'multipart/report; report-type=delivery-status; boundary="b"'
    head = f"From: MAILER-DAEMON\nTo: bounces@hulp.example\nContent-Type: {kind}"
    return f"{head}\n\n{body}--b--\n".replace("\n", "\r\n").encode()


def encoded(how: str, status: str) -> bytes:
    """The same report with the part encoded for the way."""
    text = base64.b64encode(status.encode()).decode() if how == "base64" else status.replace("=", "=3D")
    return report(text).replace(
        b"delivery-status\r\n\r\n", f"delivery-status\r\nContent-Transfer-Encoding: {how}\r\n\r\n".encode()
    )


FAILED = {
    "Postfix": report(POSTFIX),
    "Postfix, with the whole mail": report(POSTFIX, HEADERS + "\nbody\n", back_kind="message/rfc822"),
    "Exim, headers only": report(EXIM, HEADERS),
    "Exim, the whole mail": report(EXIM, HEADERS + "\nbody\n", back_kind="message/rfc822"),
    "Haraka, folded": report(HARAKA, HEADERS + "\nbody\n", back_kind="message/rfc822"),
    "line feeds alone": report(POSTFIX).replace(b"\r\n", b"\n"),
    "fields in capitals": report(POSTFIX.upper().replace(ID.upper(), ID)),
    "fields in small letters": report(POSTFIX.lower()),
    "internationalized": report(
        POSTFIX.replace("rfc822;anna@ngb.example", "utf-8;ännä@ngb.example").replace("mailbox full", "postvak vol é"),
        kind="message/global-delivery-status",
    ),
    "internationalized headers": report(
        EXIM, HEADERS, kind="message/global-delivery-status", back_kind="message/global-headers"
    ),
    "base64": encoded("base64", POSTFIX),
    "quoted-printable": encoded("quoted-printable", POSTFIX),
    "several recipients, one of them failed": report(
        POSTFIX + "\nFinal-Recipient: rfc822; alias@ngb.example\nAction: relayed\nStatus: 2.0.0\n"
    ),
    "no diagnosis": report(POSTFIX.rpartition("Diagnostic-Code")[0]),
    "another character set": report(POSTFIX.replace("full", "v\u00f3l")).decode().encode("latin-1"),
    "a mail sent back in a character set that is none": report(
        EXIM,
        HEADERS.replace("\nMess", "\nContent-Type: text/plain; charset=x-none\nMess") + "\nb\u00e9\n",
        back_kind="message/rfc822",
    ),
    "internationalized, the mail in base64": report(
        EXIM, base64.encodebytes((HEADERS + "\nb\u00e9\n").encode()).decode(), back_kind="message/global"
    ).replace(b"message/global\r\n", b"message/global\r\nContent-Transfer-Encoding: base64\r\n"),
    "the mail sent back holds a report": report(
        EXIM, HEADERS + 'Content-Type: multipart/report; boundary="c"\n\n--c\n\n--c--\n', back_kind="message/rfc822"
    ),
    "the identification folded": report(EXIM, HEADERS.replace("ID: <", "ID:\n <")),
    # What servers and gateways on the way make of it.
    **{
        f"the envelope id {how}": report(POSTFIX.replace(ID, written))
        for how, written in {
            "in capitals": ID.upper(),
            "in brackets": f"<{ID}>",
            "quoted": f'"{ID}"',
            "with a comment": f"{ID} (as given)",
            "folded": f"\n {ID}",
        }.items()
    },
    **{
        f"the Message-ID {how}": report(EXIM, HEADERS.replace(*change))
        for how, change in {
            "in capitals": (ID, ID.upper()),
            "without brackets": (f"<{ID}@hulp.example>", f"{ID}@hulp.example"),
            "with a space before its colon": ("ID:", "ID :"),
            "kept beside a new one": ("Message-ID:", "Message-ID: <new@ngb.example>\nX-Google-Original-Message-ID:"),
        }.items()
    },
    "the Message-ID in the status alone": report(EXIM.replace("\n\n", f"\nX-Original-Message-ID: <{ID}@hulp.example>\n\n", 1)),
    "other ids among its words": report(POSTFIX).replace(
        b"This is the mail system.", f"{'a' * 32}@x.example {'b' * 32}@x.example".encode()
    ),
    "a sender in no character set": report(POSTFIX).replace(b"MAILER-DAEMON", b"\xff\xfe =?x-none?q?=ff?= <a@b>"),
    "a comment behind the action": report(POSTFIX.replace("Action: failed", "Action: failed (for good)")),
    "a diagnosis without a kind": report(POSTFIX.replace("smtp; 552", "552")),
    "the ends of lines doubled": report(POSTFIX, HEADERS).replace(b"\r\n", b"\r\r\n"),
    "the ends of lines of an old Macintosh": report(POSTFIX, HEADERS).replace(b"\r\n", b"\r"),
    "the kind of the headers said otherwise": report(EXIM, HEADERS, back_kind="message/rfc822-headers"),
    "an empty line before the headers": report(EXIM, "\n" + HEADERS),
    "the status in two bytes a letter": report(base64.encodebytes(POSTFIX.encode("utf-16")).decode()).replace(
        b"delivery-status\r\n\r\n", b"delivery-status; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    ),
    "not said to be a report": report(POSTFIX).replace(b"multipart/report; report-type=delivery-status", b"multipart/mixed"),
    **{
        f"inside {kind}": f"From: MAILER-DAEMON\nContent-Type: multipart/{kind}; boundary=w\n\n--w\n".encode()
        + report(EXIM, HEADERS).replace(b"\r\n", b"\n")
        + b"\n--w\nContent-Type: text/plain\n\nConfidential.\n--w--\n"
        for kind in ("mixed", "signed")
    },
}
# Of servers that know no RFC 3464: words for people, and the mail.
SORRY = "Sorry, no mailbox here by that name. (#5.1.1)"
IN_WORDS = {
    "qmail": f"""From: MAILER-DAEMON@mx.ngb.example
Subject: failure notice

Hi. This is the qmail-send program at mx.ngb.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<anna@ngb.example>:
{SORRY}

--- Below this line is a copy of the message.

Return-Path: <bounces@hulp.example>
{HEADERS}
body
""",
    "an old Exim": f"""From: Mail Delivery System <Mailer-Daemon@mx.ngb.example>
X-Failed-Recipients: anna@ngb.example

This message was created automatically by mail delivery software.

  anna@ngb.example
    {SORRY}

------ This is a copy of the message, including all the headers. ------

{HEADERS}
body
""",
    "an old sendmail": f"""From: Mail Delivery Subsystem <postmaster@ngb.example>

   ----- Transcript of session follows -----
<anna@ngb.example>... {SORRY}

   ----- Message header follows -----
{HEADERS}
""",
    "a server that speaks Dutch": f"""From: MAILER-DAEMON

Uw bericht is niet bezorgd.
anna@ngb.example
  {SORRY}

--- Hieronder staat het begin van uw bericht ---
{HEADERS}
""",
    "words, and the mail as a part": f"""From: postmaster@ngb.example
Content-Type: multipart/mixed; boundary=b

--b

Uw bericht aan anna@ngb.example is niet bezorgd:
anna@ngb.example {SORRY}
--b
Content-Type: message/rfc822

{HEADERS}
body
--b--
""",
}


@pytest.mark.parametrize("form", FAILED)
def test_a_failure_is_read_in_every_form_that_servers_send(form: str) -> None:
    found = read_report(FAILED[form])

    assert found and (found.mail_ids, found.failed) == ((ID,), True)
    assert found.words.startswith("failed: 5.")
    assert "@" not in found.words and found.words.isprintable() and len(found.words) <= 200


@pytest.mark.parametrize("form", IN_WORDS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_failure_in_words_alone_is_read_with_its_reason(form: str, end: str) -> None:
    found = read_report(IN_WORDS[form].replace("\n", end).encode())

    assert found == Report((ID,), True, f"failed: … {SORRY}")


def test_a_delay_is_no_failure() -> None:
    assert read_report(report(DELAYED)) == Report((ID,), False, "delayed: 4.2.2 552 4.2.2 … mailbox full")
    warning = "** THIS IS A WARNING MESSAGE ONLY **\n<anna@ngb.example>"
    found = read_report(IN_WORDS["qmail"].replace("<anna@ngb.example>", warning, 1).encode())
    assert found and not found.failed


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded (to an alias)"])
def test_what_went_on_is_no_failure_and_no_invention(action: str) -> None:
    found = read_report(report(POSTFIX.replace("failed", action).partition("Diagnostic-Code")[0].replace("5.2.2", "2.0.0")))

    assert found == Report((ID,), False, f"{action.partition(' ')[0]}: 2.0.0")


@pytest.mark.parametrize("better", ["delayed", "delivered", "relayed", "expanded"])
def test_of_several_recipients_the_worst_counts(better: str) -> None:
    other = f"Final-Recipient: rfc822; alias@ngb.example\nAction: {better}\nStatus: 2.0.0\n"
    for status in (f"{POSTFIX}\n{other}", POSTFIX.replace("\n\n", f"\n\n{other}\n", 1)):
        found = read_report(report(status))
        assert found and found.failed and found.words.startswith("failed: 5.2.2")


def test_an_envelope_id_of_another_server_hides_no_mail_of_ours() -> None:
    found = read_report(report(POSTFIX.replace(ID, "f" * 32), HEADERS))

    assert found and found.mail_ids == ("f" * 32, ID)


NO_REPORT = {
    "an auto-reply": f"From: anna@ngb.example\nIn-Reply-To: <{ID}@hulp.example>\nAuto-Submitted: auto-replied\n\nVrij.\n",
    "a vacation note that quotes us": f"Subject: Re: [...]\n\n> Message-ID: <{ID}@hulp.example>\n> Action: failed\n",
    "an action that does not exist": report(POSTFIX.replace("failed", "opened")).decode(),
    "a server that sent nothing": "From: MAILER-DAEMON\nContent-Type: multipart/mixed; boundary=b\n\n--b--\n",
    "a vacation note with our mail below it": f"From: anna@ngb.example\n\nVrij.\n\n--- Original message ---\n{HEADERS}\n",
    "words of a server about another mail": IN_WORDS["qmail"].replace(ID, "x" * 32),
    "words of a server without a mail": "From: postmaster@ngb.example\n\nanna@ngb.example is unknown.\n",
    "a note that it was read": report(
        f"Original-Message-ID: <{ID}@hulp.example>\nDisposition: manual-action/MDN-sent-manually; displayed\n",
        HEADERS,
        kind="message/disposition-notification",
    ).decode(),
    "a note that it was deleted, of a server": report(
        f"Original-Message-ID: <{ID}@hulp.example>\nDisposition: automatic-action/MDN-sent-automatically; deleted\n",
        HEADERS,
        kind="message/disposition-notification",
    )
    .decode()
    .replace("MAILER-DAEMON", "postmaster@ngb.example"),
    "a complaint (RFC 5965)": report(
        "Feedback-Type: abuse\nVersion: 1\n", HEADERS, kind="message/feedback-report", back_kind="message/rfc822"
    ).decode(),
    "a list of others' failures (RFC 8460)": report("e30=", kind="application/tlsrpt+gzip").decode(),
    "an id of nobody": report(POSTFIX.replace(ID, "x" * 32)).decode(),
    "two ids": report(f"{POSTFIX}\nOriginal-Envelope-Id: {'f' * 32}\n").decode(),
    "no delivery status": report(POSTFIX, kind="text/plain").decode(),
    "a report on a report": report(EXIM, "Subject: x\n\n" + HEADERS, back_kind="message/rfc822").decode(),
    "nothing": "",
    "headers alone": "Content-Type: multipart/report; boundary=b\n\n",
    "a part that never ends": report(POSTFIX).decode()[:300],
    "broken boundary": report(POSTFIX).decode().replace('boundary="b"', 'boundary="c"'),
    "a deep nest": "".join(f"Content-Type: multipart/report; boundary=b{n}\n\n--b{n}\n" for n in range(5000)),
    "controls": "\x00\x1b[31m\xff" * 100,
    **{
        f"a boundary in {charset}": f"Content-Type: multipart/report; boundary*={charset}''b%ff\n\n--b\n\nx\n--b--\n"
        for charset in ("undefined", "idna", "punycode", "x-none")
    },
    "thousands of mails inside each other": "Content-Type: multipart/report; boundary=b\n\n--b\n"
    + "Content-Type: message/rfc822\n\n" * 20000,
}


@pytest.mark.parametrize("kind", NO_REPORT)
def test_anything_else_is_no_report_on_a_mail_of_ours(kind: str) -> None:
    assert read_report(NO_REPORT[kind].encode()) is None


@pytest.mark.parametrize("where", ["in the words of a report", "in words alone"])
def test_a_mail_that_is_named_among_the_words_alone_is_found(where: str) -> None:
    words = f"Your message <{ID.upper()}@hulp.example> to anna@ngb.example failed: 550 5.1.1 no such user"
    forms = {
        "in the words of a report": report(EXIM).replace(b"This is the mail system.", words.encode()),
        "in words alone": f"From: MAILER-DAEMON@mx.ngb.example\n\n{words}\n".encode(),
    }
    found = read_report(forms[where])

    assert found and (found.mail_ids, found.failed) == ((ID,), True) and "5" in found.words
    # Nor two, nor where no refusal is said.
    assert read_report(forms[where].replace(b"Your", b"f" * 32 + b"@hulp.example, your")) is None
    assert read_report(forms["in words alone"].replace(b"failed: 550 5.1.1 no such user", b"will be read")) is None


@pytest.mark.parametrize("made_of", ["-", "\n", "\r", " ", "a", "[", "1.", "-- copy ", "Message-ID: ", "a: b\n\n"])
def test_a_mail_of_one_sign_again_and_again_keeps_no_report_waiting(made_of: str) -> None:
    """Postfix brings one after another, and an hour for one would be an hour for all."""
    much = made_of * (100_000 // len(made_of))
    head = f"From: MAILER-DAEMON@mx.ngb.example\n\n{much}\n--- copy ---\n{HEADERS}\n{much}"
    start = process_time()
    for content in (report(POSTFIX + much), report(POSTFIX, HEADERS + much), head.encode()):
        read_report(content)

    assert process_time() - start < 5  # a fiftieth of a second to half a second here


def test_two_thousand_spoiled_reports_raise_nothing_and_name_no_other_mail() -> None:
    chance = random.Random(17)
    for _ in range(2000):
        spoiled = bytearray(chance.choice(list(FAILED.values())))
        for _times in range(chance.randrange(1, 30)):
            at = chance.randrange(len(spoiled))
            spoiled[at : at + chance.randrange(4)] = chance.randbytes(chance.randrange(4))
        found = read_report(bytes(spoiled))
        assert found is None or found.words.isprintable()


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    outbox = Outbox(f"sqlite:///{tmp_path / 'outbox.sqlite'}")
    outbox.create()
    Signals(outbox.database).create()
    outbox.put([Mail(ID, "WSFH-CR4D", "anna", "anna@ngb.example", b"From: formulier@hulp.example\r\n\r\nx", code=CODE)])
    mail = outbox.claim(60)
    assert mail
    outbox.record_handed_over(mail, 3600)
    return outbox


def bounced(tmp_path: Path, content: bytes, **settings: str) -> subprocess.CompletedProcess[bytes]:
    """The command as Postfix runs it, with the settings in a file."""
    lines = {"CONTACT_OUTBOX": f"sqlite:///{tmp_path / 'outbox.sqlite'}", "CONTACT_OPERATOR": "beheer@ict.example"}
    lines |= {"CONTACT_BOUNCES": "bounces@hulp.example", **settings}
    (tmp_path / "settings.env").write_text("".join(f"{name}={value}\n" for name, value in lines.items()), "utf-8")
    program = "from contact_service.operator.cli import main; main()"
    command = [sys.executable, "-c", program, "--settings", str(tmp_path / "settings.env"), "bounced"]
    return subprocess.run(command, input=content, capture_output=True, check=False, cwd=REPO, env={})


def listed(outbox: Outbox) -> list[tuple[str, str, str]]:
    return [(mail.adviser, mail.state, mail.last_answer) for mail in Kept(outbox.database).unopened()]


@pytest.mark.program
def test_a_failure_brings_the_mail_back_with_the_servers_words_and_no_address_in_the_log(
    tmp_path: Path, outbox: Outbox
) -> None:
    run = bounced(tmp_path, FAILED["Postfix"])

    assert run.returncode == 0, run.stderr
    assert listed(outbox) == [("anna", "came back", "failed: 5.2.2 552 5.2.2 … mailbox full")]
    assert b"@" not in run.stderr + run.stdout and b"mailbox full" in run.stderr


@pytest.mark.program
def test_a_delay_is_shown_and_the_mail_stays_where_it_is(tmp_path: Path, outbox: Outbox) -> None:
    assert bounced(tmp_path, report(DELAYED)).returncode == 0

    assert listed(outbox) == [("anna", "handed over", "delayed: 4.2.2 552 4.2.2 … mailbox full")]


@pytest.mark.program
def test_what_is_no_report_changes_nothing_and_reaches_the_operator_a_few_times_a_day(tmp_path: Path, outbox: Outbox) -> None:
    before = listed(outbox)
    made_up = [f"Subject: verzonnen {number}\n\nIk ben er niet.\n".encode() for number in range(PASSED_ON_A_DAY + 2)]
    # The command is tried where it matters, at both ends of a day: it takes its time to start.
    assert bounced(tmp_path, made_up[0]).returncode == 0
    for content in made_up[1:-2]:
        assert pass_on(content, outbox, sender="bounces@hulp.example", operator="beheer@ict.example")
    assert [bounced(tmp_path, content).returncode for content in made_up[-2:]] == [0, 0]

    assert [entry for entry in listed(outbox) if entry[0] == "anna"] == before
    passed = [mail for mail in Kept(outbox.database).unopened() if mail.adviser == "operator"]
    assert len(passed) == PASSED_ON_A_DAY
    assert {mail.address for mail in passed} == {"beheer@ict.example"}
    assert base64.b64encode(b"Subject: verzonnen 0")[:16] in Kept(outbox.database).content(passed[0].id).replace(b"\r\n", b"")


@pytest.mark.program
@pytest.mark.parametrize("line", [b"\n", b"\r\n"])
@pytest.mark.parametrize("names", [b"In-Reply-To: <%s@hulp.example>", b"references:\n <%s@hulp.example>"])
def test_a_reply_in_clear_reaches_nobody_with_what_it_quotes(names: bytes, line: bytes, tmp_path: Path, outbox: Outbox) -> None:
    reply = b"From: jo@vereniging.example\nSubject: Re: [...] 3f7k\n%s\n\nOp 28 november:\n> Er lag een kogelbrief op de mat.\n"

    assert bounced(tmp_path, (reply % (names % ID.encode())).replace(b"\n", line)).returncode == 0

    [notice] = [mail for mail in Kept(outbox.database).unopened() if mail.adviser == "operator"]
    attached = email.message_from_bytes(Kept(outbox.database).content(notice.id)).get_payload()[1].get_payload(decode=True)
    assert b"Re: [...] 3f7k" in attached and b"kogelbrief" not in attached


@pytest.mark.program
def test_the_reason_in_a_report_on_another_mail_reaches_the_operator(tmp_path: Path, outbox: Outbox) -> None:
    other = report(POSTFIX.replace(ID, "f" * 32)).replace(b"To:", b"In-Reply-To: <x@hulp.example>\r\nTo:", 1)

    assert bounced(tmp_path, other).returncode == 0

    [notice] = [mail for mail in Kept(outbox.database).unopened() if mail.adviser == "operator"]
    attached = email.message_from_bytes(Kept(outbox.database).content(notice.id)).get_payload()[1].get_payload(decode=True)
    assert b"mailbox full" in attached


@pytest.mark.program
def test_a_report_names_its_mail_even_behind_an_envelope_id_of_another_server(tmp_path: Path, outbox: Outbox) -> None:
    bounced(tmp_path, report(POSTFIX.replace(ID, "f" * 32), HEADERS))

    assert [state for _adviser, state, _words in listed(outbox)] == ["came back"]


@pytest.mark.program
def test_a_replayed_report_cannot_close_what_somebody_opened_nor_open_anything(tmp_path: Path, outbox: Outbox) -> None:
    Kept(outbox.database).open(CODE, lambda _: ())

    bounced(tmp_path, FAILED["Postfix"])

    # Nor is it an invention that the operator should look at.
    assert listed(outbox) == []
    found = Kept(outbox.database).find(CODE)
    assert found and found.opened


@pytest.mark.program
def test_what_comes_back_from_the_operator_does_not_go_there_again(tmp_path: Path, outbox: Outbox) -> None:
    pass_on(b"Subject: verzonnen", outbox, sender="bounces@hulp.example", operator="beheer@ict.example")
    [notice] = [mail for mail in Kept(outbox.database).unopened() if mail.adviser == "operator"]

    # It left, and so it is gone from the outbox, before anybody can say that it came back.
    with outbox.database.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM outbox WHERE kind = 'notice'")
    run = bounced(tmp_path, report(POSTFIX.replace(ID, notice.id)))

    assert run.returncode == 0 and b"a mail to CONTACT_OPERATOR came back" in run.stderr
    assert [mail.adviser for mail in Kept(outbox.database).unopened()] == ["anna"]


@pytest.mark.program
def test_ten_megabytes_are_taken_and_little_of_them_is_kept(tmp_path: Path, outbox: Outbox) -> None:
    assert bounced(tmp_path, FAILED["Postfix"] + b"x" * 10_000_000).returncode == 0

    assert [state for _adviser, state, _words in listed(outbox)] == ["came back"]


@pytest.mark.program
@pytest.mark.parametrize("fault", [{"CONTACT_OUTBOX": "sqlite:////nowhere/outbox.sqlite"}, {"CONTACT_OPERATOR": ""}])
def test_what_cannot_be_taken_now_is_brought_again(tmp_path: Path, outbox: Outbox, fault: dict[str, str]) -> None:
    run = bounced(tmp_path, FAILED["Postfix"] if "CONTACT_OUTBOX" in fault else b"nothing", **fault)

    assert run.returncode == 75
    assert b"Traceback" not in run.stderr

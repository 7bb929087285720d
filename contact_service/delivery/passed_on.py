"""What comes to the bounce address and is about no mail that waits here: the operator gets it, a few times a day."""

import hashlib
import re
from datetime import UTC, datetime

from contact_service.delivery.bounces import Report
from contact_service.mail.notices import plain_mail
from contact_service.outbox.mails import NOTICE, Mail
from contact_service.outbox.outbox import Outbox
from contact_service.outbox.signals import Signals

# A flood of invented mails must not become a flood in the operator's mailbox, nor go round and round.
PASSED_ON, PASSED_ON_A_DAY, MAX_PASSED_ON_BYTES = "passed on ", 20, 50_000
# With these its id begins, by which it is known when it comes back.
_TO_OPERATOR = "0be8a708"
PASSED_ON_TEXT = """A mail came to the bounce address of the contact form that reports on no message
that waits here: an auto-reply, a report on a reminder or on a warning about
keys, or an invention. Nothing was changed. Its beginning is attached; of an
answer to a mail its head alone, since its text may quote what was encrypted.
"""
_ANSWERS = re.compile(rb"^(?:In-Reply-To|References):", re.IGNORECASE | re.MULTILINE)


def is_own_return(report: Report) -> bool:
    """Whether it was for the operator, who cannot be reached: passed on once more, it would come back once more."""
    return report.mail_ids[0].startswith(_TO_OPERATOR)


def pass_on(content: bytes, outbox: Outbox, *, sender: str, operator: str) -> bool:
    """Put what is no report on a mail of ours into the outbox for the operator; False when too many came today."""
    # Nothing is written past that: whoever waits for the lock would wait for a process that lets everything else go first.
    signals = Signals(outbox.database)
    today = f"{PASSED_ON}{datetime.now(UTC):%Y-%m-%d}"
    passed = signals.latest(today)
    count = int(passed.text) if passed else 0
    if count >= PASSED_ON_A_DAY:
        return False
    signals.give(today, str(count + 1))
    notice_id = (_TO_OPERATOR + hashlib.sha256(content).hexdigest())[:32]
    subject, now, beginning = "A mail to the bounce address", datetime.now(UTC), _without_quotes(content)[:MAX_PASSED_ON_BYTES]
    about = {"mail_id": notice_id, "address": operator, "sender": sender}
    mail = plain_mail(subject, PASSED_ON_TEXT, now=now, attached=beginning, **about)
    outbox.put([Mail(notice_id, "bounce", "operator", operator, mail, kind=NOTICE)])
    return True


def _without_quotes(content: bytes) -> bytes:
    """Without the text of what a person answers: some programs reply to the form, and quote what they decrypted."""
    head = re.split(rb"\r?\n\r?\n", content, maxsplit=1)[0]
    is_report = b"multipart/report" in head.lower()
    return head + b"\n\n" if _ANSWERS.search(head) and not is_report else content

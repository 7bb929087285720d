"""What happens when nobody opens a mail: its adviser is reminded, then the operator and the reserve are told."""

import logging
import re
from datetime import UTC, datetime

from contact_service.mail.notices import RESERVE, UNOPENED, notice
from contact_service.outbox.mails import ADVISER, HANDED_OVER, NOBODY, NOTICE, OPERATOR
from contact_service.outbox.outbox import Mail, Outbox
from contact_service.outbox.upgrade import mail_id

log = logging.getLogger(__name__)

_SENDER = re.compile(rb"^From: (\S+)\r\n", re.MULTILINE)
_SUBJECT = re.compile(rb"^Subject: ([^\r\n]+)", re.MULTILINE)


def remind(outbox: Outbox, mail: Mail, unopened_seconds: float) -> None:
    """Take the next step for a mail that was not opened in time. The operator hears of the second by the watch's alert."""
    if mail.told == NOBODY and mail.state == HANDED_OVER:
        log.warning("%s for %s is not opened: reminded", mail.reference, mail.adviser)
        outbox.record_told(mail, ADVISER, unopened_seconds / 4, _notices(mail, UNOPENED, mail.adviser, mail.address))
        return
    log.error("%s for %s is not opened: the operator is told", mail.reference, mail.adviser)
    outbox.record_told(mail, OPERATOR, None, _notices(mail, RESERVE, "reserve", mail.reserve))


def _notices(mail: Mail, words: tuple[str, str], name: str, address: str) -> list[Mail]:
    sender, subject = _SENDER.search(mail.mail), _SUBJECT.search(mail.mail)
    if not (sender and subject and address):
        return []
    # One for each submission and mailbox, however many of its mails are not opened.
    notice_id = mail_id(f"{words[0]} {mail.reference}", address)
    mail_from, about, now = sender[1].decode(), subject[1].decode(), datetime.now(UTC)
    content = notice(words, mail.reference, notice_id=notice_id, address=address, sender=mail_from, now=now, about=about)
    return [Mail(notice_id, mail.reference, name, address, content, kind=NOTICE)]

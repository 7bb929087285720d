"""From the outbox to the next mail server. Runs as a process of its own."""

import logging
import random
import signal
import threading
from time import monotonic

from contact_service.delivery.post_office import Delayed, PostOffice, Refused, Unreachable
from contact_service.delivery.reminders import remind
from contact_service.delivery.watch import Watch
from contact_service.outbox.health import ERASED
from contact_service.outbox.kept import Kept
from contact_service.outbox.mails import CAME_BACK, HANDED_OVER
from contact_service.outbox.outbox import HELD, WAITING, Outbox, OutboxUnavailable
from contact_service.outbox.practised import Practised
from contact_service.outbox.signals import Signals
from contact_service.settings.config import DeliverySettings

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
HOUSEKEEPING_SECONDS = 3600.0

FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 15.0, 3600.0
LONGEST_SILENCE_SECONDS = 60.0


def deliver_next(outbox: Outbox, post_office: PostOffice, unopened_seconds: float = 24 * 3600.0) -> bool:
    """Try the mail that is due longest, or tell somebody that nobody opened it; False when none is due.

    Raises Unreachable, and OutboxUnavailable: a mail that was sent but could not be recorded is sent again, with the same
    Message-ID. A refused mail is never dropped: one wrong setting once had every mail refused (crypto research 3.3).
    """
    mail = outbox.claim(post_office.lease_seconds)
    if mail is None:
        return False
    if mail.left_at and mail.state in (HANDED_OVER, CAME_BACK):
        remind(outbox, mail, unopened_seconds)
        return True
    try:
        post_office.send(mail)
    except Unreachable as answer:
        # The server's fault and not the mail's: it goes out as soon as the server is back. Were an outage counted as
        # attempts, the first "try later" after it would cost the longest delay.
        outbox.record_untried(mail, str(answer))
        raise
    except Delayed as answer:
        outbox.record_unsent(mail, WAITING, str(answer), _pause(mail.attempts, FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS))
        log.warning("%s for %s delayed (attempt %d): %s", mail.reference, mail.adviser, mail.attempts, answer)
    except Refused as answer:
        outbox.record_unsent(mail, HELD, str(answer), LONGEST_DELAY_SECONDS)
        log.error("%s for %s refused (attempt %d): %s", mail.reference, mail.adviser, mail.attempts, answer)
    else:
        outbox.record_handed_over(mail, unopened_seconds)
        log.info("%s for %s handed over (attempt %d)", mail.reference, mail.adviser, mail.attempts)
    return True


def deliver(settings: DeliverySettings) -> None:
    """Deliver until SIGTERM or SIGINT; the mail under way is finished first."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    outbox, post_office = Outbox(settings.outbox), PostOffice(settings)
    late_seconds, longest_seconds = settings.late_minutes * 60, 2 * LONGEST_DELAY_SECONDS
    watch = Watch(outbox, late_seconds, settings.alert_command, longest_seconds, settings.bounces)
    failures, housekeeping_at, unopened_seconds = 0, 0.0, settings.unopened_hours * 3600.0
    log.info("delivery started")
    while not stop.is_set():
        try:
            if monotonic() >= housekeeping_at:
                outbox.create()
                if watch.prepare():
                    forget(outbox, settings.keep_days)
                housekeeping_at = monotonic() + HOUSEKEEPING_SECONDS
            while not stop.is_set() and deliver_next(outbox, post_office, unopened_seconds):
                failures = 0
                watch.look()
            if watch.is_due():
                post_office.visit()
            failures, answer = 0, ""
        except (OutboxUnavailable, Unreachable) as fault:
            failures, answer = failures + 1, str(fault)
            # The table may be gone with its file; web refuses submissions until it is there again.
            housekeeping_at = housekeeping_at if isinstance(fault, Unreachable) else 0.0
            log.error("%s (failure %d): %s", type(fault).__name__, failures, fault)
        watch.look(answer)
        post_office.close()
        stop.wait(_pause(failures, IDLE_SECONDS, LONGEST_SILENCE_SECONDS))
    log.info("delivery stopped")


def forget(outbox: Outbox, keep_days: int) -> None:
    """Erase what was kept long enough; a round early, so that nothing is kept longer than its days."""
    keep_seconds = keep_days * 24 * 3600 - HOUSEKEEPING_SECONDS
    Practised(outbox.database).forget(keep_seconds)
    gone = Kept(outbox.database).forget(keep_seconds)
    if gone:
        Signals(outbox.database).give(ERASED, str(len({mail.reference for mail in gone})))
    for mail in gone:
        log.error("%s for %s erased: nobody said within %d days that they have it", mail.reference, mail.adviser, keep_days)


def _pause(failures: int, first_seconds: float, longest_seconds: float) -> float:
    """A pause that doubles with each failure, spread by a fifth so that many processes do not come back at once."""
    return min(first_seconds * 2.0 ** max(0, min(failures - 1, 20)), longest_seconds) * random.uniform(0.8, 1.2)

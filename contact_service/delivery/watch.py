"""The delivery process's eye on the outbox: it shows that it lives, and tells the operator by a second route what is wrong."""

import logging
import secrets
import subprocess
from collections.abc import Sequence
from time import monotonic, time

from contact_service.delivery.queue import late_in_queue
from contact_service.outbox.faults import SENTENCES
from contact_service.outbox.health import DELIVERY, QUEUE, Figures, late_faults, queue_figures
from contact_service.outbox.outbox import Outbox, OutboxUnavailable
from contact_service.outbox.signals import Signals

log = logging.getLogger(__name__)

# A complaint of the next mail server should not stand longer than it is true.
LOOK_SECONDS, LOOK_AGAIN_SECONDS = 60.0, 5.0
REMIND_SECONDS = 24 * 3600
GONE_SECONDS = 24 * 3600
# Below the hour between two rounds that erase.
PATIENCE_SECONDS = 3000.0
COMMAND_SECONDS = 30
ALERT = "alert"


class Watch:
    """Looks once a minute, whatever else the process is busy with."""

    def __init__(
        self, outbox: Outbox, late_seconds: float, command: Sequence[str], longest_delay_seconds: float, sender: str = ""
    ) -> None:
        self._outbox, self._late_seconds, self._command = outbox, late_seconds, command
        self._longest_delay_seconds, self._sender = longest_delay_seconds, sender
        self._signals = Signals(outbox.database)
        # Several delivery processes may share the outbox; none of them tells which machine it is on.
        self._name = DELIVERY + secrets.token_hex(4)
        self._due_at = 0.0
        self._clock, self._erase_at = time() - monotonic(), 0.0
        self._told_unavailable = False

    def prepare(self) -> bool:
        """Make the table of signals, clear away what earlier processes left, and tell whether old mails may be erased.

        Not soon after the clock leapt by more than a day, or nobody looked for as long: then it may be the clock that is wrong.
        """
        self._signals.create()
        before, self._clock = self._clock, time() - monotonic()
        last = self._signals.latest(DELIVERY)
        self._signals.forget(DELIVERY, GONE_SECONDS)
        if self._clock - before > GONE_SECONDS or (last and last.given_at < time() - GONE_SECONDS):
            self._erase_at = monotonic() + PATIENCE_SECONDS
        return monotonic() >= self._erase_at

    def is_due(self) -> bool:
        """Whether the next look will be a real one."""
        return monotonic() >= self._due_at

    def look(self, next_hop: str = "") -> None:
        """Give a sign of life, with the next mail server's last complaint, and alert when a mail is late or held."""
        if not self.is_due():
            return
        self._due_at = monotonic() + (LOOK_AGAIN_SECONDS if next_hop else LOOK_SECONDS)
        try:
            self._signals.give(self._name, next_hop)
            self._signals.give(QUEUE, str(late_in_queue(self._sender, self._late_seconds)))
            self._outbox.mend_times(self._longest_delay_seconds)
            figures = Figures(**queue_figures(self._outbox))
            codes = tuple(late_faults(figures, self._late_seconds))
            if self._signals.take(ALERT, " ".join(codes), REMIND_SECONDS) and not self._tell(codes, figures):
                # Not told after all: the next look tries again.
                self._signals.give(ALERT, "not told")
            self._told_unavailable = False
        except OutboxUnavailable as fault:
            log.error("the outbox cannot be watched: %s", fault)
            if not self._told_unavailable:
                self._told_unavailable = self._tell(("outbox-unavailable",), Figures())

    def _tell(self, codes: tuple[str, ...], figures: Figures) -> bool:
        if not self._command:
            return True
        try:
            text = alert_text(codes, figures).encode()
            run = subprocess.run(self._command, input=text, timeout=COMMAND_SECONDS, check=False)  # noqa: S603
            fault = f"status {run.returncode}" if run.returncode else ""
        except (OSError, subprocess.TimeoutExpired) as failure:
            fault = type(failure).__name__
        if fault:
            log.error("CONTACT_ALERT_COMMAND failed: %s", fault)
        return not fault


def alert_text(codes: tuple[str, ...], figures: Figures) -> str:
    """What the operator reads: nothing about any mail but how many and how old."""
    if not codes:
        return "The contact service is in order again: no mail is late, held or came back, and none was left unopened.\n"
    lines = ["The contact service needs you.", *(f"- {code}: {SENTENCES[code]}" for code in codes)]
    if figures.waiting is not None:
        minutes = (figures.oldest_waiting_seconds or 0) // 60
        lines.append(f"Waiting: {figures.waiting}. Held: {figures.held}. The oldest: {minutes} minutes.")
        lines.append(
            f"Came back: {figures.came_back}. Not opened in time: {figures.unopened}. Erased unopened: {figures.erased}."
        )
    lines.append('Until it is solved, the contact page asks readers to phone. What to do: deploy/GUIDE.md, "Alerts".')
    return "\n".join(lines) + "\n"

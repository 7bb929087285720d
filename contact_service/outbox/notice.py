"""What the contact page says before anybody types: that nothing is taken, or that it may take longer than usual."""

from time import monotonic

from contact_service.outbox.health import Figures, late_faults, queue_figures
from contact_service.outbox.outbox import Outbox, OutboxUnavailable

NOTICE_SECONDS = 10.0


class Notice:
    """What the contact page tells readers beforehand: "closed", "late" or nothing. Looked up at most every few seconds."""

    def __init__(self, outbox: Outbox, late_seconds: float) -> None:
        self._outbox, self._late_seconds = outbox, late_seconds
        self._text, self._until = "", 0.0

    def __str__(self) -> str:
        if monotonic() >= self._until:
            self._text, self._until = self._look(), monotonic() + NOTICE_SECONDS
        return self._text

    def forget(self) -> None:
        """Have the next reader's page look anew."""
        self._until = 0.0

    def _look(self) -> str:
        try:
            self._outbox.check_space()
            late = [*late_faults(Figures(**queue_figures(self._outbox)), self._late_seconds)]
        except OutboxUnavailable:
            return "closed"
        return "late" if late else ""

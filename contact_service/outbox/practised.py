"""Who has shown that they can read: for which keys a practice mail was locked, and when somebody pressed the button in it."""

from collections.abc import Iterable

from contact_service.outbox.database import Database
from contact_service.outbox.signals import Signals

_SENT, _READ = "practice sent ", "practice read "
# Of a fingerprint, so that several fit into one signal.
_DIGITS = 16


class Practised:
    """What is remembered of practice mails. Every method raises OutboxUnavailable when the database cannot be used."""

    def __init__(self, database: Database) -> None:
        self._signals = Signals(database)

    def sent(self, code: str, fingerprints: Iterable[str]) -> None:
        """A practice mail with this code's sum is on its way, locked for these keys."""
        self._signals.give(_SENT + code, " ".join(found[-_DIGITS:] for found in fingerprints))

    def read(self, code: str) -> None:
        """Somebody can read what is locked for the keys of this mail."""
        sent = self._signals.latest(_SENT + code)
        for digits in sent.text.split() if sent else ():
            self._signals.give(_READ + digits)

    def read_at(self, fingerprint: str) -> float | None:
        """When somebody last showed that they can read with this key."""
        found = self._signals.latest(_READ + fingerprint[-_DIGITS:])
        return found.given_at if found else None

    def forget(self, age_seconds: float) -> None:
        """Forget which mails were sent so long ago; not who has read."""
        self._signals.forget(_SENT, age_seconds)

"""Whether the service keeps its promises now: figures for machines, sentences for people. Nothing personal is in either."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from time import time
from typing import Any

from contact_service.outbox.faults import CLOSING, SENTENCES
from contact_service.outbox.outbox import Outbox, OutboxUnavailable
from contact_service.outbox.signals import Signals

DELIVERY = "delivery "
WEB = "web"
# What the delivery process found in the mail server's own queue: how many mails are late there.
QUEUE = "queue"
# How many messages were erased that nobody had opened, and how long that is told.
ERASED, ERASED_SECONDS = "erased", 24 * 3600
# That the web process could not lock a message.
LOCKING = "locking"
# The delivery process gives a sign each minute; an attempt that waits for a stalled server may come between.
DELIVERY_SILENT_SECONDS = 900


@dataclass(frozen=True)
class Figures:
    """What monitoring reads. A figure that could not be read is None."""

    free_bytes: int | None = None
    waiting: int | None = None
    held: int | None = None
    came_back: int | None = None
    unopened: int | None = None
    late_in_queue: int = 0
    erased: int = 0
    not_encrypted: int = 0
    oldest_waiting_seconds: int | None = None
    delivery_seen_seconds_ago: int | None = None
    next_hop: str | None = None
    keys_unfit: int = 0
    roles_closed: int = 0


@dataclass(frozen=True)
class Health:
    """The figures, and the codes of what is wrong."""

    figures: Figures
    faults: tuple[str, ...]

    @property
    def accepts(self) -> bool:
        """Whether a submission would be accepted, as far as this machine goes."""
        return not CLOSING & set(self.faults)

    def document(self) -> dict[str, Any]:
        """For /readyz: `status` is ok, attention (accepting, but somebody must look) or down."""
        status = "ok" if not self.faults else "attention" if self.accepts else "down"
        return {"status": status, "faults": list(self.faults), **asdict(self.figures)}

    def sentences(self) -> list[tuple[str, str]]:
        """What is wrong: code and words, and what the next mail server itself says."""
        said = {"next-hop": f" It says: {self.figures.next_hop}"}
        return [(code, SENTENCES[code] + said.get(code, "")) for code in self.faults]


def examine(outbox: Outbox, late_seconds: float, *also: str, keys_unfit: int, roles_closed: int) -> Health:
    """Look at outbox, disk and delivery, beside faults that were found before. It writes to the outbox: only that shows that
    it can be written.
    """
    found = (("roles-closed", roles_closed), ("key-unfit", keys_unfit))
    faults = [*(code for code, count in found if count), *also]
    try:
        Signals(outbox.database).give(WEB)
        figures = _figures(outbox, keys_unfit=keys_unfit, roles_closed=roles_closed)
    except OutboxUnavailable:
        return Health(Figures(keys_unfit=keys_unfit, roles_closed=roles_closed), ("outbox-unavailable", *faults))
    if outbox.is_nearly_full(figures.free_bytes):
        faults.insert(0, "disk-full")
    return Health(figures, (*faults, *_delivery_faults(figures), *late_faults(figures, late_seconds)))


def late_faults(figures: Figures, late_seconds: float) -> Iterable[str]:
    """What an adviser would notice: mails that do not arrive; and what an official would: that nobody opens them, or that
    what is not encrypted in the browser is not accepted.
    """
    if figures.not_encrypted:
        yield "not-encrypted"
    if (figures.oldest_waiting_seconds or 0) > late_seconds or figures.late_in_queue:
        yield "mail-late"
    if figures.held:
        yield "mail-held"
    if figures.came_back:
        yield "mail-came-back"
    if figures.unopened:
        yield "mail-unopened"
    if figures.erased:
        yield "mail-erased"


def queue_figures(outbox: Outbox) -> dict[str, Any]:
    """The figures of the outbox alone; raises OutboxUnavailable."""
    figures = asdict(outbox.queue())
    oldest = figures.pop("oldest_accepted_at")
    signals, now = Signals(outbox.database), time()
    told = {QUEUE: DELIVERY_SILENT_SECONDS, LOCKING: DELIVERY_SILENT_SECONDS, ERASED: ERASED_SECONDS}
    found = [(signals.latest(name), now - seconds) for name, seconds in told.items()]
    late, failed, erased = (said if said and said.given_at > since else None for said, since in found)
    figures |= {"late_in_queue": int(late.text) if late else 0, "not_encrypted": int(bool(failed))}
    figures["erased"] = int(erased.text) if erased else 0
    return {**figures, "oldest_waiting_seconds": None if oldest is None else int(time() - oldest)}


def _figures(outbox: Outbox, **known: int) -> Figures:
    # A sign from the future, of a process whose clock was wrong, must not stand for one that is gone.
    seen = Signals(outbox.database).latest(DELIVERY, until=time() + DELIVERY_SILENT_SECONDS)
    return Figures(
        free_bytes=outbox.database.free_bytes(),
        delivery_seen_seconds_ago=max(0, int(time() - seen.given_at)) if seen else None,
        next_hop=(seen.text or "answering") if seen else None,
        **queue_figures(outbox),
        **known,
    )


def _delivery_faults(figures: Figures) -> Iterable[str]:
    silent = figures.delivery_seen_seconds_ago
    if silent is None or silent > DELIVERY_SILENT_SECONDS:
        yield "delivery-silent"
    elif figures.next_hop != "answering":
        yield "next-hop"

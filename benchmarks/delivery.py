"""How many mails a second one delivery process hands over, however many wait: python -m benchmarks delivery

The depths take turns in one run, so that a busy machine slows all of them down.
"""

import contextlib
import signal
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from time import monotonic

from benchmarks.figures import Figure, Plot, ratio, table
from contact_service.outbox.outbox import Mail, Outbox
from tests.support.postgres import Postgres
from tests.support.production import Production, production, wait_for

MAILS_PER_SECOND = 150
SAME = 0.8
WAITING = (100, 10_000, 100_000)
TURNS, MAILS_PER_TURN, BATCH = 10, 80, 1_000
# What a message of the smallest bucket weighs with its armor and headers.
MAIL_BYTES = 6_200


class Queue:
    """An outbox in which about as many mails wait all the time, and the one process that empties it."""

    def __init__(self, machine: Production, waiting: int) -> None:
        self.machine, self.waiting, self.put = machine, waiting, 0
        self.times: list[float] = []
        self.rates: list[float] = []
        self.outbox = Outbox(machine.settings["CONTACT_OUTBOX"])
        self.outbox.create()
        self.fill(waiting)
        machine.post_office.sink.answer = lambda _recipient: self.times.append(monotonic()) or "250 OK"
        machine.post_office.start()
        machine.start_delivery()
        self.process = machine.processes["delivery"]
        wait_for(lambda: len(self.times) > 10, 60)
        self.fill(len(self.times))
        self.process.send_signal(signal.SIGSTOP)

    def fill(self, count: int) -> None:
        """Let this many more wait."""
        text = b"Message-ID: <%032x@hulp.example>\r\n\r\n" + (b"y" * 76 + b"\r\n") * (MAIL_BYTES // 78)
        for start in range(self.put, self.put + count, BATCH):
            numbers = range(start, min(start + BATCH, self.put + count))
            self.outbox.put(Mail(f"{n:064x}-a", "AAAA-BBBB", "a", "a@ngb.example", text % n) for n in numbers)
        self.put += count

    def turn(self) -> None:
        """Let the process run for some mails."""
        begin = len(self.times)
        self.process.send_signal(signal.SIGCONT)
        wait_for(lambda: len(self.times) > begin + MAILS_PER_TURN, 60)
        # Before it is stopped: it may be stopped in a transaction, which lets nobody else write.
        self.fill(max(0, self.waiting - (self.put - len(self.times))))
        self.process.send_signal(signal.SIGSTOP)
        self.rates.append(MAILS_PER_TURN / (self.times[begin + MAILS_PER_TURN] - self.times[begin]))

    def end(self) -> None:
        """Leave nothing running, and nothing stopped."""
        self.outbox.database._engine.dispose()
        self.machine.kill("delivery")


def rates(kind: str, depths: Sequence[int] = WAITING) -> list[list[float]]:
    """Mails a second in each turn, for each depth, on "sqlite" or "postgresql"."""
    with contextlib.ExitStack() as undo:
        queues = []
        for depth in depths:
            queues.append(Queue(undo.enter_context(_machine(kind)), depth))
            undo.callback(queues[-1].end)
        for _ in range(TURNS):
            for queue in queues:
                queue.turn()
    return [queue.rates for queue in queues]


@contextlib.contextmanager
def _machine(kind: str) -> Iterator[Production]:
    server = Postgres() if kind == "postgresql" else None
    settings = {"CONTACT_OUTBOX": server.url} if server else {}
    try:
        with tempfile.TemporaryDirectory(prefix="delivery-") as folder, production(Path(folder), **settings) as machine:
            yield machine
    finally:
        if server:
            server.remove()


def measure() -> tuple[list[Figure], list[Plot]]:
    """The rate at each depth, and how it changes from the lowest depth to the highest.

    The rate is told by the best turn, because other programs on the machine can only slow it down; the change by the medians.
    """
    figures, series = [], {}
    for kind in ("sqlite", "postgresql"):
        found = rates(kind)
        for waiting, turns in zip(WAITING, found, strict=True):
            what, spread = f"mails a second of one process, {waiting:,} waiting, {kind}", (min(turns), max(turns))
            figures.append(Figure(what, max(turns), at_least=MAILS_PER_SECOND, spread=spread))
        change = ratio(found[-1], found[0])
        figures.append(Figure(f"with {WAITING[-1]:,} waiting as with {WAITING[0]}, {kind}", change.median, "×", None, SAME))
        series[kind] = [(waiting, median(turns)) for waiting, turns in zip(WAITING, found, strict=True)]
    return figures, [Plot("delivery", "Delivery, median turn", "mails waiting", "mails a second", series)]


if __name__ == "__main__":
    print(table(measure()[0]))

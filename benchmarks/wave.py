"""A national wave on one machine: python -m benchmarks wave

First what the machine takes at most, plain and encrypted by the browser; then half a minute of the ten in which 10,000
submissions come. Readers, nginx, service, delivery and mail server share this machine's cores.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median, quantiles
from time import monotonic, sleep

from benchmarks.figures import Figure, Plot, table
from benchmarks.load import ENCRYPTED, PLAIN, forms, one_machine, send
from contact_service.outbox import Outbox
from tests.production import Production, wait_for

WAVE_PER_SECOND = 10_000 / 600
SECONDS, CAPACITY_SECONDS, CLIENTS = 30, 10, 8
# The adviser should not notice the wave: what waits when it ends leaves within a minute.
DRAINED_SECONDS = 60


@dataclass(frozen=True)
class Wave:
    """What readers and advisers noticed."""

    sent: int
    refused: int
    median_seconds: float
    slow_seconds: float
    drained_seconds: float


def capacity(machine: Production, form: dict[str, str], seconds: float = CAPACITY_SECONDS) -> float:
    """Submissions a second when readers queue up."""
    start = monotonic()

    def reader(_number: int) -> int:
        done = 0
        while monotonic() < start + seconds:
            send(machine, form)
            done += 1
        return done

    with ThreadPoolExecutor(CLIENTS) as readers:
        done = sum(readers.map(reader, range(CLIENTS)))
    return done / (monotonic() - start)


def wave(machine: Production, seconds: float) -> Wave:
    """Submissions at the pace of the wave, whether or not earlier ones were answered; every second one encrypted."""
    kinds, answers, start = (forms()[PLAIN], forms()[ENCRYPTED]), [], monotonic()
    with ThreadPoolExecutor(64) as readers:
        for number in range(int(seconds * WAVE_PER_SECOND)):
            sleep(max(0.0, start + number / WAVE_PER_SECOND - monotonic()))
            answers.append(readers.submit(send, machine, kinds[number % 2]))
    times = [answer.result() for answer in answers if not answer.exception()]
    outbox = Outbox(machine.settings["CONTACT_OUTBOX"])
    ended = monotonic()
    wait_for(_emptied(outbox), 600)
    outbox.database._engine.dispose()
    return Wave(len(answers), len(answers) - len(times), median(times), quantiles(times, n=100)[98], monotonic() - ended)


def _emptied(outbox: Outbox) -> Callable[[], bool]:
    return lambda: outbox.queue().waiting == 0


def measure() -> tuple[list[Figure], list[Plot]]:
    """What the machine takes, and what readers and advisers notice of the wave."""
    with one_machine() as machine:
        machine.start_delivery()
        most = {kind: capacity(machine, form) for kind, form in forms().items()}
        outbox = Outbox(machine.settings["CONTACT_OUTBOX"])
        wait_for(_emptied(outbox), 600)
        outbox.database._engine.dispose()
        found = wave(machine, SECONDS)
    part = f"{SECONDS} s of the wave, {found.sent:,} submissions"
    rates = [Figure(f"most submissions a second, {kind}", rate, "", None, WAVE_PER_SECOND) for kind, rate in most.items()]
    return [
        *rates,
        Figure(f"{part}: not received", found.refused, at_most=0),
        Figure(f"{part}: answer, median", found.median_seconds * 1000, "ms"),
        Figure(f"{part}: answer, 99th percentile", found.slow_seconds * 1000, "ms"),
        Figure(f"{part}: until the last mail has left", found.drained_seconds, "s", DRAINED_SECONDS),
    ], []


if __name__ == "__main__":
    print(table(measure()[0]))

"""A national wave on one machine: 10,000 submissions in ten minutes. `make wave` runs it whole, `make bench` 20 seconds of it.

First what the machine takes at most, plain and encrypted by the browser; then the wave at its pace. Readers, nginx, service,
delivery and mail server share this machine's cores.
"""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median, quantiles
from time import monotonic, sleep

from benchmarks.figures import Figure, Plot
from benchmarks.load import ENCRYPTED, PLAIN, forms, one_machine, send
from benchmarks.report import record
from contact_service.outbox.outbox import Outbox
from tests.support.production import Production, wait_for

WHOLE_SECONDS = 600
WAVE_PER_SECOND = 10_000 / WHOLE_SECONDS
PART_SECONDS, CAPACITY_SECONDS, CLIENTS = 20, 10, 8
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


def measure(seconds: float = PART_SECONDS) -> tuple[list[Figure], list[Plot]]:
    """What the machine takes, and what readers and advisers notice of so much of the wave."""
    with one_machine() as machine:
        machine.start_delivery()
        most = {kind: capacity(machine, form) for kind, form in forms().items()}
        outbox = Outbox(machine.settings["CONTACT_OUTBOX"])
        wait_for(_emptied(outbox), 600)
        outbox.database._engine.dispose()
        found = wave(machine, seconds)
    part = f"{seconds} s of the wave, {found.sent:,} submissions"
    rates = [Figure(f"most submissions a second, {kind}", rate, "", None, WAVE_PER_SECOND) for kind, rate in most.items()]
    return [
        *rates,
        Figure(f"{part}: not received", found.refused, at_most=0),
        Figure(f"{part}: answer, median", found.median_seconds * 1000, "ms"),
        Figure(f"{part}: answer, 99th percentile", found.slow_seconds * 1000, "ms"),
        Figure(f"{part}: until the last mail has left", found.drained_seconds, "s", DRAINED_SECONDS),
    ], []


if __name__ == "__main__":
    sys.exit(1 if record("wave-all", measure(WHOLE_SECONDS)[0]) else 0)

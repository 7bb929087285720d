"""A national wave on one machine: python -m benchmarks.wave (SECONDS)

First what the machine takes at most, plain and encrypted by the browser; then 10,000 submissions in ten minutes, of which
SECONDS (600 for the whole of it). Load, nginx, service, delivery and mail server share this machine's cores.
"""

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median, quantiles
from time import monotonic, sleep

from benchmarks.load import ENCRYPTED, PLAIN, forms, one_machine, send
from contact_service.outbox import Outbox
from tests.production import Production, wait_for

WAVE_PER_SECOND = 10_000 / 600
SECONDS, CAPACITY_SECONDS, CLIENTS = 60, 15, 8
# The adviser should not notice the wave: what waits when it ends leaves within a minute.
DRAINED_SECONDS = 60


@dataclass(frozen=True)
class Wave:
    """What readers and advisers noticed."""

    sent: int
    seconds: float
    median_seconds: float
    slow_seconds: float
    waiting_at_end: int
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
        times = [answer.result() for answer in answers]
    lasted, outbox = monotonic() - start, Outbox(machine.settings["CONTACT_OUTBOX"])
    waiting, ended = outbox.queue().waiting, monotonic()
    wait_for(_emptied(outbox), 600)
    outbox.database._engine.dispose()
    return Wave(len(times), lasted, median(times), quantiles(times, n=100)[98], waiting, monotonic() - ended)


def _emptied(outbox: Outbox) -> Callable[[], bool]:
    return lambda: outbox.queue().waiting == 0


def main(arguments: list[str]) -> int:
    """Print what was reached; exit status 1 when this machine doesn't carry the wave."""
    seconds = float(arguments[0]) if arguments else SECONDS
    with one_machine() as machine:
        machine.start_delivery()
        most = {kind: capacity(machine, form) for kind, form in forms().items()}
        outbox = Outbox(machine.settings["CONTACT_OUTBOX"])
        wait_for(_emptied(outbox), 600)
        outbox.database._engine.dispose()
        found = wave(machine, seconds)
    print(f"{os.cpu_count()} cores for everything, readers and mail server included; load at the end {os.getloadavg()[0]:.1f}")
    for kind, rate in most.items():
        print(f"at most, {kind:10} {rate:7.1f} submissions/s ({rate / WAVE_PER_SECOND:.1f} times the wave)")
    print(
        f"the wave, {seconds:.0f} of its 600 s: {found.sent} sent in {found.seconds:.1f} s, none refused; answer median "
        f"{found.median_seconds * 1000:.0f} ms, 99th percentile {found.slow_seconds * 1000:.0f} ms; {found.waiting_at_end} "
        f"mails waiting at its end, the last of them delivered {found.drained_seconds:.0f} s later"
    )
    return int(min(most.values()) < WAVE_PER_SECOND or found.drained_seconds > DRAINED_SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Whether a mail server that hangs makes officials wait: python -m benchmarks stall

Rounds with a mail server that answers and rounds with one that takes the connection and says nothing alternate in one run.
"""

import contextlib
import socket
from collections.abc import Iterator
from statistics import median

from benchmarks.figures import Figure, Plot, ratio, table
from benchmarks.load import PLAIN, forms, one_machine, send
from tests.support.production import Production, wait_for
from tests.support.stack import is_open

ROUNDS, SUBMISSIONS = 6, 20
MOST = 1.10


@contextlib.contextmanager
def _stalled(machine: Production) -> Iterator[None]:
    """In place of the mail server, one that never says a word; delivery hangs on it when the round begins."""
    machine.post_office.stop()
    with socket.create_server(("127.0.0.1", machine.post_office.port), backlog=50) as silent:
        silent.settimeout(30)
        send(machine, forms()[PLAIN])
        held, _address = silent.accept()
        with held:
            yield
    machine.post_office.start()
    wait_for(lambda: is_open(machine.post_office.port))


def measure() -> tuple[list[Figure], list[Plot]]:
    """A submission while the mail server hangs, against one while it answers."""
    answering: list[float] = []
    hanging: list[float] = []
    with one_machine() as machine:
        machine.start_delivery()
        for _ in range(2 * SUBMISSIONS):
            send(machine, forms()[PLAIN])
        for _ in range(ROUNDS):
            answering.append(median(send(machine, forms()[PLAIN]) for _ in range(SUBMISSIONS)))
            with _stalled(machine):
                hanging.append(median(send(machine, forms()[PLAIN]) for _ in range(SUBMISSIONS)))
    found = ratio(hanging, answering)
    return [
        Figure("a submission while the mail server hangs, × while it answers", found.median, "×", MOST, None, found.spread)
    ], []


if __name__ == "__main__":
    print(table(measure()[0]))

"""Whether a mail server that hangs makes officials wait: python -m benchmarks.stall (ROUNDS)

Rounds with a mail server that answers and rounds with one that takes the connection and says nothing alternate in one run.
"""

import contextlib
import socket
import sys
from collections.abc import Iterator
from statistics import median

from benchmarks.load import PLAIN, forms, one_machine, send
from tests.production import Production, can_connect, wait_for

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
    wait_for(lambda: can_connect(machine.post_office.port))


def measure(rounds: int = ROUNDS) -> tuple[float, float]:
    """The median seconds of a submission while the mail server answers, and while it hangs."""
    answering: list[float] = []
    hanging: list[float] = []
    with one_machine() as machine:
        machine.start_delivery()
        for _ in range(2 * SUBMISSIONS):
            send(machine, forms()[PLAIN])
        for _ in range(rounds):
            answering += [send(machine, forms()[PLAIN]) for _ in range(SUBMISSIONS)]
            with _stalled(machine):
                hanging += [send(machine, forms()[PLAIN]) for _ in range(SUBMISSIONS)]
    return median(answering), median(hanging)


def main(arguments: list[str]) -> int:
    """Print both times and their ratio; exit status 1 when hanging costs a tenth or more."""
    answering, hanging = measure(int(arguments[0]) if arguments else ROUNDS)
    ratio = hanging / answering
    print(f"median submission: mail server answers {answering * 1000:.1f} ms, hangs {hanging * 1000:.1f} ms, ratio {ratio:.2f}")
    return int(ratio >= MOST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

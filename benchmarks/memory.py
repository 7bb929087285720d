"""The memory of web and delivery over 10,000 submissions: python -m benchmarks.memory (COUNT)"""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from benchmarks.load import ENCRYPTED, PLAIN, forms, one_machine, rss_megabytes, send
from tests.production import Production

COUNT, STEPS, CLIENTS = 10_000, 10, 4
MOST_MEGABYTES, MOST_GROWTH_MEGABYTES = 120, 5


def _largest(machine: Production) -> dict[str, float]:
    sizes = {name: rss_megabytes(machine.processes[name].pid) for name in ("web", "delivery")}
    return {name: max(pids.values()) for name, pids in sizes.items()}


def measure(count: int = COUNT) -> Iterator[tuple[int, dict[str, float]]]:
    """The largest process of each kind, in MB, after each tenth of the submissions; every second one is encrypted already."""
    kinds = (forms()[PLAIN], forms()[ENCRYPTED])
    with one_machine() as machine, ThreadPoolExecutor(CLIENTS) as readers:
        machine.start_delivery()
        for step in range(1, STEPS + 1):
            for _seconds in readers.map(lambda number: send(machine, kinds[number % 2]), range(count // STEPS)):
                pass
            yield count * step // STEPS, _largest(machine)
            # What the mail server keeps is this measurement's own memory.
            machine.post_office.sink.mails.clear()


def main(arguments: list[str]) -> int:
    """Print the table; exit status 1 when a process is too large or still grows after the first two tenths."""
    print(f"{'submissions':>12}{'web, MB':>12}{'delivery, MB':>14}")
    seen = []
    for submissions, sizes in measure(int(arguments[0]) if arguments else COUNT):
        print(f"{submissions:12,}{sizes['web']:12.1f}{sizes['delivery']:14.1f}", flush=True)
        seen.append(sizes)
    growth = {name: size - seen[1][name] for name, size in seen[-1].items()}
    return int(max(seen[-1].values()) > MOST_MEGABYTES or max(growth.values()) > MOST_GROWTH_MEGABYTES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The memory of web and delivery over 10,000 submissions: python -m benchmarks memory"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from benchmarks.figures import Figure, Plot, table
from benchmarks.load import forms, one_machine, send
from tests.support.production import Production, megabytes

COUNT, STEPS, TOGETHER, CLIENTS = 10_000, 10, 20, 4
MOST_MEGABYTES, MOST_GROWTH_MEGABYTES = 120, 5


def _largest(machine: Production) -> dict[str, float]:
    return {name: megabytes(machine.processes[name].pid) for name in ("web", "delivery")}


def sizes(count: int = COUNT) -> Iterator[tuple[int, dict[str, float]]]:
    """The largest process of each kind, in MB, after each tenth of the submissions; every second one is encrypted already."""
    kinds = [form for number in range(TOGETHER // 2) for form in forms(number).values()]
    with one_machine() as machine, ThreadPoolExecutor(CLIENTS) as readers:
        machine.start_delivery()
        for step in range(1, STEPS + 1):
            for _seconds in readers.map(lambda _number: send(machine, *kinds), range(count // STEPS // TOGETHER)):
                pass
            yield count * step // STEPS, _largest(machine)
            # What the mail server keeps is this measurement's own memory.
            machine.post_office.sink.mails.clear()


def measure() -> tuple[list[Figure], list[Plot]]:
    """The largest web and delivery process at the end, and how much they grew since a fifth of the submissions was in."""
    seen = list(sizes())
    figures, series = [], {}
    for name in seen[0][1]:
        course = [(float(submissions), sizes_then[name]) for submissions, sizes_then in seen]
        last, fifth = course[-1][1], course[STEPS // 5 - 1][1]
        figures.append(Figure(f"largest {name} process after {course[-1][0]:,.0f} submissions", last, "MB", MOST_MEGABYTES))
        figures.append(
            Figure(f"growth of {name} from {course[STEPS // 5 - 1][0]:,.0f} on", last - fifth, "MB", MOST_GROWTH_MEGABYTES)
        )
        series[name] = course
    return figures, [Plot("memory", "Memory", "submissions", "MB", series)]


if __name__ == "__main__":
    print(table(measure()[0]))

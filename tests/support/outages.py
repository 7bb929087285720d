"""Submissions while database, pool or counter are away: `make outages COUNT=300` for each kind of outage.

Officials send through nginx and insist until they read "received". Counted are submissions that were acknowledged and whose
mails never left, answers that did not give the typed text and the phone number back, and how long the longest answer took.
"""

import argparse
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException
from pathlib import Path
from time import monotonic, sleep

from sqlalchemy import text

from benchmarks.figures import Figure, table
from contact_service.outbox.kept import Kept
from contact_service.outbox.outbox import Outbox
from tests.support.pgbouncer import Pool
from tests.support.postgres import Postgres
from tests.support.production import NAME, Production, production, wait_for
from tests.support.stack import free_port, is_open, reference_in, token_in

PEOPLE, OUTAGE_SECONDS, LONGEST_ANSWER_SECONDS = 30, 12, 10
PHONE = "tel:+31"
MANY = {"CONTACT_ALLOWANCE": ",".join(["1000000/hour"] * 3)}


@dataclass
class Told:
    """What the officials of one outage met."""

    acknowledged: set[str] = field(default_factory=set)
    refused: int = 0
    texts_lost: int = 0
    longest_seconds: float = 0.0

    def ask(self, machine: Production, number: int) -> None:
        """One official: opens the form, writes, and sends until it is received."""
        while not (token := token_in(self._answer(machine, "GET"))):
            sleep(0.5)
        words = f"melding nummer {number}."
        while not (reference := reference_in(page := self._answer(machine, "POST", token=token, message=words))):
            self.refused += 1
            self.texts_lost += not (words in page and PHONE in page)
            sleep(0.5)
        self.acknowledged.add(reference)

    def _answer(self, machine: Production, method: str, **fields: str) -> str:
        start = monotonic()
        try:
            return machine.send(**fields)[1] if fields else machine.ask(method, "/contact/")[2].decode()
        except (OSError, HTTPException) as fault:
            return type(fault).__name__
        finally:
            self.longest_seconds = max(self.longest_seconds, monotonic() - start)


@dataclass(frozen=True)
class Outage:
    """The settings with which the service runs, and how to take something away and bring it back."""

    settings: dict[str, str]
    begin: Callable[[], object]
    end: Callable[[], object]


@contextmanager
def standby_gone(_folder: Path) -> Iterator[Outage]:
    """The only synchronous standby ends, and comes back."""
    with _primary_and_standby() as (primary, standby):
        yield Outage({"CONTACT_OUTBOX": primary.url}, standby.crash, standby.start)


@contextmanager
def failover(_folder: Path) -> Iterator[Outage]:
    """The primary ends for good, and its standby takes its place."""
    with _primary_and_standby() as (primary, standby):
        hosts = "&".join(f"host=127.0.0.1:{server.port}" for server in (primary, standby))
        url = f"postgresql+psycopg://contact@/postgres?{hosts}&target_session_attrs=read-write"
        yield Outage({"CONTACT_OUTBOX": url}, primary.crash, standby.promote)


@contextmanager
def pool_restarted(folder: Path) -> Iterator[Outage]:
    """A pool in transaction mode ends, and comes back."""
    server = Postgres()
    pool = Pool(server, folder, "transaction")
    try:
        yield Outage({"CONTACT_OUTBOX": pool.url}, pool.stop, pool.start)
    finally:
        pool.stop()
        server.remove()


@contextmanager
def counter_away(folder: Path) -> Iterator[Outage]:
    """The counter of the limits ends, and comes back."""
    port, machine = free_port(), Production(folder / "counter")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder / "counter")]

    def start() -> None:
        machine.start("valkey", "redis-server", *options)
        wait_for(lambda: is_open(port))

    start()
    try:
        yield Outage({"CONTACT_LIMITS": f"valkey://127.0.0.1:{port}/0"}, partial(machine.kill, "valkey"), start)
    finally:
        machine.stop()


OUTAGES = {
    "standby gone and back": standby_gone,
    "failover, two hosts in the address": failover,
    "pool restarted": pool_restarted,
    "counter away": counter_away,
}


@contextmanager
def _primary_and_standby() -> Iterator[tuple[Postgres, Postgres]]:
    primary = Postgres()
    standby = Postgres(primary=primary)
    try:
        primary.set("synchronous_standby_names", "standby")
        yield primary, standby
    finally:
        standby.remove()
        primary.remove()


def run(machine: Production, outage: Outage, count: int) -> tuple[Told, int]:
    """Send so many submissions, the outage in their midst; what was told, and how many acknowledged ones never left."""
    told = Told()
    machine.post_office.start()
    machine.start_web(workers=2)
    machine.start_delivery()
    machine.start_nginx()
    wait_for(lambda: machine.ask("GET", "/contact/")[0] == 200)
    with ThreadPoolExecutor(PEOPLE) as people:
        sending = [people.submit(told.ask, machine, number) for number in range(count)]
        wait_for(lambda: len(told.acknowledged) >= count // 10, 120)
        outage.begin()
        back = threading.Timer(OUTAGE_SECONDS, outage.end)
        back.start()
        for future in sending:
            future.result()
        back.join()
    outbox = Outbox(machine.settings["CONTACT_OUTBOX"])
    Kept(outbox.database).retry()
    wait_for(lambda: outbox.queue().oldest_accepted_at is None, 120)
    with outbox.database.reading() as connection:
        rows = connection.execute(text("SELECT id, reference FROM outbox")).all()
    outbox.database.close()
    left = {row.reference for row in rows if f"<{row.id}@{NAME}>" in set(machine.post_office.sink.message_ids)}
    assert not re.search("melding nummer", machine.logs())
    return told, len(told.acknowledged - left)


def main() -> int:
    """Print the figures of each outage; exit status 1 when one is missed."""
    parser = argparse.ArgumentParser(prog="make outages")
    parser.add_argument("--count", type=int, default=300)
    count = parser.parse_args().count
    figures: list[Figure] = []
    for name, made in OUTAGES.items():
        with tempfile.TemporaryDirectory(prefix="outage-") as place:
            folder = Path(place)
            for part in ("service", "counter"):
                (folder / part).mkdir()
            with made(folder) as outage, production(folder / "service", **outage.settings, **MANY) as machine:
                told, lost = run(machine, outage, count)
        figures += [
            Figure(f"{name}: acknowledged", len(told.acknowledged), at_least=count),
            Figure(f"{name}: of these lost", lost, at_most=0),
            Figure(f"{name}: refused meanwhile", told.refused),
            Figure(f"{name}: texts lost", told.texts_lost, at_most=0),
            Figure(f"{name}: longest answer", told.longest_seconds, "s", at_most=LONGEST_ANSWER_SECONDS),
        ]
        sys.stdout.write(f"{table(figures[-5:])}\n")
        sys.stdout.flush()
    return int(any(figure.missed for figure in figures))


if __name__ == "__main__":
    sys.exit(main())

"""Many machines: three web and three delivery processes on PostgreSQL and Valkey, one of them ended or cut off at a time.

`make cluster` runs it with CLUSTER_SUBMISSIONS=2000 and prints its figures.
"""

import contextlib
import http.client
import os
import random
import re
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from statistics import median
from time import monotonic
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from benchmarks.figures import Figure
from benchmarks.report import record
from contact_service.outbox.database import Database
from contact_service.outbox.kept import Kept
from contact_service.outbox.mails import HANDED_OVER
from contact_service.outbox.outbox import Outbox
from contact_service.outbox.signals import Signals
from tests.support.postgres import FOUND, Postgres
from tests.support.production import FORM, NAME, Production, megabytes, production, wait_for
from tests.support.stack import free_port, is_open

pytestmark = [
    pytest.mark.server,
    # The mail server is cut off in the middle of a mail on purpose; asyncio notices the transport later.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.skipif(not FOUND, reason="needs the Debian package postgresql"),
]
SUBMISSIONS = int(os.environ.get("CLUSTER_SUBMISSIONS", "80"))
# Only a run of this length goes into the results.
WHOLE = 2000
ROLES = ("burgemeester", "wethouder", "raadslid", "statenlid", "anders")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.remove()


@contextlib.contextmanager
def opened(postgres: Postgres) -> Iterator[Outbox]:
    outbox = Outbox(postgres.url)
    try:
        yield outbox
    finally:
        outbox.database._engine.dispose()


def test_twenty_processes_that_start_together_make_one_set_of_tables(postgres: Postgres) -> None:
    def start(_number: int) -> None:
        with opened(postgres) as outbox:
            outbox.create()
            Signals(outbox.database).create()

    with ThreadPoolExecutor(20) as together:
        list(together.map(start, range(20)))
    with opened(postgres) as outbox:
        assert outbox.queue().waiting == 0


class Readers:
    """Officials who fill in the form at whichever web process answers, and try again where an answer does not come."""

    def __init__(self, ports: list[int]) -> None:
        self.ports, self.acknowledged, self.seconds = ports, set[str](), list[float]()
        self._lock, self._numbers = threading.Lock(), count()

    def send_one(self, _number: int) -> None:
        number = next(self._numbers)
        turns = random.sample(self.ports, len(self.ports))
        fields = FORM | {"role": ROLES[number % 5], "message": f"melding {number}"}
        token = self._until(turns, "GET", "", r'name="token" value="([^"]+)"')
        start = monotonic()
        body = urlencode(fields | {"token": token})
        reference = self._until(turns, "POST", body, r'class="reference">([^<]+)')
        with self._lock:
            self.acknowledged.add(reference)
            self.seconds.append(monotonic() - start)

    def _until(self, ports: list[int], method: str, body: str, wanted: str) -> str:
        def attempt() -> str | None:
            for port in ports:
                with contextlib.suppress(OSError, http.client.HTTPException):
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                    headers = {"Host": NAME, "Content-Type": "application/x-www-form-urlencoded"}
                    connection.request(method, "/contact/", body, headers)
                    if found := re.search(wanted, connection.getresponse().read().decode()):
                        return found[1]
            return None

        return str(wait_for(attempt, 60))


def test_nothing_acknowledged_is_lost_whatever_is_ended_or_cut_off(tmp_path: Path, postgres: Postgres) -> None:
    valkey_port = free_port()
    many = "1000000/hour"
    with production(
        tmp_path,
        CONTACT_OUTBOX=postgres.url,
        CONTACT_LIMITS=f"valkey://127.0.0.1:{valkey_port}/0",
        CONTACT_ALLOWANCE=f"{many},{many},{many}",
    ) as cluster:
        options = ["--port", str(valkey_port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
        cluster.start("valkey", "redis-server", *options)
        ports = {f"web-{n}": free_port() for n in range(3)}
        for name, port in ports.items():
            cluster.start_web(name, f"127.0.0.1:{port}", workers=1)
        for n in range(3):
            cluster.start_delivery(f"delivery-{n}")
        cluster.post_office.start()
        wait_for(lambda: all(is_open(port) for port in ports.values()))
        faults = _faults(cluster, postgres, ports, options)
        readers, start = Readers(list(ports.values())), monotonic()
        with ThreadPoolExecutor(4) as people:
            sending = [people.submit(readers.send_one, n) for n in range(SUBMISSIONS)]
            for number, fault in enumerate(faults, 1):
                wait_for(
                    lambda n=number: (
                        cluster.restart_the_ended() and len(readers.seconds) >= n * SUBMISSIONS // (len(faults) + 1)
                    ),
                    300,
                )
                fault()
            wait_for(lambda: cluster.restart_the_ended() and all(future.done() for future in sending), 300)
            for future in sending:
                future.result()
        lasted = monotonic() - start
        with opened(postgres) as outbox:
            Kept(outbox.database).retry()
            wait_for(lambda: cluster.restart_the_ended() and outbox.queue().oldest_accepted_at is None, 180)
            _report(readers, cluster, outbox.database, lasted)
        assert len(readers.acknowledged) == SUBMISSIONS
        assert "melding " not in cluster.logs()


def _faults(cluster: Production, postgres: Postgres, ports: dict[str, int], valkey: list[str]) -> list:
    def web(name: str) -> None:
        cluster.kill(name)
        cluster.start_web(name, f"127.0.0.1:{ports[name]}", workers=1)

    def delivery(name: str) -> None:
        cluster.kill(name)
        cluster.start_delivery(name)

    def database() -> None:
        postgres.crash()
        postgres.start()

    def mail() -> None:
        cluster.post_office.stop()
        threading.Timer(2, cluster.post_office.start).start()

    def counter() -> None:
        cluster.kill("valkey")
        cluster.start("valkey", "redis-server", *valkey)

    ends = [lambda n=n: (web(f"web-{n}"), delivery(f"delivery-{n}")) for n in range(3)]
    return [ends[0], database, ends[1], mail, counter, ends[2], database]


def _report(readers: Readers, cluster: Production, database: Database, lasted: float) -> None:
    with database.transaction() as connection:
        rows = connection.execute(text("SELECT id, reference, state FROM outbox")).all()
    sent = {row.reference for row in rows if row.state == HANDED_OVER}
    assert readers.acknowledged - sent == set(), "acknowledged, but not marked as handed over"
    copies = Counter(cluster.post_office.sink.message_ids)
    wanted = {f"<{row.id}@{NAME}>" for row in rows if row.reference in readers.acknowledged}
    missing = wanted - copies.keys()
    assert not missing
    recipients = [recipient for recipient, _mail in cluster.post_office.sink.mails]
    mails = Counter(zip(cluster.post_office.sink.message_ids, recipients, strict=True))
    doubles = sum(times - 1 for times in mails.values())
    memory = [megabytes(process.pid) for name, process in cluster.processes.items() if name.startswith(("web", "delivery"))]
    figures = [
        Figure(
            "acknowledged by three web processes while each part is cut off", len(readers.acknowledged), at_least=SUBMISSIONS
        ),
        Figure("of these not delivered", len(missing), at_most=0),
        Figure("mails that came twice, under the same Message-ID", doubles),
        Figure("submissions a second throughout", len(readers.acknowledged) / lasted),
        Figure("answer, median", median(readers.seconds) * 1000, "ms"),
        Figure("longest answer, while the database restarted", max(readers.seconds), "s"),
        Figure("largest process", max(memory), "MB", at_most=120),
    ]
    if SUBMISSIONS >= WHOLE:
        record("cluster", figures)
    else:
        sys.stdout.write("\n" + "; ".join(f"{figure.what}: {figure.shown}" for figure in figures) + "\n")
    assert max(memory) <= 120

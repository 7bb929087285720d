"""A flood of invented reports and wrong codes: it changes nothing, and slows no submission. Part of `make attack`.

What Postfix brings runs as it runs there, one at a time and after everything else. Wrong codes reach the service as fast as the
national wave does, 10,000 in ten minutes, past nginx, which lets one sender have two a second. Both are stopped and let go in
turns while the form is sent. What they change is looked at afterwards, when all of them have come as fast as they can.
"""

import http.client
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from time import sleep

from click.testing import CliRunner
from sqlalchemy import select

from benchmarks.figures import Figure, ratio, table
from benchmarks.load import PLAIN, forms, one_machine, send
from contact_service.delivery.passed_on import PASSED_ON_A_DAY
from contact_service.operator.cli import main as command
from contact_service.outbox.mails import MAILS, NOTICE
from contact_service.outbox.outbox import Outbox
from tests.support.production import CLI, NAME, REPO, Production

COUNT, KEPT, ROUNDS, SUBMISSIONS = 10_000, 50, 8, 20
CODES_A_SECOND, MOST = 10_000 / 600, 1.10
STATUS = """Reporting-MTA: dns; mx.elders.example
Original-Envelope-Id: {id}

Final-Recipient: rfc822; adviseur@elders.example
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user
"""


def report(chance: random.Random) -> bytes:
    """What somebody may send to the bounce address who knows the address and the format, but no mail."""
    if chance.random() < 0.2:
        return f"Subject: Afwezig {chance.random()}\nAuto-Submitted: auto-replied\n\nIk ben er niet.\n".encode()
    status = STATUS.format(id=f"{chance.getrandbits(128):032x}", action=chance.choice(("failed", "delayed", "opened")))
    head = 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
    content = f"{head}--b\nContent-Type: message/delivery-status\n\n{status}\n--b--\n".encode()
    return content if chance.random() < 0.9 else content[: chance.randrange(len(content))]


def wrong_codes(place: str, count: int, pause_seconds: float) -> None:
    """Ask for codes that nobody was given, and press the button behind half of them, at the service's own socket."""
    for number in range(count):
        connection = http.client.HTTPConnection(NAME)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(place)
        method, path = ("POST", "GET")[number % 2], f"/gelezen/{secrets.token_hex(16)}"
        connection.request(method, path, b"have=yes", {"Content-Type": "application/x-www-form-urlencoded"})
        status = connection.getresponse().status
        connection.close()
        if status != 404:
            sys.exit(f"a wrong code got status {status}")
        sleep(pause_seconds)


def invented_reports() -> None:
    """Bring one after another, each to a command of its own, until stopped."""
    chance = random.Random()  # noqa: S311
    while True:
        subprocess.run([*CLI, "bounced"], input=report(chance), stderr=subprocess.DEVNULL, check=True)


def _kept(outbox: Outbox, ids: list[str]) -> list[tuple[object, ...]]:
    with outbox.database.reading() as connection:
        return [tuple(row) for row in connection.execute(select(MAILS).where(MAILS.c.id.in_(ids)).order_by(MAILS.c.id))]


@contextmanager
def _flood(machine: Production) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Both kinds, stopped until they are let go."""
    own = [sys.executable, "-m", "benchmarks.inventions"]
    processes = [
        subprocess.Popen([*words, *rest], cwd=REPO, env=machine.environment, start_new_session=True)
        for words, rest in ((own, ["codes", f"{machine.folder}/web.sock"]), (["nice", "-n", "19", *own], ["reports"]))
    ]
    _signal(processes, signal.SIGSTOP)
    try:
        yield processes
    finally:
        _signal(processes, signal.SIGKILL)
        for process in processes:
            process.wait()


def _signal(processes: list[subprocess.Popen[bytes]], number: signal.Signals) -> None:
    for process in processes:
        os.killpg(process.pid, number)


def _bring(machine: Production, chance: random.Random, count: int) -> None:
    for _ in range(count):
        done = CliRunner().invoke(command, ["bounced"], input=report(chance), env=machine.environment)
        assert done.exit_code == 0, done.output


def measure() -> list[Figure]:
    """How much slower a submission is meanwhile, and what is different afterwards."""
    quiet, flooded = list[float](), list[float]()
    with one_machine(CONTACT_OPERATOR="beheer@elders.example") as machine:
        outbox = Outbox(machine.settings["CONTACT_OUTBOX"])
        for number in range(KEPT):
            send(machine, forms(number)[PLAIN])
        ids = []
        while mail := outbox.claim(60):
            outbox.record_handed_over(mail, 24 * 3600)
            ids.append(mail.id)
        before, chance = _kept(outbox, ids), random.Random()  # noqa: S311
        # The few that are passed on write; stopped in the midst of that, they would keep the lock.
        _bring(machine, chance, 2 * PASSED_ON_A_DAY)
        with _flood(machine) as processes:
            for _ in range(ROUNDS):
                quiet.append(median(send(machine, forms()[PLAIN]) for _ in range(SUBMISSIONS)))
                _signal(processes, signal.SIGCONT)
                flooded.append(median(send(machine, forms()[PLAIN]) for _ in range(SUBMISSIONS)))
                _signal(processes, signal.SIGSTOP)
        wrong_codes(f"{machine.folder}/web.sock", COUNT, 0)
        _bring(machine, chance, COUNT)
        changed = sum(one != other for one, other in zip(before, _kept(outbox, ids), strict=True))
        with outbox.database.reading() as connection:
            passed_on = len(connection.execute(select(MAILS.c.id).where(MAILS.c.kind == NOTICE)).all())
        outbox.database.close()
    found = ratio(flooded, quiet)
    return [
        Figure("a submission in the flood, × without it", found.median, "×", MOST, None, found.spread),
        Figure(f"of {len(ids)} kept mails changed by {COUNT:,} invented reports and {COUNT:,} wrong codes", changed, "", 0),
        Figure("of the invented reports passed on to the operator", passed_on, "", 40),
    ]


if __name__ == "__main__":
    if sys.argv[1:2] == ["codes"]:
        wrong_codes(sys.argv[2], 10**9, 1 / CODES_A_SECOND)
    elif sys.argv[1:2] == ["reports"]:
        invented_reports()
    else:
        figures = measure()
        print(table(figures))
        sys.exit(any(figure.missed for figure in figures))

"""A submission against its floor: one bare gpg and one bare synced commit, in the same run and on the same disk."""

import os
import secrets
import socket
import sqlite3
import statistics
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

from benchmarks.figures import Figure, Plot, alternating, ratio, table
from contact_service.mail.submission import Submission
from contact_service.settings import config
from contact_service.web import app as web
from contact_service.web import intake, views
from contact_service.web.form import ContactForm
from tests.support.built_site import built
from tests.support.stack import Stack

ROLE, REACH = "burgemeester", "06 12 34 56 78"
MESSAGE = "Er staat al drie avonden iemand voor mijn huis. Ik weet niet wie het is. " * 10
ROUNDS, REPEATS = 9, 30
CLIENTS, BUSY, BURST_SECONDS, SEALED = (1, 2, 4, 8, 16), 4, 1.5, 1500
SERIAL = count()


class Readers:
    """The keys that a submission of this benchmark is encrypted to."""

    def __init__(self, stack: Stack) -> None:
        with patch.dict(os.environ, stack.environment):
            self.intake = intake.Intake(config.web_settings())
        (self._home,) = Path(stack.environment["CONTACT_KEYRING"]).glob("keyring-*")
        self._association = self.intake.associations[ROLE]
        keys = self.intake.keyring.recipients(self._association, datetime.now(UTC))
        self._recipients = [part for key in keys for part in ("--recipient", key)]
        self._text = self._inner()

    def bare_gpg(self) -> None:
        """Encrypt the same text for the same keys, and nothing else."""
        command = ["gpg", "--homedir", str(self._home), "--batch", "--quiet", "--no-autostart", "--trust-model", "always"]
        command += ["--armor", *self._recipients, "--output", "-", "--encrypt"]
        subprocess.run(command, input=self._text, capture_output=True, check=True)

    def ciphertexts(self, number: int) -> Iterator[str]:
        """So many different messages, made beforehand: a reader's own device pays for them."""

        def one(_: int) -> str:
            return self.intake.keyring.encrypt(self._inner(), self._association, datetime.now(UTC))

        with ThreadPoolExecutor(4) as pool:
            return iter(list(pool.map(one, range(number))))

    def _inner(self) -> bytes:
        submission = Submission("nl", ROLE, REACH, "", "", False, "anders", message())
        return intake.inner_entity(
            submission,
            team="Ondersteuningsteam Weerbaar Bestuur",
            address="https://hulp.example/",
            association=self._association.name,
            sender="formulier@hulp.example",
            nonce=secrets.token_hex(16),
        )


def message() -> str:
    """What somebody writes; no two are the same, since the same one twice would be one submission."""
    return f"{next(SERIAL)}. {MESSAGE}"


def bare_commit(path: Path) -> Callable[[], object]:
    """Write one mail and sync it to disk, and nothing else."""
    database = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        database.execute(f"PRAGMA {pragma}")
    database.execute("CREATE TABLE mails (id TEXT PRIMARY KEY, mail BLOB)")
    return lambda: database.execute("INSERT INTO mails VALUES (?, ?)", (secrets.token_hex(32), b"x" * 8000))


class Client:
    """Posts to a running service, and takes nothing but "received" for an answer.

    What it does itself is no more than bytes over a socket: the rest is the work of the reader's own device, and Python takes
    1.1 ms for what a browser does in no time (0.9 for encoding a message, which is done beforehand, 0.2 for http.client).
    """

    def __init__(self, stack: Stack) -> None:
        self._port, self._token = stack.port, stack.token()

    def plain(self) -> str:
        """The form as a browser without JavaScript sends it."""
        return self._encoded(reach=REACH, message=message())

    def encrypted(self, ciphertext: str) -> str:
        """What a browser sends that encrypted."""
        return self._encoded(ciphertext=ciphertext)

    def post(self, body: str) -> None:
        """Send it, and read the answer."""
        head = f"POST /contact/ HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Length: {len(body)}\r\n"
        head += "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self._port), timeout=60) as connection, connection.makefile("rb") as answer:
            connection.sendall((head + body).encode())
            page = answer.read()
        if not page.startswith(b"HTTP/1.1 200 ") or b'class="reference"' not in page:
            raise RuntimeError(f"a submission was answered with {page[:100]!r}")

    def _encoded(self, **fields: str) -> str:
        return urlencode({"token": self._token, "role": ROLE, **fields})


def against_the_floor(stack: Stack, readers: Readers) -> list[Figure]:
    """The time of a submission, as times of the floor."""
    client, commit = Client(stack), bare_commit(stack.folder / "floor.sqlite")
    times = ROUNDS * REPEATS + 1
    plain_ones = iter([client.plain() for _ in range(times)])
    sealed_ones = iter([client.encrypted(ciphertext) for ciphertext in readers.ciphertexts(times)])
    works = [readers.bare_gpg, commit, lambda: client.post(next(plain_ones)), lambda: client.post(next(sealed_ones))]
    gpg, commits, plain, encrypted = alternating(works, ROUNDS, REPEATS)
    floor = [one + other for one, other in zip(gpg, commits, strict=True)]
    slower, lighter, synced = ratio(plain, floor), ratio(encrypted, plain), ratio(encrypted, commits)
    return [
        Figure(
            "submission without JavaScript, × the floor (bare gpg + synced commit)",
            slower.median,
            "×",
            1.45,
            spread=slower.spread,
            for_readme=True,
        ),
        Figure("browser-encrypted submission, × the one without JavaScript", lighter.median, "×", 0.5, spread=lighter.spread),
        Figure("browser-encrypted submission, × a bare synced commit", synced.median, "×", spread=synced.spread),
        Figure("the floor: bare gpg", statistics.median(gpg) * 1000, "ms", spread=milliseconds(gpg)),
        Figure("the floor: bare synced commit", statistics.median(commits) * 1000, "ms", spread=milliseconds(commits)),
        Figure("submission without JavaScript", statistics.median(plain) * 1000, "ms", spread=milliseconds(plain)),
        Figure("browser-encrypted submission", statistics.median(encrypted) * 1000, "ms", spread=milliseconds(encrypted)),
    ]


def milliseconds(times: list[float]) -> tuple[float, float]:
    """The extremes."""
    return min(times) * 1000, max(times) * 1000


class Stopwatch:
    """Adds up the time inside of chosen functions while the service runs in this process."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def on(self, part: str, owner: Any, name: str) -> Any:
        """Time every call of `owner.name` as this part of a submission."""
        original = getattr(owner, name)

        def timed(*arguments: Any, **options: Any) -> Any:
            started = perf_counter()
            try:
                return original(*arguments, **options)
            finally:
                self.seconds[part] += perf_counter() - started

        return patch.object(owner, name, timed)


def in_parts(stack: Stack) -> list[Figure]:
    """Where the time of a submission without JavaScript goes, inside of the service."""
    with patch.dict(os.environ, stack.environment):
        browser = web.create_app(config.web_settings()).test_client()
    watch, rounds, host = Stopwatch(), 200, f"http://127.0.0.1:{stack.port}"
    fields = {"token": stack.token(), "role": ROLE, "reach": REACH}
    parts = (
        ("form: parse, check, token", ContactForm, "validate"),
        ("message: inner text and padding", intake, "inner_entity"),
        ("encryption: gpg", intake.Keyring, "encrypt"),
        ("last guard: for whom is it locked", intake.Keyring, "check_ciphertext"),
        ("message: outer mail", intake, "outer_mail"),
        ("commit: outbox", intake.Outbox, "put"),
        ("answer: template", views, "render_template"),
    )
    patches = [watch.on(*part) for part in parts]
    browser.post("/contact/", data={**fields, "message": message()}, base_url=host)
    for one in patches:
        one.start()
    started = perf_counter()
    for _ in range(rounds):
        answer = browser.post("/contact/", data={**fields, "message": message()}, base_url=host)
        if answer.status_code != 200:
            raise RuntimeError(f"a submission was answered with {answer.status_code}")
    whole = perf_counter() - started
    for one in patches:
        one.stop()
    # The mails are locked while they are put together: the outer mail is made inside of `put`.
    watch.seconds["commit: outbox"] -= watch.seconds["message: outer mail"]
    watch.seconds["the rest: Flask, limits, headers"] = whole - sum(watch.seconds.values())
    shares = [Figure(f"part of a submission, {part}", 100 * spent / whole, "%") for part, spent in watch.seconds.items()]
    return [*shares, Figure("a submission inside of the service, all parts", 1000 * whole / rounds, "ms")]


def per_second(work: Callable[[], object], clients: int) -> float:
    """How often the work is done in a second by so many at once."""
    until = perf_counter() + BURST_SECONDS

    def repeat(_: int) -> int:
        done = 0
        while perf_counter() < until:
            work()
            done += 1
        return done

    started = perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        done = sum(pool.map(repeat, range(clients)))
    return done / (perf_counter() - started)


def throughput(stack: Stack, readers: Readers) -> tuple[list[Figure], Plot]:
    """Submissions a second with 1 to 16 clients, against bare gpg with the same parallelism."""
    series: dict[str, list[tuple[float, float]]] = {"bare gpg": [], "without JavaScript": [], "browser-encrypted": []}
    shares = []
    sealed = list(readers.ciphertexts(SEALED))
    for clients in CLIENTS:
        # With another token, the same ciphertexts are other mails.
        client = Client(stack)
        sealed_ones = iter([client.encrypted(ciphertext) for ciphertext in sealed])

        def plain(client: Client = client) -> None:
            client.post(client.plain())

        def encrypted(client: Client = client, left: Iterator[str] = sealed_ones) -> None:
            client.post(next(left))

        rounds = [(per_second(readers.bare_gpg, clients), per_second(plain, clients)) for _ in range(2)]
        shares.append(ratio([posted for _, posted in rounds], [bare for bare, _ in rounds]))
        rates = [statistics.median(column) for column in zip(*rounds, strict=True)]
        for name, rate in zip(series, (*rates, per_second(encrypted, clients)), strict=True):
            series[name].append((clients, rate))
    # The limit is for clients that keep all cores busy; one alone waits for its own answer, as told by the time above.
    figures = [
        Figure(
            f"submissions a second without JavaScript, × bare gpg, {clients} at once",
            share.median,
            "×",
            at_least=0.6 if clients >= BUSY else None,
            spread=share.spread,
        )
        for clients, share in zip(CLIENTS, shares, strict=True)
    ]
    figures += [
        *(Figure(f"most submissions a second, {name}", max(rate for _, rate in found)) for name, found in series.items()),
    ]
    return figures, Plot("throughput", "Submissions a second", "clients at once", "a second", series)


def measure() -> tuple[list[Figure], list[Plot]]:
    """All figures of the submission, on a service of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        stack = Stack(Path(folder) / "stack", built())
        try:
            stack.start("web")
            readers = Readers(stack)
            figures = [*against_the_floor(stack, readers), *in_parts(stack)]
            rates, plot = throughput(stack, readers)
            return [*figures, *rates], [plot]
        finally:
            stack.stop()


if __name__ == "__main__":
    print(table(measure()[0]))

"""What a flood pays: how much gets through without work, and what 1,000 mails an hour to one adviser cost.

The attacker has a /48 of its own, opens one form, waits a minute, and later solves proofs with OpenSSL.
"""

import tempfile
from pathlib import Path
from statistics import mean
from time import process_time
from types import SimpleNamespace
from typing import Any, cast
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from altcha import Challenge, solve_challenge

from benchmarks.figures import Figure, Plot, table
from contact_service.mail.receipt import Receipt
from contact_service.settings.config import WebSettings
from contact_service.web.proof import Proofs
from tests.support.built_site import built
from tests.support.form_page import token_of_age
from tests.support.stack import Stack

TEXTS, NETWORKS, PROOFS, HOURLY = 1500, 75, 30, 1000
PER_ADVISER = int(WebSettings.allowance.split(",")[1].partition("/")[0])


def accepted(stack: Stack, texts: int) -> int:
    """How many texts are taken that one token of 61 s sends from the networks of one /48, without any work."""
    app = SimpleNamespace(config={"SECRET_KEY": stack.environment["CONTACT_SECRET_KEY"]})
    form = {"token": token_of_age(cast(Any, app), 61), "role": "burgemeester", "reach": "06 12 34 56 78"}
    return sum(
        _taken(stack, f"2001:db8:7:{number % NETWORKS:x}::1", {**form, "message": str(number)}) for number in range(texts)
    )


def _taken(stack: Stack, sender: str, fields: dict[str, str]) -> bool:
    address = f"http://127.0.0.1:{stack.port}/contact/"
    try:
        # As nginx would say it: behind nginx nobody can choose an address that is not one's own.
        with urlopen(Request(address, urlencode(fields).encode(), {"X-Real-IP": sender}), timeout=30) as answer:  # noqa: S310
            return answer.status == 200
    except HTTPError as refused:
        refused.close()
        return False


def proof_seconds() -> float:
    """The processor time of one proof."""
    proofs, times = Proofs("a secret"), []
    for number in range(PROOFS):
        challenge = Challenge.from_dict(proofs.challenge(Receipt.of(f"{number}", b"junk")))
        started = process_time()
        solve_challenge(challenge)
        times.append(process_time() - started)
    return mean(times)


def measure() -> tuple[list[Figure], list[Plot]]:
    """What one attacker gets for nothing, and what the rest costs."""
    with tempfile.TemporaryDirectory(prefix="flood-") as folder:
        stack = Stack(Path(folder) / "stack", built(), CONTACT_ALLOWANCE=WebSettings.allowance)
        try:
            stack.start("web")
            free = accepted(stack, TEXTS)
        finally:
            stack.stop()
    work = proof_seconds()
    return [
        Figure(f"of {TEXTS:,} texts by one token from a /48: accepted without work", free, "", PER_ADVISER),
        Figure("work for each text past the limit, of one core", work, "s"),
        Figure(
            f"{HOURLY:,} mails an hour to one adviser: work, of one core", (HOURLY - PER_ADVISER) * work / 60, "minutes an hour"
        ),
    ], []


if __name__ == "__main__":
    print(table(measure()[0]))

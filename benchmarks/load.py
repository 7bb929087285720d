"""Officials who send the form, for the measurements: plain as without JavaScript, or encrypted as their own browser does it."""

import contextlib
import functools
import http.client
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

from contact_service.keys.advisers import read_associations
from contact_service.mail.message import BUCKETS_BYTES
from tests.support.fuzz_ciphertext import sealed
from tests.support.production import FORM, NAME, Production, demo_advisers, production, wait_for
from tests.support.stack import token_in

MESSAGE = "Er lag een brief op de mat. " * 40
UNLIMITED = "100000000/hour"
PLAIN, ENCRYPTED = "plain", "encrypted"


@contextlib.contextmanager
def one_machine(**settings: str) -> Iterator[Production]:
    """What the operator's guide sets up on one machine, without limits: the load comes from one address.

    When something goes wrong, what the processes said is shown before it is gone.
    """
    allowance = ",".join([UNLIMITED] * 3)
    with (
        tempfile.TemporaryDirectory(prefix="load-") as folder,
        production(Path(folder), **{"CONTACT_ALLOWANCE": allowance, **settings}) as machine,
    ):
        machine.post_office.start()
        machine.start_web(workers=3)
        machine.start_nginx()
        wait_for(lambda: machine.ask("GET", "/contact/")[0] == 200)
        try:
            yield machine
        except BaseException:
            for name in ("web", "nginx-error"):
                print(f"--- {name}.log", (machine.folder / f"{name}.log").read_text("utf-8")[-3000:], sep="\n", file=sys.stderr)
            raise


@functools.cache
def _keys() -> list[str]:
    service = demo_advisers() / "service"
    association = read_associations(service / "advisers.toml")[FORM["role"]]
    return [str(service / "keys" / f"{adviser.name}.asc") for adviser in association.advisers]


def forms(number: int = 0) -> dict[str, dict[str, str]]:
    """What the browser sends, but for the token. With another token or another number it is another mail."""
    return {
        PLAIN: FORM | {"message": f"{number}. {MESSAGE}"},
        ENCRYPTED: {"role": FORM["role"], "ciphertext": _ciphertext(number)},
    }


@functools.cache
def _ciphertext(_number: int) -> str:
    return sealed(b"x" * BUCKETS_BYTES[0], *_keys())


def send(machine: Production, *several: dict[str, str]) -> float:
    """Open the form and send it over one new connection, as each reader does; the seconds until "received".

    Several go over the same connection with the same token, for measurements in which neither plays a part.
    """
    connection = http.client.HTTPConnection(NAME, timeout=40)
    connection.sock = machine.connection()
    with contextlib.closing(connection):
        connection.request("GET", "/contact/")
        shown = connection.getresponse()
        token = token_in(shown.read().decode())
        assert token, f"no form, status {shown.status}"
        return [_send(connection, form | {"token": token}) for form in several][-1]


def _send(connection: http.client.HTTPConnection, form: dict[str, str]) -> float:
    body, kind = urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"}
    start = perf_counter()
    connection.request("POST", "/contact/", body, kind)
    answer = connection.getresponse()
    page = answer.read()
    seconds = perf_counter() - start
    assert answer.status == 200, f"status {answer.status}"
    assert b'class="reference"' in page
    return seconds

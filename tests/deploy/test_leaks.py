"""No plaintext at rest: marked messages go through the production set-up, then every file is searched in all encodings.

`make leak-hunt` sends more of each kind and prints what was searched.
"""

import base64
import contextlib
import gzip
import os
import re
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from tests.support.production import FORM, Production, production, wait_for

pytestmark = pytest.mark.server
ROUNDS = int(os.environ.get("LEAK_ROUNDS", "2"))
# Touched when the hunt begins: what is older was not written by it.
BEGUN = "begun"
MARKS = {
    kind: f"KENMERK-{kind}-é€-zeldzaam" for kind in ("gewoon", "geweigerd", "te-lang", "onderbroken", "gevallen", "eigen-vorm")
}


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    """The set-up after messages of every kind, with all processes still running and the last mails not delivered."""
    with production(tmp_path_factory.mktemp("leaks")) as machine:
        (machine.folder / BEGUN).touch()
        machine.post_office.start()
        machine.start_web(workers=2)
        machine.start_delivery()
        machine.start_nginx()
        wait_for(lambda: machine.ask("GET", "/contact/")[0] == 200)
        for number in range(ROUNDS):
            if number == ROUNDS - 1:
                machine.post_office.stop()
            send_all_kinds(machine)
        yield machine


def send_all_kinds(machine: Production) -> None:
    assert machine.send(message=MARKS["gewoon"] * 20)[0] == 200
    assert machine.send(message=MARKS["geweigerd"], reach="")[0] == 400
    assert machine.send(message=MARKS["te-lang"] * 1500)[0] == 400
    assert machine.send(message=MARKS["te-lang"] * 6000)[0] == 413
    assert machine.send(message=MARKS["eigen-vorm"], token=MARKS["eigen-vorm"])[0] == 400
    interrupted(machine)
    crashed(machine)


def interrupted(machine: Production) -> None:
    """The line breaks after half of the body."""
    body = urlencode(FORM | {"message": MARKS["onderbroken"] * 200, "token": machine.token()}).encode()
    with machine.connection() as line:
        line.sendall(machine.head("POST", "/contact/", len(body)) + body[: len(body) // 2])


def crashed(machine: Production) -> None:
    """The web process is killed with the message in it."""
    body = urlencode(FORM | {"message": MARKS["gevallen"] * 50, "token": machine.token()}).encode()
    with machine.connection() as line:
        line.sendall(machine.head("POST", "/contact/", len(body)) + body)
        machine.kill("web")
    machine.start_web(workers=2)
    wait_for(lambda: machine.ask("GET", "/contact/")[0] == 200)


def test_no_file_holds_what_was_typed(used: Production) -> None:
    contents = dict(files_of(used))
    found = [f"{path}: {name}" for path, data in contents.items() for name in present(data)]
    megabytes = sum(map(len, contents.values())) / 1e6
    sys.stdout.write(
        f"\n{len(contents)} files ({megabytes:.2f} MB) of {ROUNDS} rounds, each with {len(MARKS)} kinds of message, "
        f"searched in {len(shapes('x'))} encodings: {len(found)} found\n"
    )
    assert {used.folder / name for name in ("outbox.sqlite", "nginx-error.log", "web.log", "delivery.log")} <= contents.keys()
    assert not found


@pytest.mark.parametrize("name", sorted(MARKS))
def test_the_search_would_find_it(name: str) -> None:
    assert all(present(b"before" + shape + b"after") for shape in shapes(MARKS[name]).values())
    assert present(gzip.compress(MARKS[name].encode()))


def test_no_core_dump_can_be_left_and_nothing_typed_can_be_swapped() -> None:
    for unit in ("contact-web", "contact-delivery", "contact-check"):
        text = (Path("deploy/systemd") / f"{unit}.service").read_text()
        assert {"LimitCORE=0", "MemorySwapMax=0"} <= set(text.splitlines())
    assert {"LimitCORE=0", "MemorySwapMax=0"} <= set(Path("deploy/systemd/nginx-contact.conf").read_text().splitlines())
    assert "worker_rlimit_core 0;" in Path("deploy/nginx/nginx.conf").read_text()


def files_of(machine: Production) -> Iterator[tuple[Path, bytes]]:
    """What the set-up may have written since it began: its folder with database, logs and temporary files, and the
    machine's own places."""
    began = (machine.folder / BEGUN).stat().st_mtime
    places = [machine.folder, *map(Path, ("/dev/shm", "/var/tmp", "/var/lib/nginx", "/var/log/nginx"))]  # noqa: S108
    if "LEAK_ROUNDS" in os.environ:
        # Alone on the machine, all new files are ours to search; beside other tests they would be theirs.
        places += [path for path in Path(tempfile.gettempdir()).iterdir() if not path.name.startswith("pytest-of-")]
    for path in (path for place in places for path in ([place] if place.is_file() else place.rglob("*"))):
        # Another program may remove its file meanwhile.
        with contextlib.suppress(OSError):
            if path.is_file() and not path.is_symlink() and path.stat().st_mtime >= began:
                yield path, path.read_bytes()


def shapes(mark: str) -> dict[str, bytes]:
    """The mark as it could lie on a disk."""
    raw = mark.encode()
    return {
        "utf-8": raw,
        "utf-16": mark.encode("utf-16-le"),
        "utf-32": mark.encode("utf-32-le"),
        "latin-1": mark.encode("latin-1", "ignore"),
        "url": quote(mark).encode(),
        "json": mark.encode("ascii", "backslashreplace"),
        "html": mark.encode("ascii", "xmlcharrefreplace"),
        "hex": raw.hex().encode(),
        "quoted-printable": quote(mark).replace("%", "=").encode(),
        # In base64 it depends on what stands before: the inner part is the same in one of three.
        **{f"base64-{n}": base64.b64encode(b"x" * n + raw)[4:-4] for n in range(3)},
    }


def present(data: bytes) -> list[str]:
    """The marks in this data, also inside compressed pieces."""
    pieces = [data]
    for start in [found.start() for found in re.finditer(rb"\x1f\x8b\x08|\x78[\x01\x9c\xda]", data)][:2000]:
        try:
            pieces.append(zlib.decompressobj(47).decompress(data[start:], 1_000_000))
        except zlib.error:
            continue
    return [
        f"{kind} as {encoding}"
        for kind, mark in MARKS.items()
        for encoding, shape in shapes(mark).items()
        if any(shape in piece for piece in pieces)
    ]

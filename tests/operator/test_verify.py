"""Showing that the served code is ours: builds are the same everywhere, and `verify` finds a single changed byte."""

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import time
from wsgiref.headers import Headers
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from click.testing import CliRunner, Result
from whitenoise import WhiteNoise

from contact_service.operator.cli import main
from contact_service.operator.manifest import MANIFEST, RELEASE_NOTES, sums
from contact_service.settings.config import WebSettings
from contact_service.web.app import create_app
from contact_service.web.headers import STYLE, headers_for, style_sum
from tests.support.built_site import REPO, built

pytestmark = pytest.mark.server
Serve = Callable[..., str]


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def serve(settings: WebSettings, state: Path) -> Iterator[Serve]:
    """Put a built site and the service behind one port, as in production; the address."""
    servers: list[WSGIServer] = []

    def add_headers(headers: Headers, path: str, url: str) -> None:
        chosen = headers_for(url, style_sum(built())) | other.get(url, {})
        for name in [name for name, value in chosen.items() if value is not None]:
            headers[name] = chosen[name]

    other: dict[str, dict[str, str | None]] = {}

    def served(site: Path, **instead: dict[str, str | None]) -> str:
        other.update({f"/{address}": headers for address, headers in instead.items()})
        server = make_server("127.0.0.1", 0, lambda environ, start: app(environ, start), handler_class=_Quiet)
        hosts = [f"127.0.0.1:{server.server_port}"]
        app = WhiteNoise(
            create_app(replace(settings, site=site, hosts=hosts)),
            root=str(site),
            index_file=True,
            add_headers_function=add_headers,
        )
        for address in ("/contact/", "/en/contact/"):
            app.files.pop(address)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return f"http://{hosts[0]}/"

    yield served
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the built site, to be tampered with."""
    copy = tmp_path / "site"
    subprocess.run(["cp", "-r", str(built()), str(copy)], check=True)
    return copy


def verify(address: str, manifest: str | None = None) -> Result:
    return CliRunner().invoke(main, ["verify", address, "--manifest", manifest or str(built() / MANIFEST)])


def test_two_builds_at_different_times_are_the_same_to_the_byte(tmp_path: Path) -> None:
    for name, offset in (("early", "UTC+11"), ("late", "UTC-11")):
        command = [sys.executable, "-m", "editorial.build", "--site-dir", str(tmp_path / name)]
        environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(REPO), "TZ": offset, "SOURCE_DATE_EPOCH": "1795500000"}
        subprocess.run(command, cwd=REPO, env=environment, check=True, capture_output=True)

    early, late = (
        {file.relative_to(root): file.read_bytes() for file in root.rglob("*") if file.is_file()}
        for root in (tmp_path / "early", tmp_path / "late")
    )
    assert early == late


def test_the_manifest_names_every_published_file_with_its_sum() -> None:
    manifest = json.loads((built() / MANIFEST).read_text("utf-8"))

    files = {file.relative_to(built()).as_posix() for file in built().rglob("*") if file.is_file()}
    assert set(manifest) == files - {MANIFEST, "facts.json", *RELEASE_NOTES}
    script = (built() / "assets" / "contact.js").read_bytes()
    assert manifest["assets/contact.js"] == hashlib.sha256(script).hexdigest()
    assert manifest == sums(built())


def test_openpgp_js_is_shipped_unmodified_with_its_licence() -> None:
    package = REPO / "node_modules" / "openpgp"
    version = json.loads((REPO / "package.json").read_text("utf-8"))["dependencies"]["openpgp"]
    shipped = {file.name: file.read_bytes() for file in (built() / "assets" / f"openpgp-{version}").iterdir()}

    assert shipped.pop("LICENSE") == (package / "LICENSE").read_bytes()
    assert shipped == {file.name: file.read_bytes() for file in (package / "dist" / "lightweight").glob("*.min.mjs")}
    assert json.loads((REPO / "package-lock.json").read_text("utf-8"))["packages"]["node_modules/openpgp"]["integrity"]


def test_verify_finds_nothing_on_a_site_that_is_as_it_was_built(serve: Serve) -> None:
    result = verify(serve(built()))

    assert result.exit_code == 0, result.output
    assert result.output.endswith("The site is as it was built.\n")


def test_verify_names_the_keys_for_which_the_form_encrypts(serve: Serve, computers) -> None:  # type: ignore[no-untyped-def]
    told = verify(serve(built())).output

    for computer in computers.values():
        assert f"The form encrypts for {computer.adviser.fingerprints[0]}\n" in told


@pytest.mark.parametrize("path", ["index.html", "assets/seal.js", "en/privacy/index.html", "404.html", "en/sitemap.xml"])
def test_verify_finds_a_single_changed_byte(path: str, serve: Serve, copy: Path) -> None:
    content = bytearray((copy / path).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / path).write_bytes(content)

    result = verify(serve(copy))

    assert result.exit_code == 1
    named = [line for line in result.output.splitlines() if line.startswith("DIFFERENT")]
    assert len(named) == 1
    assert path.removesuffix("index.html") in named[0]
    assert result.output.endswith("The site is NOT as it was built.\n")


def test_verify_finds_another_style_and_the_headers_that_would_let_it_run(serve: Serve, copy: Path) -> None:
    with (copy / STYLE).open("a") as style:
        style.write("form{background:url(/away)}")

    named = [line for line in verify(serve(copy)).output.splitlines() if line.startswith("DIFFERENT")]

    assert len(named) == 2
    assert f"{STYLE}: differs from the manifest" in named[0]
    assert "the header Content-Security-Policy is" in named[1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("assets/contact.js", "assets/kontact.js"),
        ("<!--/page-->", "<!--/page--><script src='x.js'></script>"),
        ("<!--page-->", "<b>x</b><!--page-->"),
    ],
)
def test_verify_finds_a_change_around_the_form(old: str, new: str, serve: Serve, copy: Path) -> None:
    page = copy / "contact" / "index.html"
    page.write_text(page.read_text("utf-8").replace(old, new), "utf-8")

    told = verify(serve(copy)).output

    assert "/contact/: differs from the manifest" in told
    assert told.count("DIFFERENT") == 1


@pytest.mark.parametrize("smuggled", ['<script src="/x.js">', "<img src=//x.example/a>", '<p onclick="x()">', "<base href=x>"])
def test_verify_finds_code_inside_the_form(smuggled: str, serve: Serve, copy: Path) -> None:
    page = copy / "en" / "contact" / "index.html"
    page.write_text(page.read_text("utf-8").replace("<!--form-->", f"{smuggled}<!--form-->"), "utf-8")

    told = verify(serve(copy)).output

    assert "/en/contact/: the form brings in code or pictures" in told
    assert told.count("DIFFERENT") == 1


def test_verify_names_a_file_that_is_gone_and_a_site_that_is_down(serve: Serve, copy: Path) -> None:
    (copy / "assets" / "mail.js").unlink()
    assert "assets/mail.js: differs from the manifest" in verify(serve(copy)).output

    started = time()
    down = verify("http://127.0.0.1:9/")
    assert down.exit_code == 1
    assert time() - started < 20


@pytest.mark.parametrize(
    ("path", "headers", "told"),
    [
        (
            "",
            {"Content-Security-Policy": "default-src *"},
            "the header Content-Security-Policy is 'default-src *'; it should be",
        ),
        ("en/privacy/", {"Referrer-Policy": ""}, "the header Referrer-Policy is ''; it should be 'no-referrer'"),
        (
            "assets/site.js",
            {"Cache-Control": "no-store"},
            "the header Cache-Control is 'no-store'; it should be 'max-age=3600'",
        ),
        ("nu/", {"Set-Cookie": "visitor=1"}, "a cookie is set"),
    ],
)
def test_verify_finds_another_header_and_a_cookie(path: str, headers: dict[str, str], told: str, serve: Serve) -> None:
    address = serve(built(), **{path: headers})

    result = verify(address)

    assert result.exit_code == 1
    (difference,) = [line for line in result.output.splitlines() if line.startswith("DIFFERENT")]
    assert difference.startswith(f"DIFFERENT {address}{path}: {told}")


def test_verify_names_a_header_once_that_is_missing_everywhere(serve: Serve) -> None:
    paths = [path.removesuffix("index.html") for path in json.loads((built() / MANIFEST).read_text("utf-8"))]
    pages_of_the_service = 2
    address = serve(built(), **{path: {"X-Content-Type-Options": None} for path in paths})

    told = verify(address).output

    others = len(paths) - pages_of_the_service - 1
    assert f" and {others} more: the header X-Content-Type-Options is missing; it should be 'nosniff'" in told
    assert told.count("DIFFERENT") == 1


@pytest.mark.parametrize(
    "address",
    ["ftp://hulp.example/", "file:///etc/", "hulp.example", "", "https://", "https://[::1", "https://h:port/", "https://h h/"],
)
def test_verify_reads_web_addresses_only(address: str) -> None:
    result = verify(address)

    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert result.output.splitlines()[-1].startswith("Error: ")


def test_verify_takes_the_manifest_from_a_trusted_address_too(serve: Serve) -> None:
    address = serve(built())

    assert verify(address, f"{address}{MANIFEST}").exit_code == 0
    assert verify(address, str(built() / "nothing.json")).exit_code == 1
    assert verify(address, str(built() / "index.html")).exit_code == 1

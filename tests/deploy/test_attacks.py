"""What people who want to silence or find officials would try against the web server and the service together."""

import contextlib
import re
import socketserver
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_service.web.headers import headers_for, style_sum
from tests.support.built_site import built
from tests.support.production import FORM, NAME, Production, production, wait_for

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    with production(tmp_path_factory.mktemp("attacks"), CONTACT_ALLOWANCE="100000/hour,100000/hour,100000/hour") as running:
        running.start_web()
        running.start_nginx({"client_header_timeout 15s;": "client_header_timeout 1s;"})
        wait_for(lambda: running.ask("GET", "/contact/")[0] == 200)
        yield running


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: hulp.example\r\n\r\n"
SMUGGLING = {
    "two lengths": b"Content-Length: 5\r\nContent-Length: 60\r\n\r\n" + SMUGGLED,
    "length and chunked": b"Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "hidden chunked": b"Content-Length: 60\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "odd chunked": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "twice chunked": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "negative length": b"Content-Length: -1\r\n\r\n" + SMUGGLED,
    "plus length": b"Content-Length: +5\r\n\r\n" + SMUGGLED,
    "bad chunk": b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + SMUGGLED,
    "line folding": b"X-A: b\r\n Content-Length: 60\r\n\r\n" + SMUGGLED,
    "lengths in one line": b"Content-Length: 5, 5\r\n\r\n" + SMUGGLED,
    "hexadecimal length": b"Content-Length: 0x40\r\n\r\n" + SMUGGLED,
    "endless length": b"Content-Length: 99999999999999999999999\r\n\r\n" + SMUGGLED,
    "endless chunk": b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n" + SMUGGLED,
    "chunked behind a tab": b"Content-Length: 60\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "zero byte in a header": b"X-A: b\x00\r\nContent-Length: 60\r\n\r\n" + SMUGGLED,
    "bare line ends": b"Content-Length: 60\nTransfer-Encoding: chunked\n\n0\n\n" + SMUGGLED,
    "bare carriage return": b"Content-Length: 60\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "length in a trailer": b"Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 60\r\n\r\n" + SMUGGLED,
}


@pytest.mark.parametrize("shape", sorted(SMUGGLING))
def test_a_request_with_two_meanings_gets_at_most_one_answer_of_the_service(server: Production, shape: str) -> None:
    answers = exchange(server, f"POST /contact/ HTTP/1.1\r\nHost: {NAME}\r\n".encode() + SMUGGLING[shape])
    assert not any(status == 200 for status in answers)
    assert "smuggled" not in server.logs()


@pytest.mark.parametrize("path", [
    "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/contact/..%2f..%2fsecret-key", "/assets/../../secret-key",
    "/contact/%00", "/.git/config", "/contact//../..//etc/passwd", "/en/..%252f..%252fetc/passwd",
    "//evil.example/", "/%5cevil.example/", "/%2f%2fevil.example", "/contact/%0d%0aLocation:%20//evil.example/", "/contact;/a",
    "/assets..%2f..%2fsecret-key", "/%c0%ae%c0%ae/etc/passwd",
])  # fmt: skip
def test_no_path_leads_out_of_the_site(server: Production, path: str) -> None:
    head = f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode()
    answer = raw(server, head)
    assert re.match(rb"HTTP/1.1 (400|404|301|403)", answer), answer[:80]
    assert b"root:" not in answer
    assert not re.search(rb"Location: (?!https?://hulp\.example|/[^/])", answer)


@pytest.mark.parametrize("head", [
    "GET /contact HTTP/1.1\r\nHost: hulp.example@evil.example\r\n",
    "GET /contact HTTP/1.1\r\nHost: evil.example\r\n",
    "GET /contact HTTP/1.1\r\nHost: hulp.example\r\nHost: evil.example\r\n",
    "GET /contact HTTP/1.1\r\nHost: hulp.example\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n",
    "GET /contact HTTP/1.1\r\nHost: hulp.example:evil.example\r\n",
    "GET https://evil.example/contact HTTP/1.1\r\nHost: hulp.example\r\n",
    "GET /contact HTTP/1.0\r\n",
])  # fmt: skip
def test_no_other_name_gets_into_an_answer(server: Production, head: str) -> None:
    for path in ("/contact", "/contact/"):
        answer = raw(server, f"{head.replace('/contact ', path + ' ')}Connection: close\r\n\r\n".encode())
        assert b"evil.example" not in answer
        assert not re.search(rb"(?i)location: (?!https?://hulp\.example|/contact)", answer)


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "PUT", "PATCH", "CONNECT", "PROPFIND"])
def test_other_methods_do_nothing(server: Production, method: str) -> None:
    answer = raw(server, f"{method} /contact/ HTTP/1.1\r\nHost: {NAME}\r\nX-Said: twice\r\nConnection: close\r\n\r\n".encode())
    assert re.match(rb"HTTP/1.1 (405|400|501)", answer), answer[:80]
    assert b"twice" not in answer


def test_the_service_learns_no_more_of_a_request_than_it_needs(tmp_path: Path) -> None:
    seen: list[dict[str, str]] = []
    sent = {"X-Real-IP": "1.2.3.4", "X-Forwarded-For": "1.2.3.4", "Forwarded": "for=1.2.3.4", "Referer": "https://a.example/"}
    sent |= {"User-Agent": "a browser", "Cookie": "a=b", "X-Forwarded-Host": "evil.example"}
    with production(tmp_path) as machine, listening(tmp_path / "web.sock", seen):
        machine.start_nginx()
        machine.ask("GET", "/contact/", **{name.replace("-", "_"): value for name, value in sent.items()})
    [told] = seen
    assert told["x-real-ip"] == "127.0.0.1"
    assert {name: told.get(name) for name in ("x-forwarded-for", "referer", "user-agent", "cookie")} == dict.fromkeys(
        ("x-forwarded-for", "referer", "user-agent", "cookie")
    )


@contextlib.contextmanager
def listening(place: Path, seen: list[dict[str, str]]) -> Iterator[None]:
    """In the place of the service, a server that notes the headers of each request."""

    class Noting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            seen.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None: ...

    with socketserver.UnixStreamServer(str(place), Noting) as service:
        threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield
        service.shutdown()


def test_a_client_that_never_finishes_its_request_loses_its_place(server: Production) -> None:
    start = time.monotonic()
    with server.connection() as line:
        line.sendall(b"POST /contact/ HTTP/1.1\r\nHost: hul")
        line.settimeout(10)
        # nginx resets the connection; Python 3.11 reads that as an end, 3.13 as what it is.
        with contextlib.suppress(ConnectionResetError):
            while line.recv(1000):
                pass
    assert time.monotonic() - start < 8


def test_hundred_slow_clients_do_not_keep_others_waiting(server: Production) -> None:
    lines = [server.connection() for _ in range(100)]
    try:
        for line in lines:
            line.sendall(server.head("POST", "/contact/", 1000) + b"role=")
        start = time.monotonic()
        assert server.send()[0] == 200
        assert time.monotonic() - start < 5
    finally:
        for line in lines:
            line.close()


def test_a_form_from_another_site_is_not_sent(server: Production) -> None:
    form = {"Content_Type": "application/x-www-form-urlencoded", "Sec_Fetch_Site": "cross-site"}
    body = f"role=burgemeester&reach=x&token={server.token()}".encode()
    assert server.ask("POST", "/contact/", body, **form)[0] == 400


def test_what_was_typed_is_never_run_as_template_or_markup(server: Production) -> None:
    typed = "{{ config }} {% raw %} <script>alert(1)</script> ${7*7} '\"><img src=x onerror=alert(1)>"
    status, page = server.send(message=typed, reach="")
    assert status == 400
    assert "SECRET_KEY" not in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=st.dictionaries(st.sampled_from([*FORM, "token", "website", "when", "name", "x"]), st.text(max_size=300)))
def test_whatever_is_posted_the_answer_is_a_page_with_the_headers(server: Production, fields: dict[str, str]) -> None:
    clean = {name: value.encode("utf-8", "ignore").decode() for name, value in fields.items()}
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    status, headers, page = server.ask("POST", "/contact/", urlencode(clean).encode(), **form)
    assert status == 400
    assert headers["Content-Security-Policy"] == headers_for("/contact/", style_sum(built()))["Content-Security-Policy"]
    assert b"tel:112" in page


def exchange(server: Production, request: bytes) -> list[int]:
    """The status of every answer to these bytes, until the server closes or says no more."""
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})", raw(server, request))]


def raw(server: Production, request: bytes) -> bytes:
    answer = b""
    with server.connection() as line:
        line.sendall(request)
        line.settimeout(2)
        try:
            while part := line.recv(65536):
                answer += part
        except OSError:
            pass
    return answer

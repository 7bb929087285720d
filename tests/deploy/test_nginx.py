"""The web server as it stands in production, on loopback with a certificate of its own."""

import contextlib
import gzip
import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import h2.connection
import h2.events
import pytest

from contact_service.operator.machine import NotLookedAt, missing_headers
from contact_service.web.app import MAX_BODY_BYTES
from contact_service.web.headers import headers_for, style_sum
from tests.support.built_site import built
from tests.support.production import FORM, NAME, Production, authority, production, wait_for
from tests.support.slow_clients import get_from, line
from tests.support.stack import token_in

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    folder = tmp_path_factory.mktemp("nginx")
    # A site of its own, to which tests add files.
    site = shutil.copytree(built(), folder / "site")
    with production(folder, CONTACT_SITE=str(site)) as running:
        running.start_web()
        running.start_nginx()
        wait_for(lambda: running.ask("GET", "/contact/")[0] == 200)
        yield running


@pytest.fixture(scope="module")
def without_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    with production(tmp_path_factory.mktemp("nginx-alone")) as running:
        running.start_nginx()
        yield running


EVERY_KIND = [
    ("GET", "/", 200),
    ("GET", "/en/", 200),
    ("GET", "/assets/site.css", 200),
    ("GET", "/search/search_index.json", 200),
    ("GET", "/robots.txt", 200),
    ("GET", "/lezer.html", 200),
    ("GET", "/contact/", 200),
    ("GET", "/en/contact/", 200),
    ("GET", "/gelezen/", 200),
    ("GET", "/en/gelezen/", 200),
    ("GET", f"/gelezen/{'0' * 32}", 404),
    ("GET", f"/en/gelezen/{'0' * 32}.", 404),
    ("POST", f"/gelezen/{'0' * 32}", 415),
    ("GET", "/gelezen/index.html", 404),
    ("GET", "/healthz", 200),
    ("GET", "/nowhere", 404),
    ("GET", "/en/nowhere", 404),
    ("GET", "/contact/nowhere", 404),
    ("GET", "/facts.json", 404),
    ("GET", "/assets/", 404),
    ("GET", "/contact/index.html", 404),
    ("GET", "/contact", 301),
    ("POST", "/", 405),
    ("DELETE", "/contact/", 405),
    ("POST", "/contact/", 415),
]


@pytest.mark.parametrize(("method", "path", "status"), EVERY_KIND)
def test_every_answer_carries_each_strict_header_once(server: Production, method: str, path: str, status: int) -> None:
    answered, headers, _body = server.ask(method, path)
    assert answered == status
    # Only an asset that is there is kept.
    chosen = headers_for(path if status == 200 else "/", style_sum(built()))
    assert {name: headers.get_all(name) for name in chosen} == {name: [value] for name, value in chosen.items()}
    assert headers["Server"] == "nginx"
    assert "Set-Cookie" not in headers


def test_each_language_has_its_own_page_for_an_address_that_does_not_exist(server: Production) -> None:
    assert b'lang="nl"' in server.ask("GET", "/nowhere")[2]
    assert b'lang="en"' in server.ask("GET", "/en/nowhere")[2]


def test_a_precompressed_file_is_served_as_it_lies(server: Production) -> None:
    css = Path(server.settings["CONTACT_SITE"]) / "assets/site.css"
    packed = css.with_name("site.css.gz")
    packed.write_bytes(gzip.compress(css.read_bytes(), 9, mtime=0))
    try:
        _status, headers, body = server.ask("GET", "/assets/site.css", Accept_Encoding="gzip")
        assert headers["Content-Encoding"] == "gzip"
        assert body == packed.read_bytes()
    finally:
        packed.unlink()


def test_a_mail_program_in_a_browser_may_fetch_a_public_key(server: Production) -> None:
    folder = Path(server.settings["CONTACT_SITE"]) / ".well-known/openpgpkey/hu"
    folder.mkdir(parents=True)
    (folder / "iy9q119eutrkn8s1mk4r39qejnbu3n5q").write_bytes(b"\x99\x01")
    try:
        status, headers, body = server.ask("GET", "/.well-known/openpgpkey/hu/iy9q119eutrkn8s1mk4r39qejnbu3n5q?l=joe")
        assert (status, body) == (200, b"\x99\x01")
        assert headers["Content-Type"] == "application/octet-stream"
        assert headers["Access-Control-Allow-Origin"] == "*"
        chosen = headers_for("/", style_sum(built()))
        assert {name: headers.get_all(name) for name in chosen} == {name: [value] for name, value in chosen.items()}
    finally:
        shutil.rmtree(folder.parent)
    assert "Access-Control-Allow-Origin" not in server.ask("GET", "/contact/")[1]


def test_a_submission_goes_through_and_leaves_no_copy_and_no_address(server: Production) -> None:
    folders = [server.folder / "nginx/body", server.folder / "nginx/answers"]
    before = [folder.stat().st_mtime_ns for folder in folders]
    status, page = server.send(message="Woorden. " * 500)
    assert status == 200, page
    # 120 KB come back for shortening: both the body and the answer are larger than nginx's usual buffers.
    status, page = server.send(message="w" * 120_000)
    assert status == 400
    assert "w" * 120_000 in page
    assert [folder.stat().st_mtime_ns for folder in folders] == before
    assert "127.0.0.1" not in server.logs()
    assert "06 12 34 56 78" not in server.logs()


TOO_LONG = {
    "/contact/": ("Uw bericht is te lang", "Het was te lang om het u terug te geven."),
    "/en/contact/": ("Your message is too long for us to accept", "It was too long for us to give it back."),
}


@pytest.mark.parametrize("path", TOO_LONG)
@pytest.mark.parametrize("size", [132_000, 900_000])
def test_a_body_past_the_limit_is_answered_with_a_page_that_says_so_and_gives_the_phone_number(
    server: Production, path: str, size: int
) -> None:
    status, headers, page = post(server, path, b"message=" + b"w" * size)

    assert status == 413
    assert all(text in page.decode() for text in TOO_LONG[path])
    assert b"tel:+31703738314" in page
    assert headers["Content-Security-Policy"] == headers_for(path, style_sum(built()))["Content-Security-Policy"]
    assert server.ask("GET", f"{path}too-long")[0] == 404


# What becomes longest on its way back: quotes five times, control characters three.
@pytest.mark.parametrize("typed", [b'"', b"%22", b"\x01", b"%C2%85", b"\xff", b"%26lt;"])
def test_what_would_come_back_larger_than_the_web_server_keeps_does_not_come_back(server: Production, typed: bytes) -> None:
    token = server.token().encode()
    for size in (1_000, 30_000, MAX_BODY_BYTES - 200):
        status, headers, page = post(server, "/contact/", b"token=" + token + b"&name=" + typed * (size // len(typed)))

        assert int(headers["Content-Length"]) == len(page) <= 28 * 8 * 1024
        assert status == (400 if b'name="token"' in page else 413)
        assert b"tel:+31703738314" in page


def test_a_form_with_more_fields_than_ours_is_refused_unread(server: Production) -> None:
    assert post(server, "/contact/", b"&".join([b"a"] * 50))[0] == 400
    status, _headers, page = post(server, "/contact/", b"a&" * 60_000)
    assert status == 400
    assert b"tel:+31703738314" in page
    assert b'name="token"' not in page


def test_many_headers_reach_nginx_alone(server: Production) -> None:
    assert server.ask("GET", "/contact/", **{f"X_{number}": "x" for number in range(95)})[0] == 200


def post(server: Production, path: str, body: bytes) -> tuple[int, http.client.HTTPMessage, bytes]:
    return server.ask("POST", path, body, Content_Type="application/x-www-form-urlencoded")


@pytest.mark.parametrize(("kind", "status"), [("application/x-www-form-urlencoded", 413), ("multipart/form-data", 415)])
def test_a_refused_body_is_read_to_its_end_so_that_the_answer_arrives(server: Production, kind: str, status: int) -> None:
    head = f"POST /contact/ HTTP/1.1\r\nHost: {NAME}\r\nContent-Type: {kind}\r\nContent-Length: 560000\r\n\r\n"
    with socket.socket(socket.AF_UNIX) as service:
        service.connect(str(server.folder / "web.sock"))
        service.sendall(head.encode() + b"w" * 560_000)
        answer = http.client.HTTPResponse(service)
        answer.begin()
        assert answer.status == status
        assert b"tel:+31703738314" in answer.read()


def test_whoever_tries_many_codes_reads_the_page_as_it_was_built_and_others_go_on(server: Production) -> None:
    statuses, page = set(), b""
    # From an address of its own: the other tests have theirs.
    for number in range(120):
        status, page = get_from(server, "127.0.0.9", f"/gelezen/{number:032x}")
        statuses.add(status)
    assert statuses == {404, 503}
    assert b"<h1" in page and b"tel:+31703738314" in page
    assert server.send()[0] == 200
    assert "127.0.0.1" not in server.logs() and "gelezen" not in server.logs()


PAGES = [("/contact/", b'lang="nl"'), ("/en/contact/", b'lang="en"'), (f"/gelezen/{'0' * 32}", b'lang="nl"')]


@pytest.mark.parametrize(("path", "language"), PAGES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_the_service_the_contact_page_gives_the_phone_numbers(
    without_service: Production, method: str, path: str, language: bytes
) -> None:
    status, headers, page = without_service.ask(method, path)
    assert status == 502
    assert language in page
    assert b"tel:+31703738314" in page
    assert headers["Cache-Control"] == "no-store"
    assert without_service.ask("GET", "/")[0] == 200
    assert "127.0.0.1" not in without_service.logs()


def test_without_the_service_every_answer_of_the_form_is_as_long_in_both_languages(without_service: Production) -> None:
    answers = {len(without_service.ask(method, path)[2]) for path, _ in PAGES for method in ("GET", "POST")}

    assert len(answers) == 1


def test_another_name_gets_no_answer(server: Production) -> None:
    with pytest.raises(ssl.SSLError):
        _handshake(server, "other.example")
    # RemoteDisconnected with Python 3.11; the reset itself with 3.13.
    with pytest.raises(ConnectionResetError):
        server.ask("GET", "/", Host="other.example")


# What a server can refuse before the service is asked, with whatever it needs to be refused.
REFUSED = {
    "GET / HTTP/3.0": (b"505", ""),
    "POST {} HTTP/1.1": (b"405", "Content-Length: 0\r\n"),
    "TRACE {} HTTP/1.1": (b"405", ""),
    "CONNECT {} HTTP/1.1": (b"405", ""),
    "PUT {} HTTP/1.0": (b"405", ""),
    "POST {}?coded HTTP/1.1": (b"501", "Transfer-Encoding: gzip\r\n"),
    "POST {}?long HTTP/1.1": (b"413", "Content-Length: 999999\r\n"),
    "GET {} HTTP/1.1": (b"412", 'If-Match: "another"\r\n'),
    "GET {}?since HTTP/1.1": (b"412", "If-Unmodified-Since: Mon, 01 Jan 2001 00:00:00 GMT\r\n"),
    "GET {}?part HTTP/1.1": (b"416", "Range: bytes=9999999-\r\n"),
    # What another service of the same domain left in the browser.
    "GET {}?cookies HTTP/1.1": (b"400", f"Cookie: a={'x' * 17_000}\r\n"),
    "GET {}?length HTTP/1.1": (b"400", "Content-Length: x\r\n"),
    "GET {}?chunk HTTP/1.1": (b"400", "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "POST {}?chunk HTTP/1.1": (b"400", "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "GET {}nowhere HTTP/1.1": (b"400", "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
}
FORM_REFUSED = {
    "TRACE {}contact/ HTTP/1.1": (b"405", ""),
    "PATCH {}contact/ HTTP/1.1": (b"405", ""),
    "POST {}contact/ HTTP/1.1": (b"501", "Transfer-Encoding: gzip\r\n"),
    "POST {}contact/ HTTP/1.0": (b"415", "Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nx"),
    "POST {}contact/?chunk HTTP/1.1": (b"400", "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "GET {}contact/ HTTP/1.1": (b"400", f"Cookie: a={'x' * 17_000}\r\n"),
    "GET {}contact/?cookies HTTP/1.1": (b"200", f"Cookie: a={'x' * 15_000}\r\n" * 4),
    "GET {}contact/too-long HTTP/1.1": (b"404", ""),
    "GET {}contact/index.html HTTP/1.1": (b"404", ""),
    "GET {}gelezen/index.html HTTP/1.1": (b"404", ""),
    "GET {}gelezen/ HTTP/1.1": (b"416", "Range: bytes=9999999-\r\n"),
    "TRACE {}gelezen/00000000000000000000000000000000 HTTP/1.1": (b"405", ""),
    # Raw bytes, as old programs send them, and an address that a mail filter made longer than gunicorn takes by itself.
    "GET {}contact/\xe9 HTTP/1.1": (b"404", ""),
    "GET {}contact/?a=\x80 HTTP/1.1": (b"404", ""),
    f"GET {{}}contact/?{'x' * 15_000} HTTP/1.1": (b"200", ""),
}
UNREAD = {
    f"GET /?{'x' * 17_000} HTTP/1.1": (b"414", ""),
    "get / HTTP/1.1": (b"400", ""),
    "GET /contact/% HTTP/1.1": (b"400", ""),
    "GET /en/contact/?a b HTTP/1.1": (b"400", ""),
}


@pytest.mark.parametrize(("place", "language"), [("/", b"nl"), ("/en/", b"en")])
def test_every_fault_of_the_web_server_is_a_page_of_ours_in_the_language_of_the_address(
    server: Production, place: str, language: bytes
) -> None:
    for asked, (status, header) in (REFUSED | FORM_REFUSED).items():
        answer = refused_with_the_number(server, asked.format(place), header, status)

        assert b"Content-Security-Policy" in answer, asked
        assert b'lang="%s"' % (language if "{}" in asked else b"nl") in answer, asked


def test_a_request_whose_address_was_not_read_gets_the_phone_number_in_both_languages(server: Production) -> None:
    for asked, (status, header) in UNREAD.items():
        answer = refused_with_the_number(server, asked, header, status)

        assert b"Bel het OT" in answer and b"Please call the support team" in answer, asked


# As browsers speak: nginx counts a body anew at each step inside, and gunicorn takes shorter addresses than HTTP/2 has.
OVER_HTTP_2 = {
    "contact/": (b"413", {"content-length": "999999"}),
    "": (b"413", {"content-length": "999999"}),
    "nu/": (b"405", {"content-length": "0"}),
    f"contact/?{'x' * 9000}": (b"200", {}),
}


@pytest.mark.parametrize(("place", "language"), [("/", b"nl"), ("/en/", b"en")])
def test_over_http_2_too_every_fault_is_a_page_of_ours(server: Production, place: str, language: bytes) -> None:
    bodies = server.folder / "nginx/body"
    before = bodies.stat().st_mtime_ns
    for path, (status, headers) in OVER_HTTP_2.items():
        answered, page = over_http_2(server, place + path, headers)

        assert answered == status, path
        assert b"tel:+31703738314" in page and b'lang="%s"' % language in page, path
    assert bodies.stat().st_mtime_ns == before


def over_http_2(server: Production, path: str, headers: dict[str, str]) -> tuple[bytes, bytes]:
    """Status and page of one request: a post when it has a body, of which nothing comes."""
    talk, status, page = h2.connection.H2Connection(), b"", b""
    talk.initiate_connection()
    method = "POST" if headers else "GET"
    pseudo = [(":method", method), (":scheme", "https"), (":authority", NAME), (":path", path)]
    talk.send_headers(1, [*pseudo, *headers.items()], end_stream=headers.get("content-length", "0") == "0")
    with line(server, "127.0.0.1", "h2") as opened:
        opened.settimeout(10)
        opened.sendall(talk.data_to_send())
        while received := opened.recv(65536):
            for event in talk.receive_data(received):
                if isinstance(event, h2.events.ResponseReceived):
                    status = dict(event.headers)[b":status"]
                elif isinstance(event, h2.events.DataReceived):
                    page += event.data
                elif isinstance(event, h2.events.StreamEnded):
                    return status, page
            opened.sendall(talk.data_to_send())
    return status, page


def test_who_speaks_without_tls_to_the_port_of_tls_gets_the_phone_number(server: Production) -> None:
    with socket.create_connection(("127.0.0.1", server.https_port), 5) as line:
        assert b"tel:+31703738314" in said(line, f"GET / HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())


def refused_with_the_number(server: Production, request_line: str, header: str, status: bytes) -> bytes:
    """The answer, which has this status and gives the number to call."""
    with server.connection() as line:
        request = f"{request_line}\r\nHost: {NAME}\r\nConnection: close\r\n{header}\r\n"
        answer = said(line, request.encode("latin-1"))
    assert answer.split(b" ", 2)[1] == status, request_line
    assert b"tel:+31703738314" in answer, request_line
    return answer


def said(line: socket.socket, request: bytes) -> bytes:
    answer = b""
    line.settimeout(5)
    line.sendall(request)
    with contextlib.suppress(ConnectionResetError):
        # After its answer nginx waits for a body that never comes.
        while b"</html>" not in answer and (part := line.recv(65536)):
            answer += part
    return answer


def test_no_redirect_leads_out_of_tls(server: Production) -> None:
    for path in ("/contact", "/contact//", "/en//contact/", "/en//contact", "/gelezen//x", "/en", "/contact//keys/all.json"):
        assert not server.ask("GET", path)[1].get("Location", "").startswith("http:"), path


def test_without_the_headers_nginx_does_not_start_and_a_running_one_keeps_them(server: Production, tmp_path: Path) -> None:
    conf = server.folder / "nginx"
    headers = (conf / "contact-service-headers.conf").read_text()
    lines = headers.splitlines(keepends=True)
    for left in ("", lines[0], "".join(lines[:-1]), headers[: len(headers) // 2]):
        (tmp_path / "headers.conf").write_text(left)
        changed = (conf / "nginx.conf").read_text().replace(f"{conf}/contact-service-headers.conf", f"{tmp_path}/headers.conf")
        changed = changed.replace(f"{conf}/contact-service-reader-headers.conf", f"{tmp_path}/headers.conf")
        (tmp_path / "nginx.conf").write_text(changed)
        tried = ["nginx", "-t", "-q", "-e", str(tmp_path / "log"), "-c", str(tmp_path / "nginx.conf")]
        assert subprocess.run(tried, env=server.environment, check=False, capture_output=True).returncode != 0
    assert "headers" not in server.ask("GET", "/readyz")[2].decode()


def test_check_and_the_service_see_that_the_site_has_lost_its_headers(server: Production) -> None:
    host = f"{NAME}:{server.https_port}"
    headers = server.folder / "nginx" / "contact-service-headers.conf"
    whole = headers.read_text()
    try:
        assert missing_headers(host, built()) == []
        headers.write_text('set $contact_headers "by somebody who wanted it to start";')
        server.reload_nginx()
        # Workers of before the reload answer for a moment longer.
        wait_for(lambda: len(missing_headers(host, built())) == len(headers_for("/", style_sum(built()))))
        wait_for(lambda: "headers" in json.loads(server.ask("GET", "/readyz")[2])["faults"])
    finally:
        headers.write_text(whole)
        server.reload_nginx()
    wait_for(lambda: all(not missing_headers(host, built()) for _ in range(20)))
    with pytest.raises(NotLookedAt, match="not looked at"):
        missing_headers(f"{NAME}:{server.http_port}", built())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_of_tls_are_refused(server: Production, version: ssl.TLSVersion) -> None:
    with pytest.raises((ssl.SSLError, OSError)), pytest.warns(DeprecationWarning):
        _handshake(server, NAME, version)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_agreed_suite_is_one_of_the_good_ones(server: Production, version: ssl.TLSVersion) -> None:
    name = _handshake(server, NAME, version)
    assert re.search("(ECDHE-.*|TLS_)(AES.?256.?GCM|AES.?128.?GCM|CHACHA20)", name)


def _handshake(server: Production, name: str, version: ssl.TLSVersion | None = None) -> str:
    context = ssl.create_default_context()
    authority().configure_trust(context)
    if version:
        context.minimum_version = context.maximum_version = version
    plain = socket.create_connection(("127.0.0.1", server.https_port), 10)
    with contextlib.closing(plain), context.wrap_socket(plain, server_hostname=name) as secured:
        return secured.cipher()[0]


def test_behind_a_load_balancer_the_sender_is_whom_it_names(tmp_path: Path) -> None:
    with production(tmp_path, CONTACT_ALLOWANCE="1/hour,100/hour,100/hour") as behind:
        behind.start_web()
        behind.start_nginx(balancers=["127.0.0.1"])
        wait_for(lambda: _is_listening(tmp_path / "web.sock"))
        readers = ["192.0.2.1", "192.0.2.1", "198.51.100.7", "198.51.100.7"]
        assert [_sent_by(behind, reader) for reader in readers] == [200, 429, 200, 429]
        with pytest.raises(OSError):
            behind.connection()  # without a word of whom it speaks for


def test_only_the_load_balancers_that_are_named_are_believed(tmp_path: Path) -> None:
    with production(tmp_path, CONTACT_ALLOWANCE="1/hour,100/hour,100/hour") as behind:
        behind.start_web()
        behind.start_nginx(balancers=["203.0.113.9"])
        wait_for(lambda: _is_listening(tmp_path / "web.sock"))
        assert [_sent_by(behind, reader) for reader in ("192.0.2.1", "198.51.100.7")] == [200, 429]


def _is_listening(place: Path) -> bool:
    """Whether somebody takes connections there: the name of a socket stands there a moment earlier."""
    with socket.socket(socket.AF_UNIX) as line:
        return line.connect_ex(str(place)) == 0


def _sent_by(behind: Production, reader: str) -> int:
    """The status of a message that a load balancer passes on for this reader."""
    connection = http.client.HTTPConnection(NAME, timeout=40)
    connection.sock = behind.connection(f"PROXY TCP4 {reader} 127.0.0.1 40000 443\r\n".encode())
    with contextlib.closing(connection):
        connection.request("GET", "/contact/")
        token = token_in(connection.getresponse().read().decode())
        body = urlencode(FORM | {"token": token, "message": reader}).encode()
        connection.request("POST", "/contact/", body, {"Content-Type": "application/x-www-form-urlencoded"})
        return connection.getresponse().status

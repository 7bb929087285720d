"""Clients that keep a server waiting: with the handshake, the head, the body, or by not reading the answer."""

import contextlib
import functools
import http.client
import socket
import ssl
from collections.abc import Callable, Iterator

import h2.config
import h2.connection
import h2.settings

from tests.support.production import NAME, Production, authority

FORM = "application/x-www-form-urlencoded"
# As little as a receiver may have room for.
LITTLE_ROOM_BYTES = 2048


def line(machine: Production, address: str, protocol: str = "http/1.1", little_room: bool = False) -> socket.socket:
    """A connection from this address of the loopback interface, over TLS for this protocol."""
    plain = _dialled(machine, address, little_room)
    context = _trusting(protocol)
    return context.wrap_socket(plain, server_hostname=NAME)


@functools.cache
def _trusting(protocol: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority().configure_trust(context)
    context.set_alpn_protocols([protocol])
    return context


def _dialled(machine: Production, address: str, little_room: bool = False) -> socket.socket:
    plain = socket.socket()
    if little_room:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE_ROOM_BYTES)
    plain.settimeout(40)
    plain.bind((address, 0))
    plain.connect(("127.0.0.1", machine.https_port))
    return plain


def no_handshake(machine: Production, address: str, _body: bytes) -> socket.socket:
    """Begins to greet, and stops."""
    opened = _dialled(machine, address)
    opened.sendall(b"\x16\x03\x01\x02\x00\x01")
    return opened


def slow_head(machine: Production, address: str, _body: bytes) -> socket.socket:
    """HTTP/1.1, the head never ends."""
    opened = line(machine, address)
    opened.sendall(b"GET /contact/ HTTP/1.1\r\nHost: hul")
    return opened


def slow_body(machine: Production, address: str, body: bytes) -> socket.socket:
    """HTTP/1.1, the body never ends."""
    opened = line(machine, address)
    opened.sendall(machine.head("POST", "/contact/", len(body)) + body[:-1])
    return opened


def slow_chunks(machine: Production, address: str, body: bytes) -> socket.socket:
    """HTTP/1.1, a body in chunks whose last one never comes."""
    opened = line(machine, address)
    head = f"POST /contact/ HTTP/1.1\r\nHost: {NAME}\r\nContent-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n"
    opened.sendall(head.encode() + f"{len(body):x}\r\n".encode() + body + b"\r\n")
    return opened


def slow_reader(machine: Production, address: str, body: bytes) -> socket.socket:
    """HTTP/1.1, the answer to a post is never read."""
    opened = line(machine, address, little_room=True)
    opened.sendall(machine.head("POST", "/contact/", len(body)) + body)
    return opened


def slow_page_reader(machine: Production, address: str, _body: bytes) -> socket.socket:
    """HTTP/1.1, the page with the form is asked for and never read."""
    opened = line(machine, address, little_room=True)
    opened.sendall(f"GET /contact/ HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
    return opened


def slow_head_2(machine: Production, address: str, _body: bytes) -> socket.socket:
    """HTTP/2, a HEADERS frame without END_HEADERS that nothing follows."""
    opened = line(machine, address, "h2")
    talk = _greeting(window=65535)
    opened.sendall(talk.data_to_send() + b"\x00\x00\x01\x01\x00\x00\x00\x00\x01\x83")
    return opened


def slow_body_2(machine: Production, address: str, body: bytes) -> socket.socket:
    """HTTP/2, the body never ends."""
    opened = line(machine, address, "h2")
    talk = _greeting(window=65535)
    talk.send_headers(1, _head("POST", len(body)))
    talk.send_data(1, body[:1000])
    opened.sendall(talk.data_to_send())
    return opened


def slow_reader_2(machine: Production, address: str, body: bytes, streams: int = 1) -> socket.socket:
    """HTTP/2, posts whose answers find a window of one byte."""
    opened = line(machine, address, "h2")
    talk = _greeting(window=1)
    opened.sendall(talk.data_to_send())
    for stream in range(1, 2 * streams, 2):
        talk.send_headers(stream, _head("POST", len(body)))
        _send_whole(talk, opened, stream, body)
    return opened


def many_streams_2(machine: Production, address: str, body: bytes) -> socket.socket:
    """HTTP/2, ten such posts on one connection."""
    return slow_reader_2(machine, address, body, streams=10)


KINDS: dict[str, Callable[[Production, str, bytes], socket.socket]] = {
    "a handshake that never ends": no_handshake,
    "a head that never ends": slow_head,
    "a body that never ends": slow_body,
    "chunks that never end": slow_chunks,
    "an answer that nobody reads": slow_reader,
    "a page that nobody reads": slow_page_reader,
    "a head that never ends, HTTP/2": slow_head_2,
    "a body that never ends, HTTP/2": slow_body_2,
    "an answer that nobody reads, HTTP/2": slow_reader_2,
    "ten answers that nobody reads, HTTP/2": many_streams_2,
}


def get_from(machine: Production, address: str, path: str = "/contact/") -> tuple[int, bytes]:
    """A page and its status, as somebody at this address of the loopback interface gets it."""
    connection = http.client.HTTPConnection(NAME, timeout=40)
    connection.sock = line(machine, address)
    with contextlib.closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()


@contextlib.contextmanager
def slow_clients(machine: Production, kind: str, number: int, body: bytes, address: str) -> Iterator[list[socket.socket]]:
    """So many of one kind from one address, as long as the block lasts."""
    opened: list[socket.socket] = []
    try:
        for _ in range(number):
            opened.append(KINDS[kind](machine, address, body))
        yield opened
    finally:
        for one in opened:
            one.close()


def _greeting(window: int) -> h2.connection.H2Connection:
    talk = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding=None))
    talk.local_settings = h2.settings.Settings(
        client=True, initial_values={h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window}
    )
    talk.initiate_connection()
    return talk


def _head(method: str, length: int) -> list[tuple[str, str]]:
    pseudo = [(":method", method), (":scheme", "https"), (":authority", NAME), (":path", "/contact/")]
    return [*pseudo, ("content-type", FORM), ("content-length", str(length))]


def _send_whole(talk: h2.connection.H2Connection, opened: socket.socket, stream: int, body: bytes) -> None:
    left = body
    while left:
        room = min(talk.local_flow_control_window(stream), talk.max_outbound_frame_size, len(left))
        if room:
            talk.send_data(stream, left[:room], end_stream=room == len(left))
            left = left[room:]
        opened.sendall(talk.data_to_send())
        if not room:
            received = opened.recv(65536)
            if not received:
                return  # the server had enough of it
            talk.receive_data(received)

"""The headers of every answer, chosen in one place: the service and the web server send them, and `verify` compares them."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}
# By this nginx tells the service that it sends the same ones (deploy/nginx).
SUM = hashlib.sha256(json.dumps(HEADERS).encode()).hexdigest()[:16]


# The advisers' reader brings its own script and style in one file: `make reader` writes down its policy, with their sums.
READER_ADDRESS = "/lezer.html"
READER: dict[str, str] = json.loads(Path(__file__).with_name("reader.json").read_text("utf-8"))


def headers_for(address: str) -> dict[str, str]:
    """The headers of one address of the site. Pages stay nowhere on the reader's device; style and scripts for an hour."""
    if address == READER_ADDRESS:
        return HEADERS | {"Content-Security-Policy": f"{READER['policy']}; frame-ancestors 'none'"}
    return HEADERS | ({"Cache-Control": "max-age=3600"} if address.startswith("/assets/") else {})


def missing_at(said: Callable[[str], str | None]) -> Iterator[str]:
    """The fault "headers" when the web server that passed a request on does not say in it that it sends the same ones."""
    if said("X-Real-IP") and said("X-Headers") != SUM:
        yield "headers"

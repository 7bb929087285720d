"""The headers of every answer, chosen in one place: the service and the web server send them, and `verify` compares them."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' {style}; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}
# The style that stands in every page of the site, as a file of its own: its sum is in the policy, and so is that of no other.
STYLE = "assets/site.css"


# The advisers' reader brings its own script and style in one file: `make reader` writes down its policy, with their sums.
READER_ADDRESS = "/lezer.html"
READER: dict[str, str] = json.loads(Path(__file__).with_name("reader.json").read_text("utf-8"))


def style_sum(site: Path) -> str:
    """The SHA-256 of the style of this built site, in hexadecimal as in its manifest.

    Raises OSError.
    """
    return hashlib.sha256((site / STYLE).read_bytes()).hexdigest()


def headers_for(address: str, style: str) -> dict[str, str]:
    """The headers of one address of the site whose style has this sum.

    Pages stay nowhere on the reader's device; scripts for an hour.
    """
    if address == READER_ADDRESS:
        return HEADERS | {"Content-Security-Policy": f"{READER['policy']}; frame-ancestors 'none'"}
    policy = POLICY.format(style=f"'sha256-{base64.b64encode(bytes.fromhex(style)).decode()}'")
    kept = {"Cache-Control": "max-age=3600"} if address.startswith("/assets/") else {}
    return HEADERS | {"Content-Security-Policy": policy} | kept


def headers_sum(style: str) -> str:
    """By this nginx tells the service that it sends the same headers, with the policy for the same style (deploy/nginx)."""
    return hashlib.sha256(json.dumps(headers_for("/", style)).encode()).hexdigest()[:16]


def missing_at(said: Callable[[str], str | None], style: str) -> Iterator[str]:
    """The fault "headers" when the web server that passed a request on does not say in it that it sends the same ones."""
    if said("X-Real-IP") and said("X-Headers") != headers_sum(style):
        yield "headers"

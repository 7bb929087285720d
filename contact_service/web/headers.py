"""The headers of every answer, chosen in one place: the service and the web server send them, and `verify` compares them."""

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


def headers_for(address: str) -> dict[str, str]:
    """The headers of one address of the site. Pages stay nowhere on the reader's device; style and scripts for an hour."""
    return HEADERS | ({"Cache-Control": "max-age=3600"} if address.startswith("/assets/") else {})

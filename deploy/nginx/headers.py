"""Print the headers of every answer as nginx writes them; `contact_service.web.headers` is where they are chosen."""

import sys

from contact_service.web.headers import HEADERS


def headers_conf() -> str:
    """One include for every answer: nginx's own, and the service's, whose copies are hidden so that each stands once."""
    lines = []
    for name, value in HEADERS.items():
        chosen = "$cache_control" if name == "Cache-Control" else f'"{value}"'
        lines += [f"proxy_hide_header {name};", f"add_header {name} {chosen} always;"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(headers_conf())

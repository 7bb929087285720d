"""Print the headers of an answer as nginx writes them; `contact_service.web.headers` is where they are chosen.

python -m deploy.nginx.headers [ADDRESS]: those of one address that has its own, or else those of every answer.
"""

import sys

from contact_service.web.headers import SUM, headers_for


def headers_conf(address: str = "/") -> str:
    """One include for every answer: nginx's own, and the service's, whose copies are hidden so that each stands once.

    Its last line gives a variable that proxy.conf names: with this file empty or cut off, nginx does not start.
    """
    lines = []
    for name, value in headers_for(address).items():
        chosen = "$cache_control" if name == "Cache-Control" else f'"{value}"'
        lines += [f"proxy_hide_header {name};", f"add_header {name} {chosen} always;"]
    return "\n".join([*lines, f'set $contact_headers "{SUM}";']) + "\n"


if __name__ == "__main__":
    sys.stdout.write(headers_conf(*sys.argv[1:]))

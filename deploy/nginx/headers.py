"""Print the headers of an answer as nginx writes them; `contact_service.web.headers` is where they are chosen.

python -m deploy.nginx.headers SITE [ADDRESS]: for the built site in this folder, those of one address that has its own, or else
those of every answer. They name the sum of the site's style: another style needs other headers.
"""

import sys
from pathlib import Path

from contact_service.web.headers import headers_for, headers_sum, style_sum


def headers_conf(site: Path, address: str = "/") -> str:
    """One include for every answer: nginx's own, and the service's, whose copies are hidden so that each stands once.

    Its last line gives a variable that proxy.conf names: with this file empty or cut off, nginx does not start.
    """
    style, lines = style_sum(site), []
    for name, value in headers_for(address, style).items():
        chosen = "$cache_control" if name == "Cache-Control" else f'"{value}"'
        lines += [f"proxy_hide_header {name};", f"add_header {name} {chosen} always;"]
    return "\n".join([*lines, f'set $contact_headers "{headers_sum(style)}";']) + "\n"


if __name__ == "__main__":
    sys.stdout.write(headers_conf(Path(sys.argv[1]), *sys.argv[2:]))

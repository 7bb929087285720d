"""Let nginx take the sender from your load balancers:  python -m deploy.nginx.balancer FILE < nginx.conf

The file (/etc/contact-service/balancer), where there is one, holds their addresses, one on a line. They then speak the PROXY
protocol, and whom they name is the sender; without it, all readers behind one would count as one sender.
"""

import ipaddress
import re
import sys
from collections.abc import Iterable
from pathlib import Path


def behind(balancers: Iterable[str], conf: str) -> str:
    """The configuration of nginx behind these; ValueError when something is no address or network."""
    trusted = [f"    set_real_ip_from {ipaddress.ip_network(balancer)};\n" for balancer in balancers]
    if not trusted:
        return conf
    conf = re.sub(r"(listen \S*443 ssl[^;]*);", r"\1 proxy_protocol;", conf)
    return conf.replace("http {\n", "http {\n" + "".join(trusted) + "    real_ip_header proxy_protocol;\n", 1)


def main(balancer_file: str) -> int:
    """Print it; exit status 2 names the line that is wrong."""
    path = Path(balancer_file)
    lines = [line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    try:
        sys.stdout.write(behind(filter(None, lines), sys.stdin.read()))
    except ValueError as fault:
        sys.stderr.write(f"{path}: {fault}. Write the addresses of your load balancers there, one on a line.\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

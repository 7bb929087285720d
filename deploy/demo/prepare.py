"""Make what `make run` needs and does not have yet: demo advisers, a certificate for the mail server, settings."""

import os
import secrets
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import trustme

from contact_service.keys.advisers import read_associations
from contact_service.keys.publication import publish
from deploy.demo.advisers import make_advisers

ROOT = Path(__file__).parent.parent.parent
VAR = ROOT / "var"
SERVICE, COMPUTERS, POST_OFFICE = VAR / "service", VAR / "advisers", VAR / "post-office"


def prepare(port: int, smtp_port: int) -> None:
    """Leave a complete state under var/. What was made before is kept, so that old mails stay readable."""
    if not (SERVICE / "advisers.toml").exists():
        make_advisers(SERVICE, COMPUTERS)
    if not (VAR / "published").exists():
        groups = list(dict.fromkeys(read_associations(SERVICE / "advisers.toml").values()))
        publish(groups, SERVICE / "keys", VAR / "published", "hulp.example", datetime.now(UTC))
    make_certificate(POST_OFFICE)
    secret = SERVICE / "secret-key"
    if not secret.exists():
        secret.write_text(secrets.token_urlsafe(48), encoding="ascii")
        secret.chmod(0o600)
    settings = {
        "PORT": port,
        "SMTP_PORT": smtp_port,
        "CONTACT_SITE": ROOT / "site",
        "CONTACT_ADVISERS": SERVICE / "advisers.toml",
        "CONTACT_KEYS": SERVICE / "keys",
        "CONTACT_KEYRING": SERVICE / "keyring",
        "CONTACT_OUTBOX": f"sqlite:///{SERVICE / 'outbox.sqlite'}",
        "CONTACT_SECRET_KEY_FILE": secret,
        "CONTACT_HOSTS": f"127.0.0.1:{port},localhost:{port}",
        "CONTACT_FROM": "formulier@hulp.example",
        "CONTACT_OPERATOR": "beheer@hulp.example",
        "CONTACT_BOUNCES": "beheer@hulp.example",
        "CONTACT_SMTP_HOST": "localhost",
        "CONTACT_SMTP_PORT": smtp_port,
        "CONTACT_SMTP_CA_FILE": POST_OFFICE / "ca.pem",
    }
    (VAR / "settings.env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")


def make_certificate(folder: Path) -> None:
    """A certificate for `localhost` and the authority that signed it, for a mail server that only this machine sees."""
    if (folder / "ca.pem").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    for index, part in enumerate(certificate.cert_chain_pems):
        part.write_to_path(str(folder / "cert.pem"), append=index > 0)
    # Written last: where it stands, the others stand.
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))


def port_of(text: str) -> int:
    """The port for the site, below one for the mail server; ends with what to type instead where it is none."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65535):
        sys.exit(f"PORT={text} is no port between 1 and 65534. Try: make run PORT=8000")
    return int(text)


def must_be_free(port: int) -> None:
    """End with what to type instead where something else has one of the two ports."""
    for number in (port, port + 1):
        try:
            socket.create_server(("127.0.0.1", number)).close()
        except OSError as fault:
            another, words = 10000 + port % 50000, os.strerror(fault.errno or 0)
            sys.exit(f"Port {number} cannot be used: {words}. Try another: make run PORT={another}")


if __name__ == "__main__":
    chosen = port_of(sys.argv[1])
    if "--free" in sys.argv:
        must_be_free(chosen)
    prepare(chosen, chosen + 1)
    print(f"""
  The site    http://127.0.0.1:{chosen}/   (English: http://127.0.0.1:{chosen}/en/)
  The form    http://127.0.0.1:{chosen}/contact/
  The mails   make inbox   (in another terminal: what each adviser received, decrypted)
  Ctrl-C stops everything.
""")

"""A real Postfix on the loopback interface, with its own configuration and queue, that keeps what it receives in Maildirs.

It needs root, as every Postfix does. TLS is demanded; nothing leaves the machine.
"""

import os
import shutil
import smtplib
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.demo.prepare import make_certificate
from tests.support.stack import free_port, is_open, wait_until

POSTFIX = shutil.which("postfix", path=f"{os.environ['PATH']}:/usr/sbin")


class Postfix:
    """Takes mail for every address and keeps it."""

    def __init__(self, folder: Path, services: str = "", **settings: str) -> None:
        """`settings` come on top of its own, `services` are lines for master.cf."""
        folder.mkdir(exist_ok=True)
        self.port, self.ca_file = free_port(), folder / "tls" / "ca.pem"
        self._services, self._settings = services, settings
        make_certificate(folder / "tls")
        # Postfix refuses a queue below a folder of mode 0700, which pytest's are.
        self._home = Path(tempfile.mkdtemp(prefix="postfix-"))
        self._home.chmod(0o755)
        self._mail = self._home / "mail"
        self._mail.mkdir()
        shutil.chown(self._mail, "nobody")
        self._config = self._home / "config"
        self._config.mkdir()
        self._configure(folder / "tls")

    def _configure(self, tls: Path) -> None:
        uid = self._mail.stat().st_uid
        settings = {
            "compatibility_level": "3.6",
            "queue_directory": self._home / "queue",
            "data_directory": self._home / "data",
            "maillog_file": self._home / "log",
            "maillog_file_prefixes": self._home,
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "myhostname": "mail.hulp.example",
            "mydestination": "",
            "virtual_mailbox_domains": "regexp:" + str(self._config / "all"),
            "virtual_mailbox_maps": "regexp:" + str(self._config / "mailboxes"),
            "virtual_mailbox_base": self._mail,
            "virtual_uid_maps": f"static:{uid}",
            "virtual_gid_maps": f"static:{uid}",
            "virtual_minimum_uid": "1",
            "smtpd_tls_cert_file": tls / "cert.pem",
            "smtpd_tls_key_file": tls / "key.pem",
            "smtpd_tls_security_level": "encrypt",
            "alias_maps": "",
            "alias_database": "",
            **self._settings,
        }
        lines = [f"{name} = {value}\n" for name, value in settings.items()]
        (self._config / "main.cf").write_text("".join(lines), encoding="utf-8")
        shipped = Path("/etc/postfix/master.cf").read_text("utf-8")
        # The shipped services, without chroot; of those that listen, mail alone and on our port.
        services = [line.split() for line in shipped.splitlines() if line[:1].isalpha()]
        kept = [service for service in services if service[1] != "inet"]
        listening = f"127.0.0.1:{self.port} inet n - n - - smtpd"
        text = "\n".join([listening, *(" ".join([*service[:4], "n", *service[5:]]) for service in kept), ""])
        if "\npostlog " not in text:
            text += "postlog unix-dgram n - n - 1 postlogd\n"
        text += self._services
        (self._config / "master.cf").write_text(text, encoding="utf-8")
        (self._config / "all").write_text("/./ ok\n", encoding="utf-8")
        (self._config / "mailboxes").write_text("/./ box/\n", encoding="utf-8")

    def start(self) -> "Postfix":
        (self._home / "queue").mkdir()
        (self._home / "data").mkdir()
        shutil.chown(self._home / "data", "postfix")
        self._run("start")
        wait_until(lambda: is_open(self.port), what=f"Postfix, see {self._home / 'log'}")
        return self

    @property
    def environment(self) -> dict[str, str]:
        """With it Postfix's commands look at this one."""
        return {"MAIL_CONFIG": str(self._config)}

    def setting(self, name: str) -> str:
        """One line of its main.cf."""
        return self._settings[name]

    def set(self, name: str, value: str) -> None:
        """Change a setting while it runs."""
        self._settings[name] = value
        command = ["postconf", "-c", str(self._config), "-e", f"{name} = {value}"]
        subprocess.run(command, check=True, capture_output=True, timeout=60, env={"PATH": "/usr/sbin:/usr/bin:/bin"})
        self._run("reload")

    @contextmanager
    def connected(self) -> Iterator[smtplib.SMTP]:
        """A connection to it, over TLS that nobody checks."""
        with smtplib.SMTP("127.0.0.1", self.port) as smtp:
            smtp.starttls()
            yield smtp

    def log(self) -> str:
        """What it wrote down."""
        return (self._home / "log").read_text("utf-8", "replace")

    def received(self, address: str) -> list[bytes]:
        """The mails for this address, as Postfix wrote them."""
        mails = [path.read_bytes() for path in sorted((self._mail / "box" / "new").glob("*"))]
        return [mail for mail in mails if f"\nDelivered-To: {address}\n".encode() in mail]

    def stop(self) -> None:
        self._run("stop")
        shutil.rmtree(self._home, ignore_errors=True)

    def _run(self, command: str) -> None:
        assert POSTFIX
        subprocess.run([POSTFIX, "-c", str(self._config), command], check=True, capture_output=True, timeout=60)

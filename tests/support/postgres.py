"""A PostgreSQL cluster of the test's own, on a free loopback port, that can be cut off and come back."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.support.production import wait_for
from tests.support.stack import free_port, is_open

# PostgreSQL refuses to run as root.
AS_OWNER = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
FOUND = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


class Postgres:
    """Durable as in production: fsync stays on."""

    def __init__(self, place: Path | None = None, primary: "Postgres | None" = None) -> None:
        """A cluster of its own, or a standby that follows this primary by the name of "standby"."""
        self._folder = Path(tempfile.mkdtemp(prefix="pg-", dir=place))
        if AS_OWNER:
            shutil.chown(self._folder, "postgres", "postgres")
        self._bin, self.port = FOUND[-1].parent, free_port()
        if primary:
            where = f"host=127.0.0.1 port={primary.port} user=contact application_name=standby"
            self._run("pg_basebackup", "--write-recovery-conf", f"--dbname={where}", "--checkpoint=fast")
        else:
            self._run("initdb", "--auth=trust", "--username=contact", "--no-locale", "--encoding=UTF8")
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://contact@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        self._run("pg_ctl", "-w", "-l", f"{self._folder}/log", "-o", options, "start")
        wait_for(lambda: is_open(self.port))

    def promote(self) -> None:
        """Let a standby take the place of its primary."""
        self._run("pg_ctl", "-w", "promote")

    def start_if_ended(self) -> None:
        """What systemd does with Restart=always."""
        if not is_open(self.port):
            with contextlib.suppress(subprocess.CalledProcessError, AssertionError):
                self.start()

    def processes(self) -> list[int]:
        """All processes of the server but the first; the end of any of them by a signal makes it recover from a crash."""
        first = (self._folder / "data" / "postmaster.pid").read_text().split()[0]
        return [int(pid) for pid in Path(f"/proc/{first}/task/{first}/children").read_text().split()]

    def everybody(self) -> list[int]:
        """All processes of the server."""
        return [int((self._folder / "data" / "postmaster.pid").read_text().split()[0]), *self.processes()]

    def set(self, name: str, value: str) -> None:
        """Change one of the server's settings while it runs; a setting that makes commits wait does not hold this one up."""
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("SET synchronous_commit = local")
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
            connection.execute("SELECT pg_reload_conf()")
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            wait_for(lambda: connection.execute("SELECT current_setting(%s)", [name]).fetchone() == (value,))

    @contextlib.contextmanager
    def asked_again_and_again(self, statement: str) -> Iterator[None]:
        """Somebody at the server types this, a few times a second."""
        over = threading.Event()

        def ask() -> None:
            with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
                while not over.wait(0.1):
                    connection.execute(statement.encode())

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            yield
        finally:
            over.set()
            asking.join()

    def crash(self) -> None:
        """Every connection breaks at once, nothing is written any more."""
        self._run("pg_ctl", "-m", "immediate", "stop")

    def table_files(self, mark: bytes) -> list[Path]:
        """The files of tables that hold the mark; the write-ahead log stands elsewhere."""
        files = (file for file in (self._folder / "data" / "base").rglob("*") if file.is_file())
        return [file for file in files if mark in file.read_bytes()]

    def remove(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self.crash()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*AS_OWNER, str(self._bin / program), "-D", f"{self._folder}/data", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder)

"""PgBouncer in front of a PostgreSQL of the test's own, with fewer server connections than clients."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.postgres import AS_OWNER, Postgres
from tests.support.production import wait_for
from tests.support.stack import free_port, is_open

FOUND = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")


class Pool:
    """A pool that runs in this mode ("session" or "transaction")."""

    def __init__(self, postgresql: Postgres, folder: Path, mode: str) -> None:
        self._port, self._ini = free_port(), folder / "pgbouncer.ini"
        self.url = f"postgresql+psycopg://contact@127.0.0.1:{self._port}/postgres"
        size = 8 if mode == "session" else 2
        self._ini.write_text(
            f"[databases]\npostgres = host=127.0.0.1 port={postgresql.port} user=contact\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self._port}\nunix_socket_dir =\nauth_type = any\n"
            f"pool_mode = {mode}\ndefault_pool_size = {size}\n"
        )
        self.start()

    def start(self) -> None:
        assert FOUND
        # It refuses to run as root, and its settings must be readable for whom it runs as.
        command = [*AS_OWNER, FOUND, "/dev/stdin"]
        with self._ini.open("rb") as given:
            self._running = subprocess.Popen(command, stdin=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: is_open(self._port))

    def stop(self) -> None:
        self._running.terminate()
        self._running.wait(10)


@contextmanager
def pool(postgresql: Postgres, folder: Path, mode: str) -> Iterator[str]:
    """The address of a pool that runs in this mode, until it is stopped."""
    running = Pool(postgresql, folder, mode)
    try:
        yield running.url
    finally:
        running.stop()

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


@contextmanager
def pool(postgresql: Postgres, folder: Path, mode: str) -> Iterator[str]:
    """The address of a pool that runs in this mode ("session" or "transaction")."""
    assert FOUND
    port, ini = free_port(), folder / "pgbouncer.ini"
    size = 8 if mode == "session" else 2
    ini.write_text(
        f"[databases]\npostgres = host=127.0.0.1 port={postgresql.port} user=contact\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"pool_mode = {mode}\ndefault_pool_size = {size}\n"
    )
    # It refuses to run as root, and its settings must be readable for whom it runs as.
    command = [*AS_OWNER, FOUND, "/dev/stdin"]
    with ini.open("rb") as given:
        running = subprocess.Popen(command, stdin=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: is_open(port))
        yield f"postgresql+psycopg://contact@127.0.0.1:{port}/postgres"
    finally:
        running.terminate()
        running.wait(10)

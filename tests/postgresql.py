"""A private PostgreSQL server in a temporary folder, for tests that must hold on both databases."""

import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest

# PostgreSQL refuses to run as root, so root lets the user of Debian's package run it.
USER = "postgres"


def programs() -> Path | None:
    """The folder with the server's programs, which Debian keeps out of the PATH."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


def skip_where_absent() -> None:
    """Skip the test, with the reason, on a machine that cannot run it."""
    if find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed (the extra `postgresql`)")
    if programs() is None:
        pytest.skip("no PostgreSQL server under /usr/lib/postgresql (apt-get install postgresql)")
    if os.geteuid() == 0 and USER not in {user.pw_name for user in pwd.getpwall()}:
        pytest.skip(f"root cannot run PostgreSQL and there is no user {USER}")


class Postgresql:
    """One server with an empty database, started in about two seconds."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # noqa: S108  a socket's path must be short
        if os.geteuid() == 0:
            shutil.chown(self.folder, USER)
        self.url = f"postgresql+psycopg://{USER}@/postgres?host={self.folder}"
        self._run("initdb", "--username", USER, "--auth", "trust", "--encoding", "UTF8", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder}"
        self._run("pg_ctl", "start", "--wait", "--log", str(self.folder / "log"), "--options", options)

    def stop(self) -> None:
        """End the server at once, as a power cut does."""
        self._run("pg_ctl", "stop", "--mode", "immediate")

    def remove(self) -> None:
        """End the server and leave nothing behind."""
        self.stop()
        shutil.rmtree(self.folder)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str((programs() or Path()) / program), "--pgdata", str(self.folder / "data"), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", USER, "--", *command]
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL)

"""A real PostgreSQL server in a temporary folder: Debian's binaries, a unix socket, no TCP, an unprivileged user."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import psycopg

HOME = Path("/usr/lib/postgresql")
SUPERUSER = "postgres"
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{socket}'
max_connections = 40
shared_buffers = 32MB
autovacuum = off
log_min_messages = fatal
"""


def binaries() -> Path:
    """The folder of the newest server; tests fail without one, they are never skipped."""
    found = sorted(HOME.glob("*/bin/initdb"), key=lambda path: float(path.parents[1].name))
    assert found, f"no PostgreSQL server under {HOME}: apt-get install postgresql"
    return found[-1].parent


def _unprivileged() -> list[str]:
    """A prefix that gives up root, which PostgreSQL refuses to run as."""
    if os.geteuid() != 0:
        return []
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        user = pwd.getpwnam("nobody")
    program = shutil.which("setpriv")
    assert program, "no setpriv: apt-get install util-linux"
    return [program, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


class PostgresServer:
    """One server. `start` it, make `database`s in it, `crash` it, `stop` it."""

    def __init__(self) -> None:
        # Not below pytest's folders: they are closed to other users, and a socket's path may have 107 bytes.
        self.root = Path(tempfile.mkdtemp(prefix="govern-pg-"))
        self.data = self.root / "data"
        self._bin = binaries()
        self._names = count()
        self._used: list[str] = []
        self._free: list[str] = []
        self._run_as = _unprivileged()
        if self._run_as:
            user = pwd.getpwuid(int(self._run_as[1].partition("=")[2]))
            os.chown(self.root, user.pw_uid, user.pw_gid)
        self._run("initdb", "-D", self.data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")
        (self.data / "postgresql.auto.conf").write_text(SETTINGS.format(socket=self.root), encoding="utf-8")

    def _run(self, program: str, *arguments: str | Path) -> None:
        command: Sequence[str] = [*self._run_as, str(self._bin / program), *map(str, arguments)]
        done = subprocess.run(command, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert done.returncode == 0, done.stdout.decode()

    def start(self) -> PostgresServer:
        # The server keeps what it is given as output open, so it is given a file.
        self._run("pg_ctl", "-D", self.data, "-w", "-t", "60", "-l", self.root / "log", "start")
        return self

    def crash(self) -> None:
        """End it as a power cut would, but for what the operating system holds."""
        self._run("pg_ctl", "-D", self.data, "-w", "-m", "immediate", "stop")

    def stop(self) -> None:
        """End it and remove everything."""
        if (self.data / "postmaster.pid").exists():
            self.crash()
        shutil.rmtree(self.root)

    def set(self, name: str, value: str) -> None:
        """Change a setting for whoever looks from now on."""
        with self.admin() as connection:
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")

    def url(self, database: str, user: str = SUPERUSER, password: str | None = None) -> str:
        """Address of a database."""
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@/{database}?host={self.root}"

    def admin(self, database: str = "postgres") -> psycopg.Connection:
        """A connection that may do everything."""
        return psycopg.connect(self.url(database), autocommit=True)

    def database(self, *, template: str = "template0") -> str:
        """Make a database, empty or as another one is, and give its name."""
        if template == "template0" and self._free:
            name = self._free.pop()
        else:
            name = f"ledger{next(self._names)}"
            with self.admin() as connection:
                connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        self._used.append(name)
        return name

    def recycle(self) -> None:
        """Empty every database that was handed out: making one copies and removes hundreds of files."""
        while self._used:
            name = self._used.pop()
            with self.admin(name) as connection:
                connection.execute("SET lock_timeout = '5s'")
                connection.execute("SET client_min_messages = error")
                connection.execute(f"ALTER DATABASE {name} RESET ALL")
                connection.execute("DROP SCHEMA IF EXISTS govern_ledger CASCADE")
            self._free.append(name)

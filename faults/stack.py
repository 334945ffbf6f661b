"""The product as processes on throw-away PostgreSQL and Valkey, every engine time at a fortieth.

Started before Django is set up, because the addresses of its services are what Django is set up with. Web, scheduler
and sandbox run all the time; workers are what faults kill, freeze and replace.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psycopg

from broadcaster.embedded.account import service_account
from broadcaster.embedded.asking import answers, ask_sandbox, await_child
from broadcaster.embedded.child import Child
from broadcaster.embedded.environment import NAMES, PROVIDERS, demo_environment
from broadcaster.embedded.errors import ServiceError
from broadcaster.embedded.ports import free_port
from broadcaster.embedded.postgres import Postgres
from broadcaster.embedded.product import QUEUES, Product
from broadcaster.embedded.state import StateFolder
from broadcaster.embedded.valkey import Valkey
from faults.proxy import Proxy
from faults.relay import Relay

TIME_SCALE = 1 / 40  # of every engine time: a lease is 3 seconds
SIZES = {"SHARD_PEOPLE": "250", "PREPARE_CHUNK": "2000"}  # so that some thousand people make many of both
READY_S = 300.0  # a busy machine needs minutes for the migrations
# What workers log of a task that ended by an exception, of one that was cut off, of an answer that never came.
CRASHED, CUT_OFF, LOST = r"raised unexpected", r"exited with 'signal 14", r" broken \d+\.\d+s"


@dataclass(frozen=True)
class Worker:
    """A Celery worker: its queues, how many processes share them, and what its environment has besides."""

    queues: tuple[str, ...] = QUEUES
    concurrency: int = 4
    extra: Mapping[str, str] = field(default_factory=dict)


class Stack:
    """Use as a context. `environment` is what its processes run with, and what Django here is to be set up with."""

    def __init__(self, time_scale: float = TIME_SCALE, keep_logs: Path | None = None) -> None:
        self.time_scale = time_scale
        self._keep_logs = keep_logs
        self.folder = Path(tempfile.mkdtemp(prefix="broadcaster-faults-"))
        self.folder.chmod(0o755)  # the databases' account must get through
        self.state = StateFolder(self.folder, service_account())
        self.postgres = Postgres(self.state)  # durable: what it confirmed must outlive its own crash
        self.valkey = Valkey(self.state, throw_away=True)  # not durable: nothing in it may be needed
        self.environment: dict[str, str] = {}
        self.workers: list[Child] = []
        self._wanted: tuple[Worker, ...] = ()
        self._started = 0
        self._others: list[Child] = []

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        for child in [*self.workers, *self._others]:
            child.ask_to_stop()
        for child in [*self.workers, *reversed(self._others)]:
            child.stop()
        for listener in (getattr(self, name, None) for name in ("proxy", "relay")):
            if listener is not None:
                listener.__exit__()
        if self._keep_logs is not None:
            shutil.copytree(self.state.logs, self._keep_logs, dirs_exist_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.state.data != self.folder:
            shutil.rmtree(self.state.data, ignore_errors=True)

    # --- what runs all the time ---------------------------------------------------------------------------------

    def _start(self) -> None:
        self.postgres_child = self.postgres.start()
        self._others.append(self.postgres_child)
        self.valkey_child = self.valkey.start()
        self._others.append(self.valkey_child)
        port, self.sandbox_port = free_port(), free_port()
        self.environment = self._environment(port)
        self._product = Product(self.state, self.environment)
        sandbox = self._add(self._product.sandbox(self.sandbox_port))
        migrate = self._product.step("migrate")
        migrate.start()
        self.wait(lambda: not migrate.running, migrate)
        if migrate.exit_code:
            raise ServiceError(f"migrate failed:\n{migrate.tail(25)}")
        self.wait(lambda: answers(self.sandbox_url + "/_sandbox/summary"), sandbox)
        self.proxy = Proxy(free_port(), self.sandbox_port).__enter__()
        self.relay = Relay(free_port(), self.postgres.port).__enter__()
        self.web = self._add(self._product.web(port))
        self._add(self._product.scheduler())
        self.wait(lambda: answers(f"http://127.0.0.1:{port}/accounts/login/"), self.web)

    def _environment(self, port: int) -> dict[str, str]:
        """Ours without what names somebody else's services, and a demo's settings over it."""
        foreign = {*NAMES, "CRASH_AT", "REDIS_BROKER_DB", "REDIS_TOKENS_DB", "REDIS_CACHE_DB"}
        for name in foreign:
            os.environ.pop(name, None)
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
            **demo_environment(self.state, port=port, sandbox_port=self.sandbox_port),
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "ENGINE_TIME_SCALE": str(self.time_scale),
            "PROVIDER_TIMEOUT_S": str(self.answer_s),
            **SIZES,
            "DJANGO_SETTINGS_MODULE": "broadcaster.settings",
        }

    @property
    def lease_s(self) -> float:
        return 120 * self.time_scale

    @property
    def answer_s(self) -> float:
        """How long the engine waits for an answer: 20 seconds, at this scale."""
        return 20 * self.time_scale

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def through_proxy(self) -> dict[str, str]:
        """For workers that reach the providers through the proxy."""
        return dict.fromkeys(PROVIDERS, self.proxy.url)

    @property
    def through_relay(self) -> dict[str, str]:
        """For workers that reach PostgreSQL through the relay."""
        return {"DATABASE_URL": self.postgres.url.replace(f":{self.postgres.port}/", f":{self.relay.port}/")}

    def sandbox(self, path: str, body: object = None) -> dict[str, Any]:
        """Ask the sandbox's control address `/_sandbox/<path>`; with a body it is posted."""
        return ask_sandbox(self.sandbox_url, path, body)

    # --- workers ------------------------------------------------------------------------------------------------

    def run_workers(self, *wanted: Worker) -> list[Child]:
        """Have exactly these workers run. Those that run like that already are kept."""
        if wanted != self._wanted or not all(child.running for child in self.workers):
            self.end_workers()
            self.workers = [self.start_worker(worker) for worker in wanted]
            self._wanted = wanted
        return self.workers

    def start_worker(self, worker: Worker) -> Child:
        """One worker more, which the caller keeps."""
        self._started += 1
        child = self._product.worker(
            f"worker-{self._started}", worker.queues, concurrency=worker.concurrency, extra=worker.extra
        )
        child.start()
        return child

    def end_workers(self) -> None:
        """All of them, at once and without a chance to finish."""
        for child in self.workers:
            kill(child)
        self.workers, self._wanted = [], ()

    def replace(self, child: Child, worker: Worker) -> Child:
        """A new worker in the place of one that has ended."""
        self.workers.remove(child)
        fresh = self.start_worker(worker)
        self.workers.append(fresh)
        return fresh

    def logged(self, what: str) -> int:
        """How many lines of all workers so far hold this pattern."""
        found = re.compile(what)
        logs = self.state.logs.glob("worker-*.log")
        return sum(
            bool(found.search(line)) for log in logs for line in log.read_text(errors="replace").splitlines()
        )

    # --- services -----------------------------------------------------------------------------------------------

    def restart_postgres(self) -> None:
        """Stop it as by a crash ("immediate") and start it on the same port; returns once it answers."""
        self._stop_server(self.postgres_child, signal.SIGQUIT)
        self.postgres_child.start()
        self.wait(self._database_answers, self.postgres_child)

    def stop_valkey(self) -> None:
        self._stop_server(self.valkey_child, signal.SIGKILL)

    def start_valkey(self) -> None:
        """On the same port, empty."""
        self.valkey_child.start()

    def stop_web(self) -> None:
        self._stop_server(self.web, signal.SIGTERM)

    def start_web(self, extra: Mapping[str, str] | None = None) -> None:
        """Again, after it ended; `extra` stands in its environment besides."""
        self.web.env = {**self._product.environment, **(extra or {})}
        self.web.start()

    def _stop_server(self, child: Child, number: signal.Signals) -> None:
        assert child.process  # noqa: S101 (it was started)
        child.process.send_signal(number)
        child.process.wait(60)

    def _database_answers(self) -> bool:
        try:
            with psycopg.connect(self.postgres.url, connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    # --- processes ----------------------------------------------------------------------------------------------

    def _add(self, child: Child) -> Child:
        child.start()
        self._others.append(child)
        return child

    @staticmethod
    def wait(ready: Callable[[], bool], child: Child) -> None:
        """Until `ready`. Raises ServiceError, with the end of the child's log, where that never comes."""
        await_child(child, ready, seconds=READY_S)


def kill(child: Child) -> None:
    """SIGKILL to all processes of the child; returns once it is gone."""
    assert child.process  # noqa: S101 (it was started)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait()


def pool_of(worker: Child) -> list[int]:
    """The processes that do a worker's tasks. For Linux alone."""
    assert worker.process  # noqa: S101 (it was started)
    pid = worker.process.pid
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

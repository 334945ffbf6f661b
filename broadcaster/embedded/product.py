"""The processes of the product, as `demo` runs them; docker-compose.yml names the same commands."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from broadcaster.embedded.child import Child
from broadcaster.embedded.state import ROOT, StateFolder

QUEUES = ("webhooks", "replies", "send", "default")
STOP_GRACE_S = 5.0


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def web_command(host: str, port: int) -> list[str]:
    return [
        *(
            sys.executable,
            "-m",
            "uvicorn",
            "broadcaster.asgi:application",
            "--host",
            host,
            "--port",
            str(port),
        ),
        *("--timeout-graceful-shutdown", "2", "--no-server-header", "--no-access-log", "--lifespan", "auto"),
    ]


def worker_command(queue: str, *, concurrency: int = 1) -> list[str]:
    return [
        *(sys.executable, "-m", "celery", "-A", "broadcaster", "worker", "-Q", queue, "-c", str(concurrency)),
        *("-n", f"{queue}@%h", "--without-gossip", "--without-mingle", "-l", "INFO"),
    ]


def sandbox_command(port: int, memory: Path) -> list[str]:
    return [sys.executable, "-m", "sandbox", "--port", str(port), "--state", str(memory)]


class Product:
    """Builds the product's processes for one state folder, port and environment."""

    def __init__(self, state: StateFolder, environment: Mapping[str, str]) -> None:
        self.state = state
        self.environment = {
            **os.environ,
            **environment,
            "BOOTSTRAP": "off",
            "PYTHONUNBUFFERED": "1",
            "C_FORCE_ROOT": "1",  # Celery asks for it where root runs a demo
        }

    def web(self, port: int) -> Child:
        return self.child("web", web_command("127.0.0.1", port))

    def workers(self) -> list[Child]:
        return [self.worker(f"worker-{queue}", (queue,)) for queue in QUEUES]

    def worker(
        self,
        name: str,
        queues: Sequence[str],
        *,
        concurrency: int = 1,
        extra: Mapping[str, str] | None = None,
    ) -> Child:
        """A Celery worker under a name of its own; `extra` stands in its environment besides."""
        command = worker_command(",".join(queues), concurrency=concurrency)
        command[command.index("-n") + 1] = f"{name}@%h"
        return self.child(name, command, extra)

    def scheduler(self) -> Child:
        return self.child("scheduler", manage("scheduler"))

    def sandbox(self, port: int) -> Child:
        return self.child("sandbox", sandbox_command(port, self.state.path / "sandbox.json"))

    def step(self, command: str, *arguments: str) -> Child:
        """A management command that ends by itself."""
        return self.child(command, manage(command, *arguments))

    def child(self, name: str, command: Sequence[str], extra: Mapping[str, str] | None = None) -> Child:
        """Any process of this product; `extra` stands in its environment besides."""
        return Child(
            name,
            list(command),
            log=self.state.logs / f"{name}.log",
            cwd=Path(ROOT),
            env={**self.environment, **(extra or {})},
            orphan_signal=signal.SIGKILL,  # with nobody left to wait for it, a gentle end could hang
            grace=STOP_GRACE_S,
        )

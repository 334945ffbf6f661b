"""The processes of the product, as `demo` runs them; docker-compose.yml names the same commands."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
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
        return self._child("web", web_command("127.0.0.1", port))

    def workers(self) -> list[Child]:
        return [self._child(f"worker-{queue}", worker_command(queue)) for queue in QUEUES]

    def scheduler(self) -> Child:
        return self._child("scheduler", manage("scheduler"))

    def sandbox(self, port: int) -> Child:
        return self._child("sandbox", sandbox_command(port, self.state.path / "sandbox.json"))

    def step(self, command: str, *arguments: str) -> Child:
        """A management command that ends by itself."""
        return self._child(command, manage(command, *arguments))

    def _child(self, name: str, command: list[str]) -> Child:
        return Child(
            name,
            command,
            log=self.state.logs / f"{name}.log",
            cwd=Path(ROOT),
            env=self.environment,
            orphan_signal=signal.SIGKILL,  # with nobody left to wait for it, a gentle end could hang
            grace=STOP_GRACE_S,
        )

"""The whole product running as processes, as a newcomer starts it: `manage.py demo` on a throw-away folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from broadcaster.embedded.environment import NAMES
from broadcaster.embedded.ports import free_port
from broadcaster.embedded.state import ROOT

START_S = 170


class StackFailed(Exception):
    """The product did not get ready; the message is what it printed."""


def clean_environment(**more: str) -> dict[str, str]:
    """Ours without what names this test run's services, as in a newcomer's shell."""
    foreign = {
        *NAMES,
        "REDIS_BROKER_DB",
        "REDIS_TOKENS_DB",
        "REDIS_CACHE_DB",
        "DATA_DIR",
        "DJANGO_SETTINGS_MODULE",
    }
    foreign |= {name for name in os.environ if name.startswith("PYTEST_")}
    return {**{name: value for name, value in os.environ.items() if name not in foreign}, **more}


def processes_of(folder: Path) -> dict[int, str]:
    """Every process that works on that state folder: by its arguments, working folder or environment (Linux)."""
    mark, found = str(folder), {}
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            arguments = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            environment = (process / "environ").read_bytes().decode(errors="replace")
            where = str((process / "cwd").readlink())
        except OSError:  # it ended meanwhile
            continue
        if arguments and (mark in arguments or where.startswith(mark) or mark in environment):
            found[int(process.name)] = arguments
    return found


@dataclass
class Stack:
    """A running product. `demo` is its supervisor's process."""

    folder: Path
    port: int
    sandbox_port: int
    demo: subprocess.Popen[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    def environment(self) -> dict[str, str]:
        """The variables its processes run with, the services' addresses among them."""
        return json.loads((self.folder / "environment.json").read_text())

    def manage(self, *arguments: str) -> str:
        """Run a management command against it; what it printed. Raises CalledProcessError."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments, "--data-dir", str(self.folder)],
            env=clean_environment(BOOTSTRAP="off"),
            cwd=ROOT,
            check=True,
            text=True,
            stdout=subprocess.PIPE,
        )
        return done.stdout

    def log(self, name: str) -> str:
        """The log of `web`, `worker-send`, `sandbox`, …"""
        file = self.folder / "logs" / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def sandbox(self, path: str, body: object = None) -> dict:
        """Ask the sandbox's control address `/_sandbox/<path>`; with a body it is posted."""
        request = urllib.request.Request(
            f"{self.sandbox_url}/_sandbox/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def health(self) -> dict | None:
        """What /healthz answers; None where nobody does."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            return json.load(error)
        except OSError:
            return None


def start(folder: Path, *options: str, throw_away: bool = True, **env: str) -> Stack:
    """Start `manage.py demo` on that folder and wait until it is ready. Raises StackFailed."""
    port, sandbox_port = free_port(), free_port()
    output = folder / "demo.out"
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        str(ROOT / "manage.py"),
        "demo",
        "--data-dir",
        str(folder),
        "--port",
        str(port),
    ]
    command += ["--sandbox-port", str(sandbox_port), *(["--throw-away"] if throw_away else []), *options]
    with output.open("w") as out:
        demo = subprocess.Popen(
            command,
            env=clean_environment(BOOTSTRAP="off", **env),
            cwd=ROOT,
            stdout=out,
            stderr=out,
            text=True,
        )
    limit = time.monotonic() + START_S
    while "Broadcaster is ready" not in output.read_text():
        if demo.poll() is not None or time.monotonic() > limit:
            demo.terminate()
            demo.wait(20)
            raise StackFailed(output.read_text())
        time.sleep(0.1)
    return Stack(folder, port, sandbox_port, demo)

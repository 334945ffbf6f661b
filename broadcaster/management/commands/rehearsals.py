"""The provider sandbox for rehearsals and the worker that sends to it, and to nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaigns.rehearsal.working import Unsafe, is_sandbox, require_safe, work_until

START_S = 30
STOP_S = 10
LOOPBACK = ("127.0.0.1", "localhost")


class Command(BaseCommand):
    help = "Rehearsals: the provider sandbox at REHEARSAL_URL and the worker for it, which works for nothing else."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--state", type=Path, help="file in which the sandbox keeps its accounts over a restart"
        )
        parser.add_argument(
            "--no-sandbox",
            action="store_true",
            help="one listens at REHEARSAL_URL already, started elsewhere",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.REHEARSING:
            # Settings are read once: they are read anew, with every provider's address the sandbox's.
            os.environ["REHEARSING"] = "on"
            os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606  no shell wanted
        try:
            require_safe()
        except Unsafe as error:
            raise CommandError(str(error)) from error
        stop = Event()

        def end(_signal: int, _frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        sandbox = None if options["no_sandbox"] else _start_sandbox(options["state"])
        try:
            self._work(stop, sandbox)
        finally:
            if sandbox is not None:
                sandbox.terminate()
                sandbox.wait(STOP_S)

    def _work(self, stop: Event, sandbox: subprocess.Popen[bytes] | None) -> None:
        limit = time.monotonic() + START_S
        while not is_sandbox() and not stop.is_set():
            if time.monotonic() > limit or (sandbox is not None and sandbox.poll() is not None):
                raise CommandError(f"No sandbox answers at {settings.REHEARSAL_URL}.")
            stop.wait(0.2)
        self.stdout.write(f"Rehearsals are played at {settings.REHEARSAL_URL}.")
        work_until(stop)


def _start_sandbox(state: Path | None) -> subprocess.Popen[bytes]:
    """It listens for others only where they are to reach it under another name than this machine's own."""
    address = urlsplit(settings.REHEARSAL_URL)
    host = "127.0.0.1" if address.hostname in LOOPBACK else "0.0.0.0"  # noqa: S104  a private network's; see above
    command = [sys.executable, "-m", "sandbox", "--host", host, "--port", str(address.port or 80)]
    return subprocess.Popen([*command, *(["--state", str(state)] if state else [])], cwd=settings.ROOT)

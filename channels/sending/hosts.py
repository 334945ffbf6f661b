"""Where providers live: base addresses taken apart, and names looked up without holding up the sender."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections import deque
from typing import Any
from urllib.parse import urlsplit

from channels.adapters.base import ProviderRequest

KEPT_SECONDS = 60.0  # a name is looked up again after that
SocketAddress = tuple[int, Any]  # family, and the address as `socket` wants it


class Host:
    """The server behind one base address of the settings, and the heads of requests to it.

    Raises ValueError for an address that is neither http nor https.
    """

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not an address of a provider: {base_url!r}")
        self.secure = parts.scheme == "https"
        self.name = parts.hostname
        self.port = parts.port or (443 if self.secure else 80)
        self._prefix = parts.path
        self._authority = parts.netloc.rpartition("@")[2]
        self.session: ssl.SSLSession | None = None  # the next connection need not begin at the beginning
        self._last: tuple[str, str, tuple[tuple[str, str], ...]] | None = None
        self._head = b""

    def wire(self, request: ProviderRequest) -> bytes:
        """The request as it leaves. Raises ValueError where a path or header would break out of its line."""
        asked = request.method, request.path, request.headers
        if asked != self._last:  # a fan-out says the same to the same address again and again
            self._head, self._last = self._written(*asked), asked
        if not request.body and request.method == "GET":
            return self._head + b"\r\n"
        return b"%bContent-Length: %d\r\n\r\n%b" % (self._head, len(request.body), request.body)

    def _written(self, method: str, path: str, headers: tuple[tuple[str, str], ...]) -> bytes:
        lines = [
            f"{method} {self._prefix}{path} HTTP/1.1",
            f"Host: {self._authority}",
            "User-Agent: Broadcaster",
            "Accept: */*",
            *(f"{name}: {value}" for name, value in headers),
        ]
        if lines[0].count(" ") != 2 or not all(line.isascii() and line.isprintable() for line in lines):
            raise ValueError(
                f"not to be sent as {method} to {self.name}: a path or header with odd characters"
            )
        return "\r\n".join([*lines, ""]).encode()


class Names:
    """Socket addresses of hosts, the one that worked last first. Names are looked up on a thread of their own.

    `bell`: a descriptor that can be read once a name that was asked for is known.
    """

    def __init__(self) -> None:
        self.bell, self._rope = os.pipe()
        os.set_blocking(self.bell, False)
        self._known: dict[Host, tuple[float, list[SocketAddress]]] = {}
        self._asked: set[Host] = set()
        self._answers: deque[tuple[Host, list[SocketAddress]]] = deque()
        self._ending = threading.Lock()
        self._ended = False

    def of(self, host: Host) -> list[SocketAddress] | None:
        """The addresses of a host; empty where its name is unknown, None while it is being looked up."""
        kept = self._known.get(host)
        if kept is not None and time.monotonic() < kept[0]:
            return kept[1]
        if host not in self._asked:
            self._asked.add(host)
            threading.Thread(target=self._look_up, args=(host,), name="names", daemon=True).start()
        return None

    def collect(self) -> list[tuple[Host, list[SocketAddress]]]:
        """What has been found out since the last call. A name that is unknown is not remembered as such."""
        os.read(self.bell, 4096)
        found = []
        while self._answers:
            host, addresses = self._answers.popleft()
            self._asked.discard(host)
            if addresses:
                self._known[host] = (time.monotonic() + KEPT_SECONDS, addresses)
            found.append((host, addresses))
        return found

    def prefer(self, host: Host, address: SocketAddress, *, works: bool) -> None:
        """Try this address first from now on, or last."""
        _until, addresses = self._known.get(host, (0.0, []))
        if len(addresses) > 1 and address in addresses:
            addresses.remove(address)
            addresses.insert(0 if works else len(addresses), address)

    def close(self) -> None:
        with self._ending:
            self._ended = True
            os.close(self.bell)
            os.close(self._rope)

    def _look_up(self, host: Host) -> None:
        try:
            found = socket.getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found = []
        self._answers.append((host, list(dict.fromkeys((family, address) for family, *_, address in found))))
        with self._ending:
            if not self._ended:
                os.write(self._rope, b".")

"""TCP ports on 127.0.0.1."""

from __future__ import annotations

import random
import socket

from broadcaster.embedded.errors import ServiceError

# Below the range that the systems give outgoing connections: there, a client that keeps trying to reach a server
# which is down can be given the server's own port, connect to itself, and keep the server from ever coming back.
LOWEST, HIGHEST = 15_000, 32_000


def free_port() -> int:
    """A port that nobody listens on right now; whoever uses it must try again when another was faster."""
    while True:
        port = random.randrange(LOWEST, HIGHEST)  # noqa: S311 (not a secret)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def require_free(port: int, option: str) -> None:
    """Raises ServiceError naming the option to change when somebody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ServiceError(
                f"Port {port} is taken ({error.strerror}). Stop what listens there or choose another: {option} N."
            ) from error

"""TCP ports on 127.0.0.1."""

from __future__ import annotations

import socket

from broadcaster.embedded.errors import ServiceError


def free_port() -> int:
    """A port that nobody listens on right now; whoever uses it must try again when another was faster."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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

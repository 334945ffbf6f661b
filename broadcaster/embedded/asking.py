"""Asking processes of ours over HTTP: whether one answers, and the sandbox what it knows."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from broadcaster.embedded.child import Child
from broadcaster.embedded.errors import ServiceError


def answers(url: str) -> bool:
    """Whether the address answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 (our own address)
            return bool(response.status == 200)
    except OSError:
        return False


def ask_sandbox(url: str, path: str, body: object = None) -> dict[str, Any]:
    """Ask the sandbox's control address `/_sandbox/<path>`; with a body it is posted. Raises OSError."""
    request = urllib.request.Request(  # noqa: S310 (our own address)
        f"{url}/_sandbox/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        answer: dict[str, Any] = json.load(response)
    return answer


def await_child(child: Child, ready: Callable[[], bool], *, seconds: float) -> None:
    """Until `ready`. Raises ServiceError, with the end of the child's log, where that never comes."""
    limit = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > limit:
            raise ServiceError(f"{child.name} did not get ready:\n{child.tail(25)}")
        time.sleep(0.05)  # between two looks at another process

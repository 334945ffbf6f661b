"""Waiting for what other processes do, as long as they do anything."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 180.0  # seconds without anything new
LOOK_EVERY = 0.05


def until(condition: Callable[[], bool], moves: Callable[[], object], what: str) -> None:
    """Wait for the condition while what `moves` tells changes. Raises TimeoutError, with what it told last."""
    moved, seen = time.monotonic(), moves()
    while not condition():
        now = moves()
        if now != seen:
            moved, seen = time.monotonic(), now
        elif time.monotonic() > moved + PATIENCE:
            raise TimeoutError(f"{what} never came: {seen}")
        time.sleep(LOOK_EVERY)  # between two looks at what other processes do

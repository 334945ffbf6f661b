"""Pausing the search for cyclic garbage while a batch makes many objects that hold no cycle.

Python looks for cycles whenever some hundreds of objects more are alive than were; a batch of ten thousand rows makes
it walk the whole heap again and again and find nothing: a quarter of the time of absorbing webhooks, a tenth of that of
a sending worker.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """No search inside the block, which must be of bounded length and size; what it dropped is freed as ever, but for
    cycles, which wait for the first search after it."""
    paused = gc.isenabled()  # within another such block, or another thread's, that one ends the pause
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()

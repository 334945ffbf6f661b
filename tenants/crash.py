"""Named places at which a fault run lets a process die. In normal runs `reached` does nothing.

`CRASH_AT=mark.committed:3` in the environment, read at import, kills the whole process group with SIGKILL when one of
its processes comes to that place for the third time: what a worker dying there leaves behind, the parent and its
other children included. `faults/crashes.py` lists the places and runs every one of them.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable


def _nothing(place: str) -> None:
    """No place is armed."""


def armed(order: str) -> Callable[[str], None]:
    """What `reached` is under CRASH_AT=`order`: a place and, after a colon, at which coming there; else the first."""
    wanted, _colon, times = order.partition(":")
    left = int(times or 1)

    def die(place: str) -> None:
        nonlocal left
        if place == wanted:
            left -= 1
            if left == 0:
                os.killpg(0, signal.SIGKILL)

    return die


reached: Callable[[str], None] = armed(os.environ["CRASH_AT"]) if os.environ.get("CRASH_AT") else _nothing

"""A task that takes too long ends with its process, by an alarm that rings in the process itself.

Celery's own time limit is kept by the worker's parent. While that looks for a lost broker it reads no results: on
coming back it ends processes whose tasks were done long before, may lose count of them and then stand still for good;
and those that really hang outlive their lease meanwhile.
"""

from __future__ import annotations

import signal
from typing import Any

from celery import signals
from django.conf import settings


@signals.worker_process_init.connect
def keep_limits(**_signal: Any) -> None:
    """From now on, in this process of a worker's pool."""
    signals.task_prerun.connect(_begin)
    signals.task_postrun.connect(_end)


def _begin(sender: Any, **_signal: Any) -> None:
    seconds = settings.TASK_OWN_LIMITS_S.get(sender.name, settings.TASK_HARD_LIMIT_S)
    # Nobody handles SIGALRM, so the kernel ends the process, whatever it is doing.
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _end(**_signal: Any) -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)

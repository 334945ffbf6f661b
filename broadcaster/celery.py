"""The Celery application. Tasks are doorbells: safe to lose, repeat or reorder."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals
from kombu.transport.redis import Channel

from broadcaster import time_limit  # noqa: F401  connects its signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "broadcaster.settings")
app = Celery("broadcaster")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# What a worker has taken and not begun is not put back: the sweeper rings again. Putting it back over a connection that
# is lost raises an error in kombu, of which the worker ends.
Channel.do_restore = False


@signals.task_prerun.connect
def replace_broken_connections(**_signal: Any) -> None:
    """Connections are kept between tasks; one that broke would fail every task from then on."""
    from django.db import close_old_connections

    close_old_connections()

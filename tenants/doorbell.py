"""Ringing Celery. A ring may be lost, doubled or late; what is due stands in PostgreSQL and is swept anyway."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import redis
import structlog
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)
ENOUGH = 4  # rings already waiting in a queue: one more would only find nothing to do


@lru_cache(maxsize=1)
def _broker() -> redis.Redis:
    return redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=2, socket_connect_timeout=2)


def ring(task: Any) -> None:
    """Publish an argument-free task now, unless enough rings for it wait already. Failure is logged, never raised."""
    queue = settings.CELERY_TASK_ROUTES.get(task.name, {}).get("queue", settings.CELERY_TASK_DEFAULT_QUEUE)
    try:
        if queue != settings.CELERY_TASK_DEFAULT_QUEUE and int(_broker().llen(queue)) >= ENOUGH:
            return
        task.apply_async(retry=False)
    except (redis.RedisError, OperationalError, OSError) as error:
        log.warning("doorbell_lost", task=task.name, error=type(error).__name__)


def ring_on_commit(task: Any) -> None:
    """Publish once the present transaction is committed; at once outside one."""
    transaction.on_commit(lambda: ring(task))

"""Celery's entry points: doorbells, safe to lose, to repeat and to reorder."""

from __future__ import annotations

from typing import Any

from celery import Task, shared_task
from django.db import connection


@shared_task(bind=True)
def take_canary(self: Task[Any, Any]) -> None:
    """Note that a worker of this queue takes messages; the queue is the one it came through."""
    info = self.request.delivery_info
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tenants_canary SET taken_at = clock_timestamp(), waiting_since = NULL WHERE queue = %s",
            [info["routing_key"] if info else ""],
        )

"""`GET /healthz`: whether the product can do its work right now, for load balancers and `manage.py demo`."""

from __future__ import annotations

from typing import Any

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from broadcaster import heartbeat
from broadcaster.doors import oldest_due_seconds

TIMEOUT_S = 2.0


@require_GET
@never_cache
@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """200 where database, Valkey and a worker of every queue answer, else 503.

    `workers` counts the live worker processes per queue; `oldest_due_s` is the age in seconds of the oldest
    work that is due and not taken, null where that cannot be asked.
    """
    workers, oldest_due = _workers(), _oldest_due()
    body: dict[str, Any] = {
        "database": "down" if oldest_due is None else "ok",
        "redis": "down" if workers is None else "ok",
        "workers": workers or dict.fromkeys(heartbeat.QUEUES, 0),
        "oldest_due_s": oldest_due,
    }
    well = body["database"] == "ok" and workers is not None and all(workers.values())
    return JsonResponse({"status": "ok" if well else "down", **body}, status=200 if well else 503)


def _oldest_due() -> float | None:
    """None where the database does not answer."""
    try:
        return oldest_due_seconds()
    except DatabaseError:
        connection.close()
        return None


def _workers() -> dict[str, int] | None:
    try:
        with redis.Redis.from_url(settings.TOKENS_REDIS_URL, socket_timeout=TIMEOUT_S) as client:
            return heartbeat.alive(client)
    except redis.RedisError:
        return None

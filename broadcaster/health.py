"""Whether the product can do its work right now: `GET /healthz` for load balancers and `manage.py demo`, and what
`manage.py health` tells the operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from broadcaster.doors import oldest_due_seconds
from tenants import canary, heartbeat
from tenants.canary import Singing

TIMEOUT_S = 2.0


@dataclass(frozen=True)
class Vitals:
    """`workers`: live worker processes by queue, None where Valkey does not answer. `oldest_due_s`: age in seconds of
    the oldest work that is due and not taken; it and `singing` are None where the database does not answer."""

    workers: dict[str, int] | None
    oldest_due_s: float | None
    singing: Singing | None

    @property
    def faults(self) -> list[str]:
        """What is wrong, in the operator's words; empty where all is well."""
        found = []
        if self.singing is None:
            found.append("the database does not answer")
        if self.workers is None:
            found.append("Valkey does not answer")
        found += [
            f"no worker of queue {name} lives" for name, count in (self.workers or {}).items() if not count
        ]
        if self.singing is not None:
            found += [f"queue {name} takes nothing: its workers live and stand still" for name in self._still]
            if self.singing.scheduler_silent:
                found.append("the scheduler does not sweep")
        return found

    @property
    def _still(self) -> list[str]:
        """Silent queues that have workers; of those without it is said already."""
        silent = self.singing.silent if self.singing else []
        return [name for name in silent if self.workers is None or self.workers[name]]


def vitals() -> Vitals:
    singing, oldest_due = _from_database()
    return Vitals(_workers(), oldest_due, singing)


@require_GET
@never_cache
@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """200 where database and Valkey answer and a worker of every queue lives and takes messages, else 503."""
    now = vitals()
    body: dict[str, Any] = {
        "status": "down" if now.faults else "ok",
        "database": "down" if now.singing is None else "ok",
        "redis": "down" if now.workers is None else "ok",
        "workers": now.workers or dict.fromkeys(heartbeat.QUEUES, 0),
        "oldest_due_s": now.oldest_due_s,
        "canaries_s": now.singing.waiting_s if now.singing else None,
    }
    return JsonResponse(body, status=503 if now.faults else 200)


def _from_database() -> tuple[Singing | None, float | None]:
    try:
        return canary.listen(), oldest_due_seconds()
    except DatabaseError:
        connection.close()
        return None, None


def _workers() -> dict[str, int] | None:
    try:
        with redis.Redis.from_url(settings.TOKENS_REDIS_URL, socket_timeout=TIMEOUT_S) as client:
            return heartbeat.alive(client)
    except redis.RedisError:
        return None

"""Live hints: tell open pages that something changed. Pages fetch it again; polling is their fallback.

A hint travels over Valkey pub/sub after the commit and may be lost; nothing may depend on it. It holds no
personal data: pages learn what changed by asking, with their own rights.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import redis
import structlog
from django.conf import settings
from django.db import transaction

ENDED = "ended"  # name of the channel that tells of sessions signed out

log = structlog.get_logger(__name__)


def live_prefix() -> str:
    """Start of our pub/sub channel names. Pub/sub ignores database numbers, so the number stands in the name."""
    return f"live:{settings.REDIS_CACHE_DB}:"


def tenant_name(tenant_id: int) -> str:
    """Name of the tenant's channel, after the prefix."""
    return f"tenant:{tenant_id}"


def publish(tenant_id: int, topic: str, payload: Mapping[str, Any] | None = None) -> None:
    """After the commit, tell the tenant's pages that listen to `topic` that it changed.

    Topics: `inbox`, `campaigns`, `templates`, `channels`, `credit`, `campaign-<number>`, `conversation-<number>`.
    `payload` is tiny.
    """
    message = json.dumps({"topic": topic, "payload": dict(payload or {})})
    transaction.on_commit(partial(_send, tenant_name(tenant_id), message), robust=True)


def end_session(session_key: str) -> None:
    """Close the live connections of a session that was signed out."""
    _send(ENDED, session_mark(session_key))


def session_mark(session_key: str) -> str:
    """A session's name where others could read it: never the key itself."""
    return hashlib.sha256(session_key.encode()).hexdigest()


def _send(name: str, message: str) -> None:
    try:
        _client(settings.LIVE_REDIS_URL).publish(live_prefix() + name, message)
    except redis.RedisError as error:
        log.warning("live_hint_lost", error=type(error).__name__)


@lru_cache(maxsize=2)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)

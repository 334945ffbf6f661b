"""Which workers live: each notes itself in Valkey every few seconds, per queue it consumes from."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from typing import Any

import redis
import structlog
from celery import current_app
from celery.signals import heartbeat_sent, worker_shutting_down
from django.conf import settings
from redis.client import Pipeline

QUEUES = ("webhooks", "replies", "send", "default")
ALIVE_S = 10  # Celery's heart beats every 2 s
logger = structlog.get_logger(__name__)


def alive(client: redis.Redis) -> dict[str, int]:
    """How many worker processes serve each queue now. Raises redis.RedisError."""
    with client.pipeline(transaction=False) as pipe:
        pipe.time()
        ask(pipe)
        (seconds, microseconds), *beats = pipe.execute()
    return count(beats, seconds + microseconds / 1e6)


def ask(pipe: Pipeline) -> None:
    """Queue the question for the last heartbeats of each of QUEUES; `count` reads the answers."""
    for queue in QUEUES:
        pipe.zrange(_key(queue), 0, -1, withscores=True)


def count(beats: Sequence[Sequence[tuple[bytes, float]]], now: float) -> dict[str, int]:
    """Live worker processes by queue; `now` is Redis' clock."""
    return {
        queue: sum(at >= now - ALIVE_S for _worker, at in workers)
        for queue, workers in zip(QUEUES, beats, strict=True)
    }


def connect() -> None:
    """Let this process, where it is a Celery worker, note its heartbeats."""
    heartbeat_sent.connect(_beat, weak=False)
    worker_shutting_down.connect(_leave, weak=False)


def _beat(**_kwargs: Any) -> None:
    try:
        with _client() as client:
            now = _now(client)
            for queue in current_app.amqp.queues.consume_from:
                client.zadd(_key(queue), {_name(): now})
                client.zremrangebyscore(_key(queue), "-inf", now - 60)
    except redis.RedisError as error:  # the broker's own connection says and mends the same
        logger.warning("heartbeat_not_noted", error=str(error))


def _leave(**_kwargs: Any) -> None:
    try:
        with _client() as client:
            for queue in current_app.amqp.queues.consume_from:
                client.zrem(_key(queue), _name())
    except redis.RedisError as error:
        logger.warning("heartbeat_not_noted", error=str(error))


def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.TOKENS_REDIS_URL, socket_timeout=1)


def _now(client: redis.Redis) -> float:
    seconds, microseconds = client.time()
    return float(seconds) + float(microseconds) / 1e6


def _key(queue: str) -> str:
    return f"workers:{queue}"


def _name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"

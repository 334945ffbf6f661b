"""What the token buckets and the workers' heartbeats say at this moment: one round trip to Redis, nothing taken.

For whoever explains what a campaign waits for; the send path itself never asks here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings

from channels.sending.pacing import FLOW_SECONDS, IDLE_SECONDS, RECOVERY, key_of
from tenants import heartbeat

LATELY = 5.0  # seconds in which too few tokens were granted, for a limit to be what is waited for
TIMEOUT = 1.0
_FIELDS = ("factor", "slowed_at", "blocked_until", "flow", "flow_at", "flow_since", "short_at")


@dataclass(frozen=True)
class Gauge:
    """One bucket. `factor`: of the full rate, below 1 after the provider refused for speed. `blocked`: seconds until
    anything may leave. `flow`: requests a second that left lately, None where none did. `short`: more was asked for
    than the limit allows. `idle`: seconds since the last request took its token, None where that is long ago."""

    factor: float = 1.0
    blocked: float = 0.0
    flow: float | None = None
    short: bool = False
    idle: float | None = None


@dataclass(frozen=True)
class Readings:
    """`gauges` by (channel id, endpoint); `workers`: how many processes serve each queue."""

    gauges: Mapping[tuple[int, str], Gauge]
    workers: Mapping[str, int]


def read(buckets: Sequence[tuple[int, str]]) -> Readings | None:
    """The buckets as they stand and who is at work; None where Redis does not answer."""
    try:
        with _client().pipeline(transaction=False) as pipe:
            pipe.time()
            heartbeat.ask(pipe)
            for channel_id, endpoint in buckets:
                pipe.hmget(key_of(channel_id, endpoint), _FIELDS)
            (seconds, microseconds), *answers = pipe.execute()
    except redis.RedisError:
        return None
    now = seconds * 1_000_000 + microseconds
    beats, states = answers[: len(heartbeat.QUEUES)], answers[len(heartbeat.QUEUES) :]
    return Readings(
        {bucket: _gauge(state, now) for bucket, state in zip(buckets, states, strict=True)},
        heartbeat.count(beats, now / 1e6),
    )


@lru_cache(maxsize=1)
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.TOKENS_REDIS_URL, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT
    )


def _gauge(state: Sequence[Any], now: float) -> Gauge:
    """From the bucket's own fields, in microseconds of Redis' clock."""
    factor, slowed_at, blocked_until, flow, flow_at, flow_since, short_at = (
        None if value is None else float(value) for value in state
    )
    recovered = RECOVERY * max(0.0, now - (slowed_at or 0)) / 1e6
    idle = (now - flow_at) / 1e6 if flow_at else None
    return Gauge(
        factor=min(1.0, (1.0 if factor is None else factor) + recovered),
        blocked=max(0.0, ((blocked_until or 0) - now) / 1e6),
        flow=_flow(flow or 0.0, idle, (now - (flow_since or now)) / 1e6),
        short=short_at is not None and now - short_at < LATELY * 1e6,
        idle=idle,
    )


def _flow(flow: float, idle: float | None, seen: float) -> float | None:
    """The average, weighted towards now, of the time since the bucket began to remember; None for long idle ones."""
    if idle is None or idle > IDLE_SECONDS or seen < 1:
        return None
    return flow * math.exp(-idle / FLOW_SECONDS) / (1 - math.exp(-seen / FLOW_SECONDS))

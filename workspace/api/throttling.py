"""How often a token may ask: one atomic token bucket per API token, kept in Valkey.

DRF's own throttles read, decide and write in three steps, so parallel requests all pass. Here one script
decides with the server's clock. Without Valkey requests pass: this protects the product from loops in other
people's programs, it is no safeguard of sending, which has its own pacing and does stop.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import redis
from django.conf import settings
from redis.commands.core import Script
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from tenants.models import ApiToken

if TYPE_CHECKING:  # DRF loads this module while it loads its views
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)

# KEYS[1] bucket; ARGV: tokens per second, capacity. Answers the seconds to wait, as text: "0" lets it pass.
_TAKE = """
local now = redis.call('TIME')
local at = now[1] + now[2] / 1000000
local rate, capacity = tonumber(ARGV[1]), tonumber(ARGV[2])
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = math.min(capacity, (tonumber(bucket[1]) or capacity) + (at - (tonumber(bucket[2]) or at)) * rate)
if tokens < 1 then return tostring((1 - tokens) / rate) end
redis.call('HSET', KEYS[1], 'tokens', tokens - 1, 'at', at)
redis.call('EXPIRE', KEYS[1], math.ceil(capacity / rate) + 1)
return '0'
"""


@lru_cache(maxsize=1)
def _script() -> Script:
    client = redis.Redis.from_url(settings.LIVE_REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
    return client.register_script(_TAKE)


def seconds_to_wait(key: str, *, per_second: float, burst: int) -> float:
    """Take one token of the bucket `key`; 0 when there was one, else the seconds until the next."""
    try:
        return float(cast(bytes, _script()(keys=[f"api:{key}"], args=[per_second, burst])))
    except redis.RedisError:
        logger.warning("api rate limit not applied: Valkey does not answer")
        return 0.0


class TokenThrottle(BaseThrottle):
    """`API_RATE_PER_MINUTE` requests a minute for each API token, `API_BURST` of them at once."""

    seconds = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.auth, ApiToken):
            return True
        rate = settings.API_RATE_PER_MINUTE / 60
        self.seconds = seconds_to_wait(f"token:{request.auth.pk}", per_second=rate, burst=settings.API_BURST)
        return self.seconds == 0

    def wait(self) -> float:
        return self.seconds + 1  # whole seconds, rounded up, in Retry-After

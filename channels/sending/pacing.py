"""How fast a channel may send: one token bucket per channel and endpoint, in Redis, on Redis' own clock.

Over any second no more leaves than `share` of what the provider allows: the bucket's rate and burst together are that
much. A whole window of tokens is taken in one call by borrowing up to `ahead` seconds of them; the grant then says when
each request may leave. Replies may borrow further than campaigns: however busy the channel, a reply gets its token at
once and leaves before the campaign's next window. No Redis, no token.

The bucket also keeps what people are told about it (`gauges`): how fast tokens went lately, and whether fewer were
granted than were asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from channels.adapters.base import ChannelSpec, Pacing

SHARE = 0.99  # of the provider's limit (docs/adr/0018)
BURST_SHARE = 0.005  # of the provider's limit may leave at once
AHEAD = 0.25  # seconds of tokens a campaign's window may borrow
REPLIES_AHEAD = 1.0  # … and a reply, which so always finds one while a campaign is at its end
FLOW_SECONDS = 30.0  # over which the bucket remembers how fast tokens went
IDLE_SECONDS = 30.0  # after which it begins to remember anew
BLOCK_SECONDS = 1.0  # after a 429 that names no time
RECOVERY = 0.01  # of the full rate regained every second
FLOOR = 1 / 16  # of the full rate is kept however often we are slowed down
REDIS_TIMEOUT = 2.0

# Tokens below zero are borrowed. Times are microseconds; Lua's numbers hold them exactly.
_STATE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'factor', 'slowed_at', 'blocked_until')
local at = tonumber(state[2]) or now
local slowed_at = tonumber(state[4]) or 0
local blocked_until = tonumber(state[5]) or 0
local factor = math.min(1, (tonumber(state[3]) or 1) + tonumber(ARGV[1]) * math.max(0, now - slowed_at) / 1000000)
local function keep(tokens, factor, slowed_at)
  redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.0f', now),
    'factor', string.format('%.6f', factor), 'slowed_at', string.format('%.0f', slowed_at),
    'blocked_until', string.format('%.0f', blocked_until))
  redis.call('PEXPIRE', KEYS[1], math.max(3600000, math.ceil((blocked_until - now) / 1000)))
end
"""

_TAKE = (
    _STATE
    + """
if now < blocked_until then return {0, 0, 0, blocked_until - now} end
local burst, want, ahead = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local memory, idle = tonumber(ARGV[6]), tonumber(ARGV[7])
local rate = tonumber(ARGV[2]) * factor / 1000000
local tokens = math.min(burst, (tonumber(state[1]) or burst) + math.max(0, now - at) * rate)
local granted = math.max(0, math.min(want, math.floor(tokens + ahead * rate)))
local left, retry = tokens - granted, 0
if granted < want then
  local batch = math.max(1, math.min(want - granted, (burst + ahead * rate) / 2))
  retry = math.max(0, batch - left - ahead * rate) / rate
end
keep(left, factor, now)
local seen = redis.call('HMGET', KEYS[1], 'flow', 'flow_at', 'flow_since')
local flow, flow_at, since = tonumber(seen[1]) or 0, tonumber(seen[2]) or 0, tonumber(seen[3]) or now
if now - flow_at > idle then flow, since = 0, now end
flow = flow * math.exp(-math.max(0, now - flow_at) / memory) + granted / memory * 1000000
redis.call('HSET', KEYS[1], 'flow', string.format('%.6f', flow), 'flow_at', string.format('%.0f', now),
  'flow_since', string.format('%.0f', since))
if granted < want then redis.call('HSET', KEYS[1], 'short_at', string.format('%.0f', now)) end
return {granted, math.floor(tokens * 1000), math.ceil(1000 / rate), math.ceil(retry)}
"""
)

_SLOW_DOWN = (
    _STATE
    + """
blocked_until = math.max(blocked_until, now + tonumber(ARGV[2]))
-- All that was in flight is refused together: that is one reason to slow down, not hundreds.
if tonumber(redis.call('HGET', KEYS[1], 'halved_at') or 0) <= now - 1000000 then
  factor = math.max(tonumber(ARGV[3]), factor / 2)
  redis.call('HSET', KEYS[1], 'halved_at', string.format('%.0f', now))
end
keep(math.min(0, tonumber(state[1]) or 0), factor, now)
return 0
"""
)


class PacingUnavailable(Exception):
    """Redis cannot be asked, so nothing may be sent now."""


@dataclass(frozen=True)
class Grant:
    """Leave to send `tokens` requests, each at its own time.

    `retry_in`: seconds until it is worth asking for those that were not granted; 0 when all were.
    `on_hand`: tokens that were there, below zero when earlier windows still have theirs to come; the others come
    one every `interval` seconds.
    """

    tokens: int
    retry_in: float
    on_hand: float = 0.0
    interval: float = 0.0

    def delays(self) -> Iterator[float]:
        """For each request, the seconds from now when it may leave (`Transport.submit(…, delay=…)`)."""
        return (max(0.0, (n - self.on_hand) * self.interval) for n in range(1, self.tokens + 1))


class Lane:
    """One endpoint's requests as they really leave this process, on its monotonic clock. A worker that was held up has
    requests overdue; all at once they would be more than the provider allows in that second. So they leave at the
    bucket's rate, late by the same time, but for a few milliseconds' worth that rate and limit leave between them."""

    def __init__(self, limit: Pacing) -> None:
        rate, _burst = bucket_of(limit)
        self._apart = 1 / rate
        self._slack = max(0.0, (limit.rate - 1) / rate - 1)
        self._full_at = 0.0

    @property
    def free_at(self) -> float:
        """When the next request may leave."""
        return self._full_at - self._slack

    def take(self, now: float) -> bool:
        """Whether a request leaves now."""
        if self._full_at - self._slack > now:
            return False
        self._full_at = max(self._full_at, now) + self._apart
        return True


class Pacer:
    """Token buckets of all channels. Open it after the fork; any number of processes share the buckets."""

    def __init__(self, client: redis.Redis, *, share: float = SHARE) -> None:
        self._share = share
        self._take = client.register_script(_TAKE)
        self._slow_down = client.register_script(_SLOW_DOWN)

    @classmethod
    def open(cls, url: str, *, share: float = SHARE) -> Self:
        """A pacer with a connection of its own that gives up fast."""
        client = redis.Redis.from_url(
            url,
            socket_timeout=REDIS_TIMEOUT,
            socket_connect_timeout=REDIS_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
        )
        return cls(client, share=share)

    def take(
        self, channel_id: int, endpoint: str, limit: Pacing, want: int, *, ahead: float = AHEAD
    ) -> Grant:
        """Leave to send up to `want` requests on this endpoint of this channel, whose provider allows `limit`.

        `ahead`: seconds of tokens that may be borrowed, AHEAD or REPLIES_AHEAD. Raises PacingUnavailable.
        """
        rate, burst = bucket_of(limit, self._share)
        arguments = [RECOVERY, rate, burst, want, ahead * 1e6, FLOW_SECONDS * 1e6, IDLE_SECONDS * 1e6]
        try:
            granted, on_hand, interval, retry = map(
                int, self._take(keys=[key_of(channel_id, endpoint)], args=arguments)
            )
        except redis.RedisError as error:
            raise PacingUnavailable from error
        return Grant(granted, retry / 1e6, on_hand / 1e3, interval / 1e9)

    def slow_down(self, channel_id: int, endpoint: str, seconds: float = 0.0) -> None:
        """The provider refused for speed: nothing leaves for `seconds` (one, where it named none), then half the
        former rate, regained slowly.

        Raises PacingUnavailable.
        """
        arguments = [RECOVERY, (seconds or BLOCK_SECONDS) * 1_000_000, FLOOR]
        try:
            self._slow_down(keys=[key_of(channel_id, endpoint)], args=arguments)
        except redis.RedisError as error:
            raise PacingUnavailable from error


def limits_of(spec: ChannelSpec, pace: float | None) -> Mapping[str, Pacing]:
    """The provider's limits by endpoint for one account.

    `pace` is the account's own number of requests a second where it differs from the kind's (a WhatsApp number with
    1,000): it replaces that of the first endpoint and caps the others, which the provider limits more.
    """
    if pace is None:
        return spec.pacing
    main = next(iter(spec.pacing))
    rates = {name: pace if name == main else min(pace, limit.rate) for name, limit in spec.pacing.items()}
    return {name: Pacing(rate, rate, spec.pacing[name].pair_seconds) for name, rate in rates.items()}


def bucket_of(limit: Pacing, share: float = SHARE) -> tuple[float, float]:
    """Rate and burst that stay within our share together; below two a second, the rate alone does."""
    allowed = limit.rate * share
    burst = max(1.0, min(limit.burst, limit.rate) * BURST_SHARE)
    return max(allowed - burst, allowed / 2), burst


def key_of(channel_id: int, endpoint: str) -> str:
    return f"pace:{{{channel_id}}}:{endpoint}"

"""The token buckets on a real Valkey. Time passes by moving a bucket's own times back."""

from __future__ import annotations

import threading
from bisect import bisect_left

import pytest
from django.conf import settings

from channels.adapters import ADAPTERS
from channels.adapters.base import Pacing
from channels.sending import gauges
from channels.sending.pacing import (
    AHEAD,
    BLOCK_SECONDS,
    BURST_SHARE,
    FLOOR,
    REPLIES_AHEAD,
    SHARE,
    Lane,
    Pacer,
    PacingUnavailable,
    bucket_of,
    limits_of,
)

KEY = "pace:{7}:push"
TIMES = ("at", "slowed_at", "halved_at", "blocked_until", "flow_at", "flow_since", "short_at")


@pytest.fixture
def pacer(valkey):
    return Pacer(valkey)


@pytest.fixture
def wait(valkey):
    """Let seconds pass for the bucket."""

    def move(seconds: float) -> None:
        for name in TIMES:
            if valkey.hexists(KEY, name):
                valkey.hincrby(KEY, name, -round(seconds * 1_000_000))

    return move


def limit(rate: float) -> Pacing:
    return Pacing(rate=rate, burst=rate)


def sends(pacer, valkey, wait, rate: float, want: int, seconds: float, ahead: float = 0.25) -> list[float]:
    """When requests leave in `seconds` of asking for `want` again and again, each as early as it may."""

    def granted_at() -> float:
        """The bucket's own time of its last grant: a clock read afterwards would be late by what the machine is."""
        return int(valkey.hget(KEY, "at")) / 1e6 + waited

    waited, leaving = 0.0, []
    began = now = None
    while now is None or now < began + seconds:
        grant = pacer.take(7, "push", limit(rate), want, ahead=ahead)
        now = granted_at()
        began = began or now
        leaving += [now - began + delay for delay in grant.delays()]
        wait(grant.retry_in)
        waited += grant.retry_in
    return [at for at in leaving if at < seconds]


def busiest_second(leaving: list[float]) -> int:
    ordered = sorted(leaving)
    return max(bisect_left(ordered, start + 1) - first for first, start in enumerate(ordered))


@pytest.mark.parametrize("rate", [20, 80, 200, 1000])
@pytest.mark.parametrize("ahead", [0, 0.25])
def test_no_second_exceeds_our_share(pacer, valkey, wait, rate, ahead):
    leaving = sends(pacer, valkey, wait, rate, want=500, seconds=3, ahead=ahead)
    assert busiest_second(leaving) <= rate * SHARE + 1  # a half-open second may show one more
    assert busiest_second(leaving) <= rate  # and never more than the provider allows


@pytest.mark.parametrize("rate", [20, 80, 200, 1000])
def test_borrowing_ahead_loses_next_to_nothing(pacer, valkey, wait, rate):
    leaving = sends(pacer, valkey, wait, rate, want=500, seconds=3)
    assert len(leaving) >= 3 * (rate * SHARE - max(1, rate * BURST_SHARE)) - 2


def test_a_grant_is_never_more_than_was_asked_for(pacer):
    grant = pacer.take(7, "push", limit(1000), 3)
    assert (grant.tokens, grant.retry_in) == (3, 0)
    assert list(pacer.take(7, "push", limit(1000), 0).delays()) == []


def test_a_window_is_granted_in_one_call_and_spread(pacer):
    first, second = pacer.take(7, "push", limit(1000), 120), pacer.take(7, "push", limit(1000), 100)
    assert (first.tokens, second.tokens) == (120, 100)
    delays = list(first.delays())
    assert delays == sorted(delays)
    assert delays[4] == 0  # the burst leaves at once, the others one by one
    assert delays[-1] == pytest.approx(115 / 985, abs=0.001)
    assert next(second.delays()) > delays[-1] - 0.1  # and the second window after the first


def test_what_is_refused_is_told_when_to_come_back(pacer, wait):
    first = pacer.take(7, "push", limit(80), 1000)
    assert 0 < first.tokens < 1000
    assert first.retry_in > 0
    wait(first.retry_in)
    assert pacer.take(7, "push", limit(80), 1000).tokens >= 1


def test_an_idle_bucket_saves_no_more_than_its_burst(pacer, wait):
    pacer.take(7, "push", limit(400), 1)
    wait(3600)
    assert pacer.take(7, "push", limit(400), 500, ahead=0).tokens == 2


def test_channels_and_endpoints_have_their_own_buckets(pacer):
    while pacer.take(7, "push", limit(20), 50, ahead=0).tokens:
        pass
    assert pacer.take(7, "multicast", limit(20), 1, ahead=0).tokens == 1
    assert pacer.take(8, "push", limit(20), 1, ahead=0).tokens == 1


def test_after_a_429_nothing_leaves_until_the_named_time(pacer, wait):
    pacer.take(7, "push", limit(80), 1)
    pacer.slow_down(7, "push", 30)
    grant = pacer.take(7, "push", limit(80), 10)
    assert grant.tokens == 0
    assert 29 < grant.retry_in <= 30
    wait(29)
    assert pacer.take(7, "push", limit(80), 10).tokens == 0
    wait(1.1)
    assert pacer.take(7, "push", limit(80), 10).tokens > 0


def test_a_429_without_a_time_blocks_for_a_moment(pacer):
    pacer.slow_down(7, "push")
    assert 0 < pacer.take(7, "push", limit(80), 10).retry_in <= BLOCK_SECONDS


def test_a_shorter_wait_never_shortens_a_longer_one(pacer):
    pacer.slow_down(7, "push", 60)
    pacer.slow_down(7, "push", 1)
    assert pacer.take(7, "push", limit(80), 10).retry_in > 50


def test_a_429_halves_the_rate_which_recovers_slowly(pacer, valkey, wait):
    full = len(sends(pacer, valkey, wait, 200, 500, 2))
    pacer.slow_down(7, "push", 1)
    wait(1.01)
    half = len(sends(pacer, valkey, wait, 200, 500, 2))
    assert 0.4 * full < half < 0.6 * full
    wait(25)
    partly = len(sends(pacer, valkey, wait, 200, 500, 2))
    assert half < partly < full
    wait(60)
    assert len(sends(pacer, valkey, wait, 200, 500, 2)) >= 0.95 * full


def test_many_429_at_once_are_one_reason_to_slow_down(pacer, valkey, wait):
    for _ in range(50):
        pacer.slow_down(7, "push", 1)
    assert float(valkey.hget(KEY, "factor")) == pytest.approx(0.5, abs=0.01)
    for _ in range(20):
        wait(1.5)
        pacer.slow_down(7, "push", 1)
    assert float(valkey.hget(KEY, "factor")) == pytest.approx(FLOOR, abs=0.02)


def test_two_processes_share_one_bucket(valkey):
    granted: list[int] = []

    def work() -> None:
        pacer = Pacer.open(settings.TOKENS_REDIS_URL)
        granted.extend(pacer.take(7, "push", limit(0.001), 1, ahead=0).tokens for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(granted) == 1


def test_an_emptied_redis_starts_over_with_the_burst_alone(pacer, valkey):
    pacer.take(7, "push", limit(400), 500)
    valkey.flushdb()
    valkey.script_flush()
    assert pacer.take(7, "push", limit(400), 500, ahead=0).tokens == 2


def test_buckets_do_not_stay_for_ever(pacer, valkey):
    pacer.take(7, "push", limit(80), 1)
    assert 0 < valkey.ttl(KEY) <= 3600


def test_no_redis_no_token():
    pacer = Pacer.open("redis://127.0.0.1:1/0")
    with pytest.raises(PacingUnavailable):
        pacer.take(7, "push", limit(80), 1)
    with pytest.raises(PacingUnavailable):
        pacer.slow_down(7, "push", 1)


def test_a_reply_gets_its_token_before_the_next_window_of_a_campaign(pacer):
    """The campaign has borrowed all it may and asks again and again; the reply is granted at once and leaves next."""
    while pacer.take(7, "push", limit(80), 500).tokens:
        pass
    reply = pacer.take(7, "push", limit(80), 1, ahead=REPLIES_AHEAD)
    assert reply.tokens == 1
    assert next(reply.delays()) <= AHEAD + 0.05
    assert pacer.take(7, "push", limit(80), 500).tokens == 0


@pytest.mark.parametrize(("kind", "pace"), [(kind, pace) for kind in ADAPTERS for pace in (None, 20, 1000)])
def test_what_may_leave_stays_below_what_the_provider_allows(kind, pace):
    for endpoint, allowed in limits_of(ADAPTERS[kind].spec, pace).items():
        rate, burst = bucket_of(allowed)
        assert rate + burst <= SHARE * allowed.rate + 1e-9
        assert endpoint in ADAPTERS[kind].spec.pacing


def test_an_accounts_own_pace_lifts_the_main_endpoint_alone():
    page, line = ADAPTERS["facebook"].spec, ADAPTERS["line"].spec
    assert limits_of(page, 300)["messages"].rate == 300
    assert limits_of(page, 300)["media"].rate == 10
    assert limits_of(page, 4)["media"].rate == 4
    assert limits_of(line, 1000)["multicast"].rate == 200
    number = limits_of(ADAPTERS["whatsapp"].spec, 1000)["messages"]
    assert (number.rate, number.pair_seconds) == (1000, 6)


def test_the_gauge_tells_what_holds_a_channel_up(pacer, wait):
    bucket = (7, "push")

    def gauge():
        return gauges.read([bucket]).gauges[bucket]

    assert gauge() == gauges.Gauge()
    assert pacer.take(7, "push", limit(80), 5).tokens == 5
    assert not gauge().short
    pacer.take(7, "push", limit(80), 500)
    assert gauge().short
    wait(10)
    assert not gauge().short
    pacer.slow_down(7, "push", 30)
    assert 29 < gauge().blocked <= 30
    assert gauge().factor == pytest.approx(0.5, abs=0.05)


def test_the_gauge_tells_how_fast_requests_leave(pacer, valkey, wait):
    for _ in range(40):
        pacer.take(7, "push", limit(1000), 25)
        wait(1)
    flow = gauges.read([(7, "push")]).gauges[7, "push"].flow
    assert flow == pytest.approx(25, rel=0.1)
    wait(120)
    assert gauges.read([(7, "push")]).gauges[7, "push"].flow is None


def test_without_redis_there_is_no_reading(settings):
    settings.TOKENS_REDIS_URL = "redis://127.0.0.1:1/0"
    gauges._client.cache_clear()
    assert gauges.read([(7, "push")]) is None
    gauges._client.cache_clear()


@pytest.mark.parametrize("rate", [2, 20, 80, 1000])
@pytest.mark.parametrize("stalls", [{}, {0.7: 0.02}, {0.3: 0.2, 0.6: 0.3, 1.2: 0.1}])
def test_a_worker_that_was_held_up_does_not_catch_up_above_the_limit(rate, stalls):
    """Requests due evenly; at each stall the worker stands still for so many seconds and then finds them overdue."""
    lane, left = Lane(limit(rate)), []
    apart, ahead = 1 / bucket_of(limit(rate))[0], dict(stalls)
    due, now = 0.0, 0.0
    while now < 3:
        for begins in [begins for begins in ahead if now >= begins]:
            now += ahead.pop(begins)
        while due <= now and lane.take(now):
            left.append(now)
            due += apart
        now = max(now + 1e-4, min(due, now + 0.001))
    assert busiest_second(left) <= rate
    assert len(left) >= (3 - sum(stalls.values())) * bucket_of(limit(rate))[0] * 0.99 - 2


def test_requests_that_are_hardly_late_lose_nothing():
    lane, apart = Lane(limit(80)), 1 / bucket_of(limit(80))[0]
    assert all(lane.take(n * apart + late) for n, late in enumerate([0, 0.009, 0, 0.004, 0.009, 0] * 50))

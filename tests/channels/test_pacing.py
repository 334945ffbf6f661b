"""The token buckets on a real Valkey. Time passes by moving a bucket's own times back."""

from __future__ import annotations

import threading
from bisect import bisect_left

import pytest
from django.conf import settings

from channels.adapters.base import Pacing
from channels.sending.pacing import BLOCK_SECONDS, FLOOR, Pacer, PacingUnavailable

KEY = "pace:{7}:push"
TIMES = ("at", "slowed_at", "halved_at", "blocked_until")


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
    assert busiest_second(leaving) <= rate * 0.95 + 1  # a half-open second may show one more


@pytest.mark.parametrize("rate", [20, 80, 200, 1000])
def test_borrowing_ahead_loses_next_to_nothing(pacer, valkey, wait, rate):
    leaving = sends(pacer, valkey, wait, rate, want=500, seconds=3)
    assert len(leaving) >= 3 * (rate * 0.95 - max(1, rate * 0.01)) - 2


def test_a_grant_is_never_more_than_was_asked_for(pacer):
    grant = pacer.take(7, "push", limit(1000), 3)
    assert (grant.tokens, grant.retry_in) == (3, 0)
    assert list(pacer.take(7, "push", limit(1000), 0).delays()) == []


def test_a_window_is_granted_in_one_call_and_spread(pacer):
    first, second = pacer.take(7, "push", limit(1000), 120), pacer.take(7, "push", limit(1000), 100)
    assert (first.tokens, second.tokens) == (120, 100)
    delays = list(first.delays())
    assert delays == sorted(delays)
    assert delays[9] == 0  # the burst leaves at once, the others one by one
    assert delays[-1] == pytest.approx(110 / 940, abs=0.001)
    assert next(second.delays()) > delays[-1] - 0.1  # and the second window after the first


def test_what_is_refused_is_told_when_to_come_back(pacer, wait):
    first = pacer.take(7, "push", limit(80), 1000)
    assert 0 < first.tokens < 1000
    assert first.retry_in > 0
    wait(first.retry_in)
    assert pacer.take(7, "push", limit(80), 1000).tokens >= 1


def test_an_idle_bucket_saves_no_more_than_its_burst(pacer, wait):
    pacer.take(7, "push", limit(200), 1)
    wait(3600)
    assert pacer.take(7, "push", limit(200), 500, ahead=0).tokens == 2


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
    pacer.take(7, "push", limit(200), 500)
    valkey.flushdb()
    valkey.script_flush()
    assert pacer.take(7, "push", limit(200), 500, ahead=0).tokens == 2


def test_buckets_do_not_stay_for_ever(pacer, valkey):
    pacer.take(7, "push", limit(80), 1)
    assert 0 < valkey.ttl(KEY) <= 3600


def test_no_redis_no_token():
    pacer = Pacer.open("redis://127.0.0.1:1/0")
    with pytest.raises(PacingUnavailable):
        pacer.take(7, "push", limit(80), 1)
    with pytest.raises(PacingUnavailable):
        pacer.slow_down(7, "push", 1)

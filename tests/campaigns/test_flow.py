"""A flow's window: as many requests in flight as the pace needs at the provider's latency."""

import pytest

from campaigns.engine.flow import Flow
from campaigns.engine.groups import Script
from campaigns.engine.lease import Lease
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, Credentials, Pacing


@pytest.fixture
def flow():
    return fresh()


def fresh() -> Flow:
    script = Script(
        ADAPTERS[ChannelKind.WHATSAPP], Credentials("1", "token"), (), {"messages": Pacing(1_000, 1_000)}
    )
    return Flow(Lease(1, 1, 1, 1, 1), script, [], [])


def answer(flow: Flow, latency: float, times: int = 1) -> None:
    for _ in range(times):
        flow.answered(latency, channel_failed=False, lost=False)


def test_a_slow_provider_has_its_window_after_the_first_answer(flow):
    assert flow.window < 200  # little is in doubt where nothing is known yet
    answer(flow, 0.3)
    assert 350 < flow.window <= 360


def test_one_slow_answer_among_many_changes_little(flow):
    answer(flow, 0.1, 100)
    answer(flow, 2.0)
    assert flow.window < 240


def test_the_channels_next_shard_begins_with_what_is_known(flow):
    answer(flow, 0.3, 100)
    following = fresh()
    following.succeed(flow)
    assert following.window == flow.window
    answer(following, 0.1)
    assert 340 < following.window < 360

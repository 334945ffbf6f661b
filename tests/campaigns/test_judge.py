"""What follows from answers to a LINE call that may have arrived before."""

import uuid

import pytest

from campaigns.engine.groups import Group
from campaigns.engine.judge import Next, judge
from campaigns.engine.lease import Row
from campaigns.models import PartState
from channels.adapters.base import Blame, Outcome, OutcomeKind, Reason

NOBODY_THERE = Outcome(OutcomeKind.NOT_SENT, Reason.PROVIDER_UNAVAILABLE)
SLOWER = Outcome(
    OutcomeKind.REFUSED, Reason.RATE_LIMITED, blame=Blame.PROVIDER, retry_after=7.0, provider_code="429"
)
LOCKED_OUT = Outcome(
    OutcomeKind.REFUSED, Reason.CHANNEL_DISCONNECTED, blame=Blame.CHANNEL, provider_code="401"
)
INVALID = Outcome(OutcomeKind.REFUSED, Reason.RECIPIENT_INVALID, final=True, blame=Blame.RECIPIENT)


def call(sent: int, tries: int = 0) -> Group:
    row = Row(1, "U1", {}, 0, [PartState.SENDING], tries)
    return Group([row], key=uuid.uuid4(), sent=sent)


@pytest.mark.parametrize("outcome", [NOBODY_THERE, SLOWER, LOCKED_OUT], ids=lambda each: each.reason.value)
@pytest.mark.parametrize("tries", [0, 99])
def test_a_repeat_that_did_not_arrive_leaves_everybody_under_the_key(outcome, tries):
    judgement = judge(call(sent=2, tries=tries), outcome, whole=True)
    assert (judgement.results, judgement.next) == ([], Next.REST)


@pytest.mark.parametrize("outcome", [NOBODY_THERE, SLOWER, LOCKED_OUT], ids=lambda each: each.reason.value)
def test_a_first_call_that_did_not_arrive_leaves_them_waiting(outcome):
    (result,) = judge(call(sent=1), outcome, whole=True).results
    assert result.part_state is PartState.WAITING


def test_a_repeat_slows_down_and_stops_the_channel_as_any_call():
    assert judge(call(sent=2), SLOWER, whole=True).slow_down
    assert judge(call(sent=2), SLOWER, whole=True).retry_after == 7.0
    assert judge(call(sent=2), LOCKED_OUT, whole=True).stop_channel is Reason.CHANNEL_DISCONNECTED


def test_what_a_repeat_is_refused_for_good_was_never_taken():
    (result,) = judge(call(sent=2), INVALID, whole=True).results
    assert result.part_state is PartState.FAILED

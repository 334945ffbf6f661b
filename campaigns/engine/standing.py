"""Where a person stands, told by their parts: the one rule behind answers, reports and recovery.

A part being sent outweighs everything (its answer is on its way), then a doubt, then a refusal. A refusal or a doubt
stops the later parts; parts that were left out on purpose count for nothing (D-14).
"""

from __future__ import annotations

from collections.abc import Sequence

from campaigns.models import PartState, State

LIVE = frozenset({State.WAITING, State.SENDING})  # more is to be sent to them


def standing(parts: Sequence[int], before: State) -> State:
    """The state of somebody with these parts who stood at `before`. Waiting parts of somebody who is through were
    stopped: what has arrived makes them partial."""
    if before in (State.SKIPPED, State.CANCELLED):
        return before
    if PartState.SENDING in parts and before in LIVE:
        return State.SENDING
    if PartState.UNCONFIRMED in parts:
        return State.UNCONFIRMED
    some = PartState.ACCEPTED in parts
    if PartState.FAILED in parts:
        return State.PARTIAL if some else State.FAILED
    if PartState.WAITING in parts:
        return State.PARTIAL if some and before not in LIVE else before
    return State.ACCEPTED


# The same for somebody whose answer has come, so that a waiting part is theirs to get next.
ANSWERED_SQL = """CASE WHEN 1 = ANY({parts}) THEN 1 WHEN 2 = ANY({parts}) THEN 2
     WHEN 4 = ANY({parts}) THEN CASE WHEN 3 = ANY({parts}) THEN 4 ELSE 5 END
     WHEN 0 = ANY({parts}) THEN 0 ELSE 3 END"""


def answered_sql(parts: str) -> str:
    """ANSWERED_SQL over an SQL expression for the array of parts."""
    return ANSWERED_SQL.format(parts=parts)

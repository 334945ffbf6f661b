"""What follows from an answer: the engine's decisions, and the only place that makes them.

`Outcome` says what an answer proves; this says what becomes of the recipients, the channel and the pace.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from campaigns.engine.groups import Group
from campaigns.engine.lease import Row
from campaigns.engine.result import Result
from campaigns.engine.times import MAX_TRIES
from campaigns.models import PartState
from channels.adapters.base import Blame, Outcome, OutcomeKind, Reason

STOPPING = {
    Reason.CHANNEL_DISCONNECTED,
    Reason.CHANNEL_RESTRICTED,
    Reason.QUOTA_EXCEEDED,
    Reason.DAILY_LIMIT,
    Reason.PAYMENT_REQUIRED,
}
REPEATS = 3  # a LINE call whose answer was lost goes again under its key so often before the shard rests


class Next(Enum):
    """What the sender does with the group after its results are recorded."""

    DONE = "done"
    GO_ON = "go_on"  # the next part of the same person
    REST = "rest"  # waiting again, after a pause
    APART = "apart"  # the same, for a reason of their own: nobody else waits with them
    REPEAT = "repeat"  # the same bytes under the same key; nothing is recorded
    SPLIT = "split"  # halve the people to find the one that spoils the call
    OTHERS = "others"  # again without the people the provider named


class Judgement(NamedTuple):
    results: list[Result]
    next: Next
    stop_channel: Reason | None = None
    slow_down: bool = False
    retry_after: float = 0.0
    stop_template: bool = False  # nobody gets the campaign's template any more
    named: tuple[int, ...] = ()  # recipients the provider named as the fault


def judge(group: Group, outcome: Outcome, *, whole: bool, answer: str = "") -> Judgement:
    """Decide. `whole`: one outcome for all parts (LINE)."""
    if outcome.kind is OutcomeKind.ACCEPTED:
        return _accepted(group, outcome, whole=whole)
    if outcome.kind is OutcomeKind.UNKNOWN:
        return _unknown(group, outcome, answer, whole=whole)
    judgement = (
        _again(group, outcome, answer, tried=1)
        if outcome.kind is OutcomeKind.NOT_SENT
        else _refused(group, outcome, answer)
    )
    return _under_its_key(judgement) if whole and group.sent > 1 and not outcome.final else judgement


def unsent(group: Group) -> list[Result]:
    """Marked, but the deadline or a stop came first: as before the mark."""
    return _waiting(group.rows, "", "", "", 0)


def _accepted(group: Group, outcome: Outcome, *, whole: bool) -> Judgement:
    if whole:
        results = [Result(row.id, row.part, PartState.ACCEPTED, outcome.provider_ids) for row in group.rows]
        return Judgement(results, Next.DONE)
    (row,) = group.rows
    results = [Result(row.id, row.part, PartState.ACCEPTED, outcome.provider_ids)]
    following = _following(row)
    row.states[row.part] = PartState.ACCEPTED
    if following >= len(row.states):
        return Judgement(results, Next.DONE)
    row.part = following
    return Judgement(results, Next.GO_ON)


def _unknown(group: Group, outcome: Outcome, answer: str, *, whole: bool) -> Judgement:
    """LINE: the key makes a repeat safe. Meta: in doubt until a webhook names the attempt; never sent again."""
    if whole:
        return Judgement([], Next.REPEAT if group.sent < REPEATS else Next.REST)
    results = [
        Result(
            row.id,
            row.part,
            PartState.UNCONFIRMED,
            reason=(outcome.reason or Reason.ANSWER_LOST).value,
            provider_code=outcome.provider_code,
            answer=answer or outcome.detail,
        )
        for row in group.rows
    ]
    return Judgement(results, Next.DONE)


def _under_its_key(judgement: Judgement) -> Judgement:
    """A repeat that certainly did not arrive proves nothing of the request whose answer was lost: under another key it
    could reach people twice. So they stay as they are, and go again under this one when the shard is leased anew."""
    return judgement._replace(results=[], next=Next.REST)


def _refused(group: Group, outcome: Outcome, answer: str) -> Judgement:
    reason = outcome.reason or Reason.UNEXPECTED_RESPONSE
    if outcome.blame is Blame.CHANNEL:  # nobody's own fault: all wait
        return _again(group, outcome, answer, tried=0, stop_channel=reason if reason in STOPPING else None)
    if (
        reason is Reason.TEMPLATE_UNAVAILABLE and outcome.final
    ):  # everybody's: all wait until it can be had again
        return _again(group, outcome, answer, tried=0)._replace(stop_template=True)
    if not outcome.final:
        slow = reason is Reason.RATE_LIMITED
        return _again(group, outcome, answer, tried=0 if slow else 1, slow_down=slow)
    named = [row for place, row in enumerate(group.rows) if place in outcome.people]
    if named and len(named) < len(group.rows):  # nobody got it: the named fail, the others go without them
        others = [row for row in group.rows if row not in named]
        results = [_end(row, reason, outcome.provider_code, answer) for row in named]
        return Judgement(
            results + _waiting(others, "", "", "", 0), Next.OTHERS, named=tuple(row.id for row in named)
        )
    if len(group.rows) > 1 and outcome.blame is not Blame.CONTENT:
        return Judgement(_waiting(group.rows, reason.value, outcome.provider_code, answer, 0), Next.SPLIT)
    return Judgement([_end(row, reason, outcome.provider_code, answer) for row in group.rows], Next.DONE)


def _again(
    group: Group,
    outcome: Outcome,
    answer: str,
    *,
    tried: int,
    stop_channel: Reason | None = None,
    slow_down: bool = False,
) -> Judgement:
    """Surely not sent: waiting again, or given up after so many tries."""
    reason = outcome.reason or Reason.PROVIDER_UNAVAILABLE
    spent = [row for row in group.rows if tried and row.tries + tried >= MAX_TRIES]
    left = [row for row in group.rows if row not in spent]
    results = [_end(row, reason, outcome.provider_code, answer) for row in spent]
    results += _waiting(left, reason.value, outcome.provider_code, answer, tried)
    own = outcome.kind is OutcomeKind.REFUSED and outcome.blame is Blame.RECIPIENT
    return Judgement(results, Next.APART if own else Next.REST, stop_channel, slow_down, outcome.retry_after)


def _waiting(rows: list[Row], reason: str, code: str, answer: str, tried: int) -> list[Result]:
    """Proved unsent: as before the mark, with the reason kept for whoever asks what it waits for."""
    return [
        Result(
            row.id,
            row.part,
            PartState.WAITING,
            reason=reason,
            provider_code=code,
            answer=answer,
            tried=tried,
        )
        for row in rows
    ]


def _end(row: Row, reason: Reason, code: str, answer: str) -> Result:
    """No later attempt can succeed: failed, or partial where earlier parts have arrived (D-14)."""
    return Result(
        row.id,
        row.part,
        PartState.FAILED,
        reason=reason.value,
        provider_code=code,
        answer=answer,
    )


def _following(row: Row) -> int:
    """The next part that is to be sent; as many as there are parts where none is."""
    for position in range(row.part + 1, len(row.states)):
        if row.states[position] == PartState.WAITING:
            return position
    return len(row.states)

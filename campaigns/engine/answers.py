"""What a slice does about answers: have them judged, and carry out what the judgement says.

What is to be written is left with the work; the slice records it once enough has gathered, and then lets it go on.
"""

from __future__ import annotations

import time

from campaigns.engine.clerk import Clerk
from campaigns.engine.flow import Flow
from campaigns.engine.groups import Group
from campaigns.engine.halt import halt, halt_template
from campaigns.engine.judge import Judgement, Next, judge
from campaigns.engine.times import times
from campaigns.engine.work import Sent, Work
from channels.adapters.base import Blame, Fault, Outcome, OutcomeKind, ProviderResponse, Reason
from channels.media.provider_files import forget
from channels.sending.pacing import BLOCK_SECONDS, Pacer, PacingUnavailable
from channels.sightings import count_sightings
from tenants.crash import reached

KEPT = 2_000  # bytes of an answer that was not an acceptance


class Answers:
    def __init__(self, clerk: Clerk, pacer: Pacer) -> None:
        self._clerk = clerk
        self._pacer = pacer
        self._sightings: list[tuple[str, str]] = []

    def arrived(self, sent: Sent, answer: ProviderResponse | Fault) -> None:
        """A request has ended."""
        reached("answer.arrived")
        flow = sent.work.flow
        flow.in_flight -= 1
        adapter = flow.script.adapter
        outcome = adapter.read_fault(answer) if isinstance(answer, Fault) else adapter.read(answer)
        latency = time.monotonic() - sent.at
        if outcome.kind is OutcomeKind.ACCEPTED:  # nearly always: nothing but to write it down
            flow.answered(latency)
            sent.work.write_down(sent.group, judge(sent.group, outcome, whole=flow.script.retry_keys))
        else:
            lost = outcome.kind is OutcomeKind.UNKNOWN
            flow.answered(latency, channel_failed=outcome.blame is Blame.CHANNEL, lost=lost)
            raw = "" if isinstance(answer, Fault) else answer.body[:KEPT].decode("utf-8", "replace")
            self.judged(sent.work, sent.group, outcome, raw)
        if outcome.sighting:
            self._sightings.append((adapter.kind.value, outcome.sighting))
        reached("answer.judged")

    def judged(self, work: Work, group: Group, outcome: Outcome, raw: str = "") -> None:
        """Judge an outcome, also of what never left, and see to channel, template and pace."""
        flow, lease = work.flow, work.flow.lease
        if outcome.reason is Reason.MEDIA_EXPIRED and (gone := flow.script.by_address(group)):
            self._clerk.give(lambda: forget(lease.tenant_id, lease.channel_id, gone), _nothing)
        judgement = judge(group, outcome, whole=flow.script.retry_keys, answer=raw)
        if judgement.slow_down or (outcome.kind is OutcomeKind.UNKNOWN and flow.losing):
            self._slow_down(work, group, judgement.retry_after)
        if judgement.next is Next.REPEAT:
            flow.repeat(group, times().backoff(group.sent))
            return
        work.write_down(group, judgement)
        stop = judgement.stop_channel or (Reason.PROVIDER_UNAVAILABLE if flow.failing else None)
        if (stop or judgement.stop_template) and not flow.stopped:
            flow.stopped = True
            self._clerk.give(lambda: halt(lease, stop) if stop else halt_template(lease), _nothing)

    def count_sightings(self) -> None:
        """Count what adapters did not know."""
        count_sightings(self._sightings)

    def _slow_down(self, work: Work, group: Group, seconds: float) -> None:
        flow = work.flow
        endpoint = flow.script.endpoint_for(group)
        work.held_until = max(work.held_until, time.monotonic() + (seconds or BLOCK_SECONDS))
        try:
            self._pacer.slow_down(flow.lease.channel_id, endpoint, seconds)
        except PacingUnavailable:
            flow.stopped = True  # nobody can be told: better not to go on


def follow(flow: Flow, group: Group, judgement: Judgement) -> None:
    """What comes next for a group whose results are recorded."""
    if judgement.next is Next.GO_ON:
        flow.go_on(group)
    elif judgement.next is Next.SPLIT:
        flow.split(group)
    elif judgement.next is Next.OTHERS:
        flow.without(group, judgement.named)
    elif judgement.next is Next.REST:
        tries = max(row.tries for row in group.rows) + 1
        flow.rest(max(judgement.retry_after, times().backoff(tries)))
    elif judgement.next is Next.APART:
        tries = max(row.tries for row in group.rows) + 1
        flow.rest_apart(group, max(judgement.retry_after, times().own_pause(tries)))


def _nothing(_: object) -> None:
    """No consequence."""

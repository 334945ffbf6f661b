"""A slice: some seconds of sending whatever is due, then back to the queue.

Lease shards of up to 16 due channels, give each one window in turn: tokens, mark and commit, send, record. One
thread drives the network, the clerk's marks and records. What an answer means is decided elsewhere (`answers`,
`judge`), and nothing here survives: whatever is lost with the process stands in PostgreSQL.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import structlog
from django.conf import settings

from campaigns.doors import due_channels
from campaigns.engine import finish
from campaigns.engine.answers import Answers, follow
from campaigns.engine.clerk import Clerk
from campaigns.engine.connections import connected
from campaigns.engine.flow import Flow
from campaigns.engine.groups import UNBUILDABLE, Group, Script, patterns_of
from campaigns.engine.judge import unsent
from campaigns.engine.lease import Lease, release, rows_of, take_lease
from campaigns.engine.mark import Marked, mark
from campaigns.engine.record import record
from campaigns.engine.recover import recover
from campaigns.engine.tally import tell
from campaigns.engine.times import CHANNELS_PER_SLICE, times
from campaigns.engine.work import Sent, Work
from campaigns.models import Campaign, State
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind
from channels.models import Channel
from channels.sending.pacing import Lane, Pacer, PacingUnavailable, limits_of
from channels.sending.transport import Transport
from tenants.crash import reached
from tenants.garbage import uncollected
from tenants.models import Tenant
from tenants.scopes import tenant_scope

log = structlog.get_logger(__name__)
LONG_WAIT = 0.05  # seconds between looks at the clock where nothing else happens
GATHER = 500  # results make a batch worth writing …
GATHER_SECONDS = 0.1  # … or the time since the last
NO_TOKENS = 1.0  # until Redis is asked again
TELL_EVERY = 0.5  # seconds between live hints about one campaign
LOOK_EVERY = 1.0  # seconds between looks for channels that became due meanwhile


def run_slice() -> bool:
    """Send what is due until the slice's deadline. Returns whether something may be left to send."""
    due = due_channels(CHANNELS_PER_SLICE)
    if not due:
        return False
    clerk = Clerk()
    try:
        with connected() as transport, uncollected():
            pacer = Pacer.open(settings.TOKENS_REDIS_URL)
            transport.listen(clerk.bell)
            left = Slice(transport, clerk, pacer, time.monotonic() + times().slice).run(due)
            transport.listen(None)
            return left
    finally:
        clerk.close()


class Slice:
    def __init__(self, transport: Transport, clerk: Clerk, pacer: Pacer, deadline: float) -> None:
        self._transport = transport
        self._clerk = clerk
        self._pacer = pacer
        self._deadline = deadline
        self._works: list[Work] = []
        self._answers = Answers(clerk, pacer)
        self._lanes: dict[tuple[int, str], Lane] = {}
        self._scripts: dict[tuple[int, int], tuple[Script, str]] = {}

    def run(self, due: list[tuple[int, int]]) -> bool:
        for tenant_id, channel_id in due:
            self._lease(tenant_id, channel_id)
        cut, look_at = False, time.monotonic() + LOOK_EVERY
        while self._works or self._clerk.waiting or self._transport.in_flight:
            self._clerk.collect()  # before the clock is read: what is marked at the deadline no longer leaves
            now = time.monotonic()
            if now >= self._deadline and not cut:
                cut = True
                for work in self._works:
                    work.flow.stopped = True
            elif now >= look_at and not cut:
                self._join()
                look_at = time.monotonic() + LOOK_EVERY
            self._turn(now)
            for tag, answer in self._transport.poll(self._patience()):
                self._answers.arrived(tag, answer)  # type: ignore[arg-type]
        self._answers.count_sightings()
        return bool(due_channels(1))

    # --- leasing ------------------------------------------------------------------------------------------------

    def _lease(self, tenant_id: int, channel_id: int, before: Flow | None = None) -> None:
        """Take the channel's next shard, which shares the window with the flow `before` it."""
        lease = take_lease(tenant_id, channel_id)
        if lease is None:
            return
        reached("lease.taken")
        with tenant_scope(Tenant.objects.get(pk=tenant_id)):
            script, topic = self._script(lease)
        again = recover(lease, script)
        reached("lease.recovered")
        flow = Flow(lease, script, rows_of(lease, State.WAITING), again)
        if before is not None:
            flow.succeed(before)
        self._works.append(Work(flow, topic))

    def _follow_up(self, work: Work) -> None:
        """Begin the channel's next shard, if it may be while the last answers of this one still come."""
        work.followed = True
        if not work.flow.stopped and time.monotonic() < self._deadline:
            self._lease(work.flow.lease.tenant_id, work.flow.lease.channel_id, work.flow)

    def _join(self) -> None:
        """Take in channels that became due since: nobody waits for the end of a slice that others keep busy."""
        mine = {work.flow.lease.channel_id for work in self._works}
        free = CHANNELS_PER_SLICE - len(mine)
        if free > 0:
            others = [due for due in due_channels(CHANNELS_PER_SLICE + len(mine)) if due[1] not in mine]
            for tenant_id, channel_id in others[:free]:
                self._lease(tenant_id, channel_id)

    def _script(self, lease: Lease) -> tuple[Script, str]:
        key = (lease.campaign_id, lease.channel_id)
        if key not in self._scripts:
            campaign = Campaign.objects.get(pk=lease.campaign_id)
            channel = Channel.objects.select_related("meta_app").get(pk=lease.channel_id)
            adapter = ADAPTERS[ChannelKind(channel.kind)]
            script = Script(
                adapter,
                channel.credentials(),
                patterns_of(campaign, channel),
                limits_of(adapter.spec, channel.pace),
            )
            self._scripts[key] = (script, f"campaign-{campaign.number}")
        return self._scripts[key]

    # --- one turn -----------------------------------------------------------------------------------------------

    def _turn(self, now: float) -> None:
        """Give every flow its window; the first becomes the last for the next turn."""
        self._works = self._works[1:] + self._works[:1]
        for work in list(self._works):
            self._flush(work, now)
            if now >= work.wait_until:
                self._mark(work)
            if now >= work.held_until or work.flow.stopped:
                self._send(work, now)
            if work.flow.ending and not work.followed:
                self._follow_up(work)
            if work.flow.exhausted and not work.results and not work.after and not work.leaving:
                self._leave(work)

    def _mark(self, work: Work) -> None:
        flow = work.flow
        groups = flow.next_groups(flow.wanted)
        if not groups:
            return
        granted = self._tokens(work, groups)
        flow.put_back(groups[granted:])
        groups = groups[:granted]
        if not groups:
            return
        flow.marking += len(groups)
        reached("tokens.taken")

        def then(marked: Marked) -> None:
            flow.marking -= len(groups)
            self._marked(work, marked)

        self._clerk.give(
            lambda: mark(flow.lease, groups, flow.script.prepare, retry_keys=flow.script.retry_keys), then
        )

    def _marked(self, work: Work, marked: Marked) -> None:
        if not marked.held:
            work.flow.stopped = True
        for group in marked.groups:
            if group.fate:
                self._answers.judged(work, group, group.fate, group.fate.detail)
            else:
                work.flow.ready.append(group)

    def _tokens(self, work: Work, groups: list[Group]) -> int:
        """How many of the groups, from the first on, may go out by the provider's limits, and when each may leave."""
        granted, script = 0, work.flow.script
        try:
            for endpoint, run in _runs(script, groups):
                grant = self._pacer.take(work.flow.lease.channel_id, endpoint, script.limits[endpoint], run)
                now = time.monotonic()
                for group, delay in zip(
                    groups[granted : granted + grant.tokens], grant.delays(), strict=True
                ):
                    group.due = now + delay
                granted += grant.tokens
                if grant.tokens < run:
                    work.wait_until = now + grant.retry_in
                    break
        except PacingUnavailable:
            work.wait_until = time.monotonic() + NO_TOKENS  # no tokens, no sending
        return granted

    def _send(self, work: Work, now: float) -> None:
        """What is marked goes out, unless the deadline passed while it was being marked: then it stays in doubt
        for nobody, because it is still within our lease and is given back unsent."""
        flow = work.flow
        if flow.stopped:
            self._take_back(work)
            return
        endpoint, lane = "", None
        for group in flow.leaving(now):
            request = group.request
            if request is None:
                continue
            group.sent += 1
            flow.in_flight += 1
            if lane is None or request.endpoint != endpoint:
                endpoint = request.endpoint
                lane = self._lane(flow, endpoint)
            sent = Sent(work, group, max(now, group.due))
            try:
                self._transport.submit(request, sent, delay=group.due - now, lane=lane)
            except ValueError as error:  # a token with a line break, say: nobody else's slice ends for that
                log.error("request_cannot_be_written", channel=flow.lease.channel_id, error=str(error))
                flow.in_flight -= 1
                self._answers.judged(work, group, UNBUILDABLE)
                continue
            reached("request.submitted")

    def _lane(self, flow: Flow, endpoint: str) -> Lane:
        key = (flow.lease.channel_id, endpoint)
        if key not in self._lanes:
            self._lanes[key] = Lane(flow.script.limits[endpoint])
        return self._lanes[key]

    def _take_back(self, work: Work) -> None:
        """Marked and surely not sent: waiting again. What may have gone under a retry key stays under it."""
        flow = work.flow
        while flow.ready:
            group = flow.ready.popleft()
            if group.sent == 0:
                work.results += unsent(group)

    # --- recording -----------------------------------------------------------------------------------------------

    def _flush(self, work: Work, now: float) -> None:
        """Record what has gathered once it is worth a transaction, unless the clerk is behind: then it grows."""
        results, after, flow = work.results, work.after, work.flow
        if not (results or after) or self._clerk.waiting > len(self._works):
            return
        if flow.in_flight and len(results) < GATHER and now - work.written_at < GATHER_SECONDS:
            return
        work.written_at = now
        work.results, work.after = [], []
        due = now - work.told_at >= TELL_EVERY
        if due:
            work.told_at = now

        def job() -> None:
            record(flow.lease, results, whole=flow.script.retry_keys)
            if due:
                tell(flow.lease.tenant_id, work.topic)

        flow.marking += 1  # not idle until it is written

        def then(_: None) -> None:
            flow.marking -= 1
            for group, judgement in after:
                follow(flow, group, judgement)

        self._clerk.give(job, then)

    # --- giving back --------------------------------------------------------------------------------------------

    def _leave(self, work: Work) -> None:
        """The shard is through for now: give it back and take the channel's next one."""
        work.leaving = True
        flow = work.flow
        lease = flow.lease

        def job() -> None:
            reached("release.begun")
            done = release(lease, flow.resting, flow.pauses())
            reached("release.committed")
            if done:
                finish.complete(lease.tenant_id, lease.campaign_id)
            tell(lease.tenant_id, work.topic)

        def then(_: None) -> None:
            self._works.remove(work)
            if not work.followed:
                self._follow_up(work)

        self._clerk.give(job, then)

    def _patience(self) -> float:
        waits = [work.wait_until - time.monotonic() for work in self._works if work.wait_until]
        return max(0.001, min([LONG_WAIT, *[wait for wait in waits if wait > 0]]))


def _runs(script: Script, groups: list[Group]) -> Iterator[tuple[str, int]]:
    """Neighbouring groups that go to the same endpoint, as (endpoint, how many)."""
    if len(script.limits) == 1:
        yield next(iter(script.limits)), len(groups)
        return
    endpoint, count = "", 0
    for group in groups:
        mine = script.endpoint_for(group)
        if mine != endpoint and count:
            yield endpoint, count
            count = 0
        endpoint, count = mine, count + 1
    if count:
        yield endpoint, count

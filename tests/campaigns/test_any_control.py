"""Pause, resume, cancel, switching the channel and whatever workers do meanwhile, in any order: nothing is marked once
a stop is committed, nobody is sent to twice, everybody is accounted for, and the broadcast ends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from campaigns.engine.finish import finish_campaigns
from campaigns.engine.groups import Group
from campaigns.engine.lease import release, rows_of, take_lease
from campaigns.engine.mark import mark
from campaigns.engine.record import record
from campaigns.engine.recount import differences
from campaigns.engine.recover import doubt_all
from campaigns.engine.result import Result
from campaigns.models import Counter, PartState, Recipient, Shard, State
from campaigns.services import (
    cancel_campaign,
    continue_held,
    leave_out_held,
    pause_campaign,
    resume_campaign,
)
from channels.services import set_enabled
from tenants.errors import WrongStatus
from tenants.roles import Role
from tenants.scopes import tenant_scope
from tests.factories import CampaignFactory, ChannelFactory, ContactFactory, MemberFactory, RecipientFactory

pytestmark = pytest.mark.django_db(transaction=True)
SHARDS, PEOPLE = 2, 2  # people in each shard
LONG_AGO = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ENDED = ("cancelled", "completed")
ALLOWED = {  # from which status a member's order leads to which
    "pause": {"running": "paused"},
    "resume": {"paused": "running"},
    "cancel": {"running": "cancelling", "paused": "cancelling"},
}
ORDERS = {"pause": pause_campaign, "resume": resume_campaign, "cancel": cancel_campaign}


class Control(RuleBasedStateMachine):
    """One broadcast in two shards on a WhatsApp number, under a member's orders and a worker's steps."""

    tenant = None

    def __init__(self):
        super().__init__()
        self.scope = tenant_scope(self.tenant)
        self.scope.__enter__()
        self.owner = MemberFactory(roles=[Role.OWNER])
        self.channel = ChannelFactory(kind="whatsapp")
        self.campaign = CampaignFactory(status="running", total=SHARDS * PEOPLE, created_by=self.owner)
        for _ in range(SHARDS):
            shard = Shard.objects.create(tenant=self.tenant, campaign=self.campaign, channel=self.channel)
            for _ in range(PEOPLE):
                RecipientFactory(
                    campaign=self.campaign,
                    contact=ContactFactory(channel=self.channel),
                    shard=shard,
                    part_states=[PartState.WAITING],
                    provider_ids=[],
                    prices=[0],
                )
        Counter.objects.create(
            tenant=self.tenant, campaign=self.campaign, channel=self.channel, waiting=SHARDS * PEOPLE
        )
        self.lease = take_lease(self.tenant.pk, self.channel.pk)
        self.on_the_way = []  # people whose answer is still to come, under the present lease
        self.left = set()  # people a request left for

    def teardown(self):
        try:
            self.it_ends()
        finally:
            self.scope.__exit__(None, None, None)

    @property
    def status(self):
        self.campaign.refresh_from_db()
        return self.campaign.status

    @property
    def may_leave(self):
        self.channel.refresh_from_db()
        return self.status == "running" and self.channel.enabled

    # --- what members do --------------------------------------------------------------------------------------------

    @rule(order=st.sampled_from(sorted(ORDERS)))
    def a_member_orders(self, order):
        before = self.status
        after = ALLOWED[order].get(before)
        if after is None:
            with pytest.raises(WrongStatus):
                ORDERS[order](self.campaign, self.owner)
        else:
            ORDERS[order](self.campaign, self.owner)
        assert self.status == (after or before)

    @rule(on=st.booleans())
    def the_channel_is_switched(self, on):
        set_enabled(self.channel, on, by=self.owner)

    @rule(go_on=st.booleans())
    def the_held_are_decided_on(self, go_on):
        decide = continue_held if go_on else leave_out_held
        try:
            decide(self.campaign, self.owner, self.channel)
        except WrongStatus:
            usable = not go_on or self.channel.enabled
            held = Shard.objects.filter(campaign=self.campaign, state__lt=2).exclude(held="")
            assert not usable or not held.exclude(state=1).exists()

    # --- what workers do --------------------------------------------------------------------------------------------

    @rule()
    def a_shard_is_leased(self):
        if self.lease is None:
            allowed = self.status == "running"
            self.lease = take_lease(self.tenant.pk, self.channel.pk)
            assert allowed or self.lease is None

    @rule()
    def a_window_leaves(self):
        if self.lease is None:
            return
        groups = [Group([row]) for row in rows_of(self.lease, State.WAITING)]
        allowed = self.may_leave
        marked = mark(self.lease, groups, lambda _group: None, retry_keys=False)
        people = [group.rows[0].id for group in marked.groups]
        assert allowed or not people, "it left after the stop was committed"
        assert not self.left & set(people), "somebody was sent to twice"
        self.left |= set(people)
        self.on_the_way += people

    @rule(answer=st.sampled_from([PartState.ACCEPTED, PartState.FAILED, PartState.UNCONFIRMED]))
    def an_answer_comes(self, answer):
        if self.lease and self.on_the_way:
            reason = "" if answer is PartState.ACCEPTED else "answer_lost"
            record(self.lease, [Result(self.on_the_way.pop(), 0, answer, (), reason)], whole=False)

    @rule()
    def the_shard_is_given_back(self):
        if self.lease and not self.on_the_way:
            release(self.lease, 0.0)
            self.lease = None

    @rule()
    def the_worker_dies(self):
        if self.lease:
            Shard.objects.filter(pk=self.lease.shard_id, state=1).update(leased_until=LONG_AGO)
            self.lease, self.on_the_way = take_lease(self.tenant.pk, self.channel.pk), []
            if self.lease:
                doubt_all(self.lease)

    @rule()
    def the_upkeep_runs(self):
        before = self.status
        finish_campaigns()
        assert self.status == before or self.status in ENDED

    # --- what must hold ---------------------------------------------------------------------------------------------

    @invariant()
    def everybody_is_accounted_for(self):
        assert differences(self.tenant.pk, self.campaign.pk) == []
        counter = Counter.objects.get(campaign=self.campaign)
        terms = ("waiting", "sending", "unconfirmed", "accepted", "failed", "skipped", "cancelled")
        assert sum(getattr(counter, term) for term in terms) == SHARDS * PEOPLE

    @invariant()
    def whoever_was_cancelled_was_not_sent_to(self):
        cancelled = Recipient.objects.filter(campaign=self.campaign, state=State.CANCELLED)
        assert not self.left & set(cancelled.values_list("pk", flat=True))

    @invariant()
    def what_has_ended_has_nobody_open(self):
        if self.status in ENDED:
            open_ = Recipient.objects.filter(campaign=self.campaign, state__in=[State.WAITING, State.SENDING])
            assert not open_.exists()
            assert self.campaign.finished_at is not None

    def it_ends(self):
        """Whatever happened before: once it is cancelled and workers are done, nobody is left open."""
        Shard.objects.filter(state=1).update(leased_until=LONG_AGO)
        if self.status in ("running", "paused"):
            cancel_campaign(self.campaign, self.owner)
        finish_campaigns()
        assert self.status in ENDED
        self.what_has_ended_has_nobody_open()
        self.everybody_is_accounted_for()


def search(tenant, examples):
    machine = type("Control", (Control,), {"tenant": tenant})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=16,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_orders_and_steps_in_any_order(tenant):
    search(tenant, 25)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_orders_and_steps_in_any_order_at_length(tenant):
    search(tenant, 2000)

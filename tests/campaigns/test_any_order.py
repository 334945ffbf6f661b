"""Answers and reports of one broadcast in any order, repeated, late: whatever comes, people only go forward, the
counters are the rows, and nothing is left marked that nobody is working on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from campaigns.engine.groups import Group
from campaigns.engine.lease import release, rows_of, take_lease
from campaigns.engine.mark import mark
from campaigns.engine.record import record
from campaigns.engine.recount import differences
from campaigns.engine.recover import doubt_all
from campaigns.engine.result import Result
from campaigns.engine.settle import settle
from campaigns.engine.standing import LIVE, standing
from campaigns.models import Counter, DeliveryRank, PartState, Recipient, Shard, State
from channels.adapters.base import Delivery, Reason, StatusChange
from channels.signals import Received
from tenants.scopes import tenant_scope
from tests.factories import CampaignFactory, ChannelFactory, ContactFactory, RecipientFactory

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE, PARTS = 2, 3
AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ANSWERS = (PartState.ACCEPTED, PartState.WAITING, PartState.FAILED, PartState.UNCONFIRMED)
REASONS = {
    PartState.FAILED: "undeliverable",
    PartState.UNCONFIRMED: "answer_lost",
    PartState.WAITING: "connection_failed",
}
PROVED = {"delivered_at", "read_at"}
people, parts = st.integers(0, PEOPLE - 1), st.integers(0, PARTS - 1)


class Broadcast(RuleBasedStateMachine):
    """One shard of WhatsApp people; their parts are marked, answered, reported and abandoned as Hypothesis likes."""

    tenant = None

    def __init__(self):
        super().__init__()
        self.scope = tenant_scope(self.tenant)
        self.scope.__enter__()
        self.channel = ChannelFactory(kind="whatsapp")
        self.campaign = CampaignFactory(status="running", total=PEOPLE)
        shard = Shard.objects.create(tenant=self.tenant, campaign=self.campaign, channel=self.channel)
        self.ids = [
            RecipientFactory(
                campaign=self.campaign,
                contact=ContactFactory(channel=self.channel),
                shard=shard,
                part_states=[PartState.WAITING] * PARTS,
                provider_ids=[],
                prices=[0] * PARTS,
            ).pk
            for _ in range(PEOPLE)
        ]
        Counter.objects.create(
            tenant=self.tenant, campaign=self.campaign, channel=self.channel, waiting=PEOPLE
        )
        self.lease = take_lease(self.tenant.pk, self.channel.pk)
        self.on_the_way = {}  # person -> part whose answer is still to come, under the present lease
        self.left = set()  # (person, part) of which a report may tell
        self.best = {}  # what each part once was

    def teardown(self):
        try:
            self.nobody_is_forgotten()
        finally:
            self.scope.__exit__(None, None, None)

    def row(self, person):
        return Recipient.objects.get(pk=self.ids[person])

    # --- what can happen --------------------------------------------------------------------------------------------

    @rule(person=people)
    def a_part_leaves(self, person):
        waiting = {row.id: row for row in rows_of(self.lease, State.WAITING)}
        if self.ids[person] not in waiting:
            return
        row = waiting[self.ids[person]]
        marked = mark(self.lease, [Group([row])], lambda _group: None, retry_keys=False)
        assert [group.rows[0].part for group in marked.groups] == [row.part]
        self.on_the_way[person] = row.part
        self.left.add((person, row.part))

    @rule(person=people, answer=st.sampled_from(ANSWERS), twice=st.booleans())
    def an_answer_comes(self, person, answer, twice):
        if person not in self.on_the_way:
            return
        part = self.on_the_way.pop(person)
        ids = (f"wamid.{person}.{part}",) if answer is PartState.ACCEPTED else ()
        result = Result(self.ids[person], part, answer, ids, REASONS.get(answer, ""))
        for _ in range(1 + twice):
            record(self.lease, [result], whole=False)

    @precondition(lambda self: self.left)
    @rule(data=st.data(), status=st.sampled_from(Delivery), minute=st.integers(0, 60), by_id=st.booleans())
    def a_report_comes(self, data, status, minute, by_id):
        person, part = data.draw(st.sampled_from(sorted(self.left)))
        row = self.row(person)
        known = part < len(row.provider_ids) and row.provider_ids[part]
        event = StatusChange(
            self.channel.account_id,
            f"{person}.{part}.{status}",
            AT + timedelta(minutes=minute),
            {},
            provider_id=f"wamid.{person}.{part}",
            status=status,
            opaque_id="" if by_id and known else f"{row.pk}.{part}.{row.tries}",
            recipient=row.address,
            reason=Reason.RECIPIENT_UNAVAILABLE if status is Delivery.FAILED else None,
        )
        assert settle(self.tenant, [Received(self.channel, event)]) == set()

    @rule()
    def the_worker_dies(self):
        """Another takes over; answers of the first come too late."""
        Shard.objects.filter(state=1).update(leased_until=AT)
        lease = take_lease(self.tenant.pk, self.channel.pk)
        if lease is None:
            return
        old, self.lease = self.lease, lease
        late = [
            Result(self.ids[person], part, PartState.ACCEPTED, ("wamid.late",))
            for person, part in self.on_the_way.items()
        ]
        self.on_the_way.clear()
        doubt_all(lease)
        before = list(Recipient.objects.order_by("pk").values())
        record(old, late, whole=False)
        assert list(Recipient.objects.order_by("pk").values()) == before

    # --- what must hold ---------------------------------------------------------------------------------------------

    @invariant()
    def the_counters_are_the_rows(self):
        assert differences(self.tenant.pk, self.campaign.pk) == []

    @invariant()
    def everybody_stands_where_their_parts_say(self):
        for person in range(PEOPLE):
            row = self.row(person)
            assert standing(row.part_states, State(row.state)) == row.state
            assert (row.state == State.SENDING) >= (PartState.SENDING in row.part_states)
            if row.state == State.ACCEPTED:
                assert set(row.part_states) == {PartState.ACCEPTED}
                assert row.reason == ""
            if row.state in (State.FAILED, State.PARTIAL, State.UNCONFIRMED):
                assert row.reason

    @invariant()
    def nothing_steps_back(self):
        for person in range(PEOPLE):
            row = self.row(person)
            for part, state in enumerate(row.part_states):
                rank = self._rank(row, part, state)
                assert rank >= self.best.get((person, part), rank), (person, part, state)
                self.best[person, part] = rank

    @invariant()
    def delivered_is_the_lowest_part(self):
        for person in range(PEOPLE):
            row = self.row(person)
            lowest = min(self._delivery(row, part) for part in range(PARTS))
            assert row.delivery == lowest

    def nobody_is_forgotten(self):
        """Once every answer is in or given up, nobody is marked, and who is through has no part under way."""
        Shard.objects.filter(state=1).update(leased_until=AT)
        if (lease := take_lease(self.tenant.pk, self.channel.pk)) is not None:
            doubt_all(lease)
            release(lease, 0.0)
        for person in range(PEOPLE):
            row = self.row(person)
            assert row.state != State.SENDING
            assert PartState.SENDING not in row.part_states
            assert row.state not in LIVE or PartState.WAITING in row.part_states
        self.the_counters_are_the_rows()

    @staticmethod
    def _rank(row, part, state):
        """0 not proved, 1 accepted, 2 reported failed, 3 delivered, 4 read."""
        for rank, name in ((4, "read_at"), (3, "delivered_at"), (2, "failed_at")):
            times = getattr(row, name) or []
            if part < len(times) and times[part]:
                return rank
        return 1 if state == PartState.ACCEPTED else 0

    def _delivery(self, row, part):
        return {4: DeliveryRank.READ, 3: DeliveryRank.DELIVERED}.get(
            self._rank(row, part, row.part_states[part]), DeliveryRank.ACCEPTED
        )


def search(tenant, examples):
    machine = type("Broadcast", (Broadcast,), {"tenant": tenant})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=14,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.requirement("B-3", "D-14")
def test_answers_and_reports_in_any_order(tenant):
    search(tenant, 25)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_answers_and_reports_in_any_order_at_length(tenant):
    search(tenant, 2500)

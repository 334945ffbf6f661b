"""Credit in any order: paid in, held, settled by reports however they come, given back, disputed. Whatever happens, the
ledger adds up, nothing is available below zero, and no part is settled twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from billing.debts import owed, pay_debt
from billing.errors import InsufficientCredit
from billing.models import Entry, Price, Reservation, TopUp, TopUpStatus, Wallet
from billing.money import minor_units
from billing.parts import borne
from billing.reconcile import ledger_differences
from billing.topups import confirm, start_top_up, take_back
from campaigns.doors import note_settled
from campaigns.engine.finish import finish_campaigns
from campaigns.engine.groups import Group
from campaigns.engine.holding import hold_price
from campaigns.engine.horizon import HORIZON, close_overdue
from campaigns.engine.lease import release, rows_of, take_lease
from campaigns.engine.mark import mark
from campaigns.engine.record import record
from campaigns.engine.recover import doubt_all
from campaigns.engine.result import Result
from campaigns.engine.settle import settle
from campaigns.models import Campaign, Counter, PartState, Recipient, Shard, State, Status
from campaigns.reconcile import campaign_differences
from channels.adapters.base import Delivery, Reason, StatusChange
from channels.signals import Received
from channels.webhooks.afterwards import batch
from tenants.scopes import tenant_scope
from tests.factories import CampaignFactory, ChannelFactory, ContactFactory, RecipientFactory

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
UNIT, PRICE, PARTS = 1_000_000, 2_000_000, 2
BILLED_AS = {"service": PRICE, "marketing": 3 * UNIT, "utility": UNIT, "unlisted": None}
WRITTEN = (Entry, Reservation, Wallet, TopUp, Campaign, Recipient)
ANSWERS = {
    PartState.ACCEPTED: "",
    PartState.FAILED: "undeliverable",
    PartState.UNCONFIRMED: "answer_lost",
    PartState.WAITING: "connection_failed",
}


class Credit(RuleBasedStateMachine):
    """One team, its owner, and broadcasts of two priced parts to two people each."""

    tenant = owner = None

    def __init__(self):
        super().__init__()
        self.scope = tenant_scope(self.tenant)
        self.scope.__enter__()
        self.channel = ChannelFactory(kind="whatsapp")
        self.payments = count(1)
        self.taken = {}  # top-up -> how much was taken back so far
        self.left = []  # (recipient, part) of which a report may tell
        self.ended = {}  # (recipient, part) -> how it was settled
        self.lost = {}

    def teardown(self):
        """The next example begins with nothing: the invariants read everything there is."""
        self.scope.__exit__(None, None, None)
        tables = ", ".join(model._meta.db_table for model in WRITTEN)
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")  # entries refuse to be deleted
            cursor.execute(f"TRUNCATE {tables} CASCADE")
            cursor.execute("SET session_replication_role = DEFAULT")

    # --- what can happen --------------------------------------------------------------------------------------------

    @rule(units=st.integers(5, 20))
    def somebody_pays(self, units):
        number = next(self.payments)
        top_up = start_top_up(self.owner, amount=units * UNIT, currency="USD")
        for _ in range(2):  # the event comes twice
            confirm(
                top_up,
                payment=f"pi_{top_up.pk}_{number}",
                total=minor_units(units * UNIT, "USD"),
                currency="USD",
            )
        self.taken[top_up.pk] = 0

    @precondition(lambda self: self.taken)
    @rule(
        data=st.data(), share=st.sampled_from([0, 50, 100]), status=st.sampled_from(["refunded", "disputed"])
    )
    def money_is_taken_back_or_comes_again(self, data, share, status):
        """A refund, a dispute, or a dispute that was won."""
        top_up = TopUp.objects.get(pk=data.draw(st.sampled_from(sorted(self.taken))))
        take_back(top_up, in_all=top_up.amount * share // 100, status=TopUpStatus(status))

    @rule()
    def a_broadcast_starts(self):
        campaign = CampaignFactory(status=Status.PREPARING, total=2, category="service")
        shard = Shard.objects.create(tenant=self.tenant, campaign=campaign, channel=self.channel)
        for _ in range(2):
            RecipientFactory(
                campaign=campaign,
                contact=ContactFactory(channel=self.channel),
                shard=shard,
                part_states=[PartState.WAITING] * PARTS,
                provider_ids=[],
                prices=[PRICE] * PARTS,
                charges=[None] * PARTS,
            )
        Counter.objects.create(tenant=self.tenant, campaign=campaign, channel=self.channel, waiting=2)
        try:
            hold_price(campaign)
        except InsufficientCredit:
            campaign.shards.update(state=2)
            campaign.status = Status.REFUSED
        else:
            campaign.status = Status.RUNNING
        campaign.save()

    @rule(answers=st.lists(st.sampled_from(sorted(ANSWERS)), min_size=2, max_size=2), dies=st.booleans())
    def parts_leave(self, answers, dies):
        """A worker sends everybody in a shard their next part; perhaps it dies before it records the answers."""
        lease = take_lease(self.tenant.pk, self.channel.pk)
        if lease is None:
            return
        rows = rows_of(lease, State.WAITING)
        mark(lease, [Group([row]) for row in rows], lambda _group: None, retry_keys=False)
        self.left += [(row.id, row.part) for row in rows]
        if dies:
            doubt_all(lease)
        else:
            record(
                lease,
                [
                    Result(row.id, row.part, answer, (f"wamid.{row.id}.{row.part}",), ANSWERS[answer])
                    for row, answer in zip(rows, answers, strict=False)
                ],
                whole=False,
            )
        doubt_all(lease)
        release(lease, 0.0)

    @precondition(lambda self: self.left)
    @rule(
        data=st.data(),
        told=st.lists(
            st.tuples(
                st.sampled_from(Delivery),
                st.sampled_from([True, False, None]),
                st.sampled_from(sorted(BILLED_AS)),
            ),
            min_size=1,
            max_size=3,
        ),
        minute=st.integers(0, 60),
    )
    def reports_come(self, data, told, minute):
        """One batch about one part, in any order, repeated, early or a month late, billed as anything."""
        recipient, part = data.draw(st.sampled_from(self.left))
        address = Recipient.objects.get(pk=recipient).address
        reports = [
            Received(
                self.channel,
                StatusChange(
                    self.channel.account_id,
                    f"{recipient}.{part}.{place}",
                    AT + timedelta(minutes=minute + place),
                    {},
                    provider_id=f"wamid.{recipient}.{part}",
                    status=status,
                    opaque_id=f"{recipient}.{part}.0",
                    recipient=address,
                    reason=Reason.RECIPIENT_UNAVAILABLE if status is Delivery.FAILED else None,
                    billable=billable,
                    pricing_category=category,
                ),
            )
            for place, (status, billable, category) in enumerate(told)
        ]
        with batch():
            assert settle(self.tenant, reports) == set()

    @rule()
    def somebody_resumes(self):
        """What a dispute paused goes on once nothing is owed; what was given back may pay it."""
        pay_debt(self.tenant, "USD")
        if not owed("USD"):
            Campaign.objects.filter(status=Status.PAUSED).update(status=Status.RUNNING)

    @rule()
    def somebody_cancels(self):
        going = Campaign.objects.filter(status__in=[Status.RUNNING, Status.PAUSED])
        going.update(status=Status.CANCELLING)
        finish_campaigns()

    @rule()
    def everything_ends(self):
        finish_campaigns()
        note_settled()

    @rule()
    def a_month_passes(self):
        Campaign.objects.filter(finished_at__isnull=False).update(finished_at=AT - HORIZON)
        close_overdue()
        note_settled()

    # --- what must hold ---------------------------------------------------------------------------------------------

    @invariant()
    def the_ledger_adds_up(self):
        assert ledger_differences() + campaign_differences(everything=True) == []

    @invariant()
    def nothing_is_overspent(self):
        wallet = Wallet.objects.first()
        assert (wallet.available if wallet else 0) >= 0
        for hold in Reservation.objects.all():
            assert hold.open >= 0
            assert hold.captured <= hold.reserved

    @invariant()
    def no_part_is_settled_twice(self):
        """Held, then spent or given back; what was given back can only become the platform's; nothing goes on."""
        order = {None: 0, "spent": 1, "back": 2, "borne": 3}
        for row in Recipient.objects.exclude(charges=None):
            for part, charge in enumerate(row.charges):
                now = None if charge is None else "spent" if charge > 0 else "borne" if charge < 0 else "back"
                assert order[now] >= order[self.ended.get((row.pk, part))], (row.pk, part)
                self.ended[row.pk, part] = now

    @invariant()
    def a_settled_broadcast_holds_nothing(self):
        for campaign in Campaign.objects.filter(settled_at__isnull=False):
            hold = Reservation.objects.filter(subject=campaign.subject).first()
            assert hold is None or hold.open == 0

    @invariant()
    def entries_lead_to_people(self):
        """What the ledger calls spent, or borne, by broadcasts is what the parts say."""

        def moved(source, target):
            return sum(entry.amount for entry in Entry.objects.filter(source=source, target=target))

        parts = Recipient.objects.exclude(charges=None).values_list("charges", flat=True)
        told = [charge for charges in parts for charge in charges if charge]
        paid = moved("reserved", "spent") - moved("spent", "available")
        assert paid == sum(min(charge, PRICE) for charge in told if charge > 0)
        assert moved("losses", "spent") - moved("spent", "losses") == sum(borne(each, PRICE) for each in told)


def search(tenant, owner, examples):
    for category, amount in BILLED_AS.items():
        if amount:
            Price.objects.create(
                currency="USD", market="*", category=category, amount=amount, valid_from=AT - HORIZON
            )
    machine = type("Credit", (Credit,), {"tenant": tenant, "owner": owner})
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


def test_money_in_any_order(tenant, owner):
    search(tenant, owner, 8)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_money_in_any_order_at_length(tenant, owner):
    search(tenant, owner, 2000)

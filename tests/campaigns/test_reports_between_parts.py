"""Reports about the first part that come while the next is under way: counters and rows stay the same story."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest
from django.db import connection

from campaigns.engine.lease import Lease
from campaigns.engine.record import record
from campaigns.engine.recount import differences
from campaigns.engine.result import Result
from campaigns.engine.settle import settle
from campaigns.engine.standing import answered_sql, standing
from campaigns.models import Counter, PartState, Recipient, Shard, State
from channels.adapters.base import Delivery, Reason, StatusChange
from channels.signals import Received
from tenants.scopes import tenant_scope
from tests.factories import CampaignFactory, ChannelFactory, ContactFactory, RecipientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def under_way(tenant):
    """One person: the first of two parts accepted, the second being sent under lease 1."""
    with tenant_scope(tenant):
        channel = ChannelFactory(kind="whatsapp")
        campaign = CampaignFactory(status="running", total=1)
        shard = Shard.objects.create(
            tenant=tenant, campaign=campaign, channel=channel, state=1, lease=1, people=1
        )
        recipient = RecipientFactory(
            campaign=campaign,
            contact=ContactFactory(channel=channel),
            shard=shard,
            state=State.SENDING,
            lease=1,
            part=1,
            part_states=[PartState.ACCEPTED, PartState.SENDING],
            provider_ids=["wamid.0", ""],
            prices=[0, 0],
        )
        Counter.objects.create(tenant=tenant, campaign=campaign, channel=channel, sending=1)
        yield recipient


def reported(recipient, status, part):
    event = StatusChange(
        account_id=recipient.channel.account_id,
        event_id=f"{part}-{status}",
        at=datetime(2026, 11, 21, 9, part, tzinfo=UTC),
        raw={},
        provider_id=f"wamid.{part}",
        status=status,
        opaque_id=f"{recipient.pk}.{part}.0",
        recipient=recipient.address,
    )
    return Received(recipient.channel, event)


def record_second_part(recipient):
    lease = Lease(recipient.shard_id, 1, recipient.tenant_id, recipient.campaign_id, recipient.channel_id)
    done = Result(recipient.pk, 1, PartState.ACCEPTED, ("wamid.1",))
    record(lease, [done], whole=False)


@pytest.mark.parametrize("first", [Delivery.DELIVERED, Delivery.READ])
def test_a_delivered_first_part_does_not_deliver_the_person(tenant, under_way, first):
    settle(tenant, [reported(under_way, first, 0)])
    record_second_part(under_way)
    assert differences(tenant.pk, under_way.campaign_id) == []
    settle(tenant, [reported(under_way, Delivery.DELIVERED, 1)])
    assert differences(tenant.pk, under_way.campaign_id) == []
    counter = Counter.objects.get()
    assert (counter.sending, counter.accepted, counter.delivered) == (0, 0, 1)


def test_a_report_overtakes_the_answer(tenant, under_way):
    settle(tenant, [reported(under_way, Delivery.DELIVERED, 0), reported(under_way, Delivery.DELIVERED, 1)])
    record_second_part(under_way)
    assert differences(tenant.pk, under_way.campaign_id) == []
    assert Recipient.objects.get().state == State.ACCEPTED


def answer_second_part(recipient, part_state, reason=""):
    lease = Lease(recipient.shard_id, 1, recipient.tenant_id, recipient.campaign_id, recipient.channel_id)
    record(lease, [Result(recipient.pk, 1, part_state, reason=reason)], whole=False)
    assert differences(recipient.tenant_id, recipient.campaign_id) == []
    recipient.refresh_from_db()
    return State(recipient.state), recipient.part_states, recipient.reason


@pytest.mark.requirement("D-14")
@pytest.mark.parametrize(
    ("answer", "reason", "ends"),
    [
        (PartState.ACCEPTED, "", (State.PARTIAL, [4, 3, 0], "undeliverable")),
        (PartState.FAILED, "media_rejected", (State.FAILED, [4, 4, 0], "media_rejected")),
        (PartState.WAITING, "connection_failed", (State.FAILED, [4, 0, 0], "connection_failed")),
        (PartState.UNCONFIRMED, "answer_lost", (State.UNCONFIRMED, [4, 2, 0], "answer_lost")),
    ],
)
def test_an_earlier_part_reported_failed_waits_for_the_answer_under_way(
    tenant, under_way, answer, reason, ends
):
    """No part is left marked as being sent, and no later part goes out."""
    Recipient.objects.filter(pk=under_way.pk).update(part_states=[3, 1, 0])
    failed = reported(under_way, Delivery.FAILED, 0)
    settle(tenant, [Received(failed.channel, replace(failed.event, reason=Reason.RECIPIENT_UNAVAILABLE))])
    under_way.refresh_from_db()
    assert (under_way.state, under_way.part_states) == (State.SENDING, [4, 1, 0])
    assert answer_second_part(under_way, answer, reason) == ends


def test_an_answer_takes_nothing_back_of_what_a_report_has_proved(tenant, under_way):
    Recipient.objects.filter(pk=under_way.pk).update(part_states=[3, 1, 0])
    settle(tenant, [reported(under_way, Delivery.DELIVERED, 1)])
    assert answer_second_part(under_way, PartState.UNCONFIRMED, "answer_lost") == (
        State.WAITING,
        [3, 3, 0],
        "",
    )
    under_way.refresh_from_db()
    assert under_way.part == 2


@pytest.mark.requirement("D-14")
def test_a_settled_doubt_leaves_the_stopped_person_partial_with_a_reason_of_its_own(tenant, under_way):
    Recipient.objects.filter(pk=under_way.pk).update(part_states=[3, 1, 0])
    answer_second_part(under_way, PartState.UNCONFIRMED, "answer_lost")
    settle(tenant, [reported(under_way, Delivery.DELIVERED, 1)])
    under_way.refresh_from_db()
    assert (under_way.state, under_way.reason) == (State.PARTIAL, "stopped_in_doubt")
    assert differences(tenant.pk, under_way.campaign_id) == []


@pytest.mark.parametrize("before", [State.WAITING, State.SENDING])
def test_rows_and_python_tell_the_same_standing(before, db):
    """The rule stands twice, once in SQL: compared over every person of three parts whose answer has come."""
    people = [list(parts) for parts in product(PartState, repeat=3) if not {0, 1} & set(parts) or before == 0]
    people = [parts for parts in people if 1 not in parts and set(parts) != {5}]
    with connection.cursor() as cursor:
        for parts in people:
            cursor.execute(
                "SELECT " + answered_sql("p.parts") + " FROM (SELECT %s::smallint[] AS parts) p",  # noqa: S608
                [parts],
            )
            assert cursor.fetchone()[0] == standing(parts, before), parts

"""Plain receipts: whom they suffice for, and that the others are left to be settled as always."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from billing.models import Account, Entry, Price, Reservation
from billing.reconcile import ledger_differences
from billing.topups import confirm, start_top_up
from campaigns.engine.receipts import write_receipts
from campaigns.engine.recount import differences
from campaigns.engine.settle import Move, advance
from campaigns.models import DeliveryRank, PartState, Recipient, State
from campaigns.reconcile import campaign_differences
from campaigns.reports import counts_of
from channels.adapters.base import Delivery, Reason, StatusChange
from channels.webhooks.afterwards import batch

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PRICE = 11_300  # millionths


def move(person, status, minutes=0, *, part=0, provider_id=None, **more):
    event = StatusChange(
        account_id="1",
        event_id="",
        at=AT + timedelta(minutes=minutes),
        raw={},
        provider_id=person.provider_ids[part] if provider_id is None else provider_id,
        status=status,
        **more,
    )
    return Move(person.pk, part, event)


@pytest.fixture
def campaign(shop):
    shop.chats(shop.whatsapp, 3)
    campaign = shop.launch("Hello")
    shop.send(campaign)
    return campaign


@pytest.fixture
def people(campaign):
    return list(Recipient.objects.filter(campaign=campaign).order_by("pk"))


def written(shop, moves):
    with transaction.atomic():
        return write_receipts(shop.tenant, moves)


def times(person):
    person.refresh_from_db()
    return person.sent_at, person.delivered_at, person.read_at


def test_receipts_of_one_batch_are_written_at_once(shop, campaign, people):
    first, second, third = people
    moves = [
        move(second, Delivery.READ, 3),
        move(first, Delivery.SENT),
        move(first, Delivery.DELIVERED, 1),
        move(first, Delivery.DELIVERED, 2),
        move(third, Delivery.SENT, provider_id=""),
    ]
    with transaction.atomic():  # so that all of it may be taken back
        assert write_receipts(shop.tenant, moves)[0] == {person.pk for person in people}
        transaction.set_rollback(True)
    assert advance(shop.tenant, moves) == {person.pk for person in people}
    assert times(first) == ([AT], [AT + timedelta(minutes=1)], None)
    assert times(second) == (None, None, [AT + timedelta(minutes=3)])
    assert times(third) == ([AT], None, None)
    assert [person.delivery for person in people] == [
        DeliveryRank.DELIVERED,
        DeliveryRank.READ,
        DeliveryRank.ACCEPTED,
    ]
    counts = counts_of(shop.fresh(campaign)).as_dict()
    assert (counts["accepted"], counts["delivered"], counts["read"]) == (1, 1, 1)
    assert differences(shop.tenant.pk, campaign.pk) == []


def test_what_comes_late_or_again_changes_nothing_that_is_known(shop, campaign, people):
    person = people[0]
    advance(shop.tenant, [move(person, Delivery.READ, 2)])
    advance(shop.tenant, [move(person, Delivery.READ, 4), move(person, Delivery.DELIVERED, 1)])
    assert times(person) == (None, [AT + timedelta(minutes=1)], [AT + timedelta(minutes=2)])
    assert person.delivery == DeliveryRank.READ
    assert differences(shop.tenant.pk, campaign.pk) == []


@pytest.mark.parametrize(
    "as_is",
    [
        {"state": State.SENDING, "part_states": [PartState.SENDING]},
        {"state": State.UNCONFIRMED, "part_states": [PartState.UNCONFIRMED], "provider_ids": [""]},
        {"part_states": [PartState.ACCEPTED, PartState.DROPPED]},
        {"provider_ids": ["wamid.another"]},
    ],
    ids=["answer not recorded", "in doubt", "two parts", "another id"],
)
def test_who_is_not_plain_is_left(shop, people, as_is):
    plain, person, _third = people
    moves = [move(plain, Delivery.SENT), move(person, Delivery.SENT)]
    Recipient.objects.filter(pk=person.pk).update(**as_is)
    assert written(shop, moves)[0] == {plain.pk}
    assert times(person) == (None, None, None)


@pytest.fixture
def priced(shop, owner):
    """Every message costs something, and there is credit for it."""
    Price.objects.create(
        currency="USD", market="TW", category="service", amount=PRICE, valid_from=AT - timedelta(days=9)
    )
    confirm(
        start_top_up(owner, amount=10_000_000, currency="USD"), payment="pi_1", total=1000, currency="USD"
    )


BILLED = {"billable": True, "pricing_category": "service"}


def test_what_is_billed_as_it_was_priced_is_captured_once(shop, priced, campaign, people):
    first, second, third = people
    moves = [
        move(first, Delivery.SENT, **BILLED),
        move(second, Delivery.SENT, **BILLED),
        move(second, Delivery.DELIVERED, 1, **BILLED),
        move(third, Delivery.DELIVERED, 1),
    ]
    with batch():
        assert written(shop, moves)[0] == {person.pk for person in people}
    with batch():
        again = [move(first, Delivery.DELIVERED, 1, **BILLED), move(second, Delivery.READ, 2, **BILLED)]
        assert written(shop, again)[0] == {first.pk, second.pk}
    charged = list(Recipient.objects.order_by("pk").values_list("charges", "entries"))
    entry = Entry.objects.get(target=Account.SPENT)
    assert charged == [([PRICE], [entry.pk]), ([PRICE], [entry.pk]), ([None], third.entries)]
    hold = Reservation.objects.get()
    assert (hold.captured, hold.open) == (2 * PRICE, PRICE)
    assert ledger_differences() + campaign_differences(everything=True) == []


@pytest.mark.parametrize(
    ("told", "charge"),
    [
        ({"billable": False, "pricing_category": "service"}, None),
        ({"billable": True, "pricing_category": "marketing"}, None),
        (BILLED, 0),
        ({**BILLED, "minutes": 60 * 24 * 365}, None),
    ],
    ids=["not billed", "another category", "was given back", "by a later list"],
)
def test_who_is_billed_otherwise_is_left(shop, priced, people, told, charge):
    Recipient.objects.filter(pk=people[0].pk).update(charges=[charge])
    assert written(shop, [move(people[0], Delivery.SENT, **told)]) == (set(), [])
    assert times(people[0]) == (None, None, None)


def test_a_failure_beside_a_receipt_is_left_with_it(shop, campaign, people):
    moves = [
        move(people[0], Delivery.SENT),
        move(people[0], Delivery.FAILED, 1, reason=Reason.RECIPIENT_UNAVAILABLE, provider_code="131026"),
        move(people[1], Delivery.SENT),
        move(people[2], Delivery.DELIVERED, part=1, provider_id="wamid.part"),
    ]
    assert written(shop, moves)[0] == {people[1].pk}
    assert times(people[0]) == (None, None, None)
    advance(shop.tenant, moves)
    assert times(people[0])[0] == [AT]
    assert people[0].state == State.FAILED
    assert differences(shop.tenant.pk, campaign.pk) == []


def test_nobody_of_another_team_is_written(shop, people, other_tenant):
    with transaction.atomic():
        assert write_receipts(other_tenant, [move(people[0], Delivery.SENT)]) == (set(), [])
    assert times(people[0]) == (None, None, None)

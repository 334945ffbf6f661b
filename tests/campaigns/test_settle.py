"""Provider reports in any order, doubled, early and late."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from django.utils import timezone

from campaigns.engine.recount import recount_campaigns
from campaigns.engine.replies import note_replies
from campaigns.engine.settle import settle
from campaigns.models import DeliveryRank, PartState, Recipient, State
from campaigns.reports import STATE_FILTERS, counts_of, reasons_of, recipients_of
from channels.adapters.base import Delivery, Reason, StatusChange
from channels.signals import Received

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def report(shop, recipient, status, *, part=0, minutes=0, opaque=True, provider_id="", **more):
    event = StatusChange(
        account_id=shop.whatsapp.account_id,
        event_id=f"{recipient.pk}-{part}-{status}",
        at=AT + timedelta(minutes=minutes),
        raw={},
        provider_id=provider_id or f"wamid.{recipient.pk}.{part}",
        status=status,
        opaque_id=f"{recipient.pk}.{part}.0" if opaque else "",
        recipient=recipient.address,
        **more,
    )
    return Received(shop.whatsapp, event)


@pytest.fixture
def doubtful(shop):
    """Three people on WhatsApp to whom one part may or may not have gone."""
    shop.chats(shop.whatsapp, 3)
    campaign = shop.launch("Hello")
    shop.scenario(cut_rate=1.0, accepted_share=0.0)
    shop.send(campaign)
    return campaign


def people(campaign):
    return list(Recipient.objects.filter(campaign=campaign).order_by("pk"))


def states(shop, campaign):
    return {term: n for term, n in counts_of(shop.fresh(campaign)).as_dict().items() if n}


@pytest.mark.requirement("B-3")
def test_a_report_that_names_our_attempt_settles_the_doubt(shop, doubtful):
    first, second, _third = people(doubtful)
    reports = [
        report(shop, first, Delivery.SENT),
        report(shop, second, Delivery.FAILED, reason=Reason.RECIPIENT_UNAVAILABLE, provider_code="131026"),
    ]
    assert settle(shop.tenant, reports) == set()
    assert states(shop, doubtful) == {"accepted": 1, "failed": 1, "unconfirmed": 1}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_sent_delivered_and_read_end_the_same_in_any_order(shop, doubtful, order):
    person = people(doubtful)[0]
    story = [
        report(shop, person, Delivery.SENT, minutes=0),
        report(shop, person, Delivery.DELIVERED, minutes=1),
        report(shop, person, Delivery.READ, minutes=2),
    ]
    for place in order:
        settle(shop.tenant, [story[place]])
        settle(shop.tenant, [story[place]])
    person.refresh_from_db()
    assert (person.state, person.delivery) == (State.ACCEPTED, DeliveryRank.READ)
    assert (person.sent_at, person.delivered_at) == ([AT], [AT + timedelta(minutes=1)])
    assert states(shop, doubtful) == {"read": 1, "unconfirmed": 2}


@pytest.mark.parametrize("late", [False, True])
def test_delivered_beats_failed_whichever_comes_first(shop, doubtful, late):
    person = people(doubtful)[0]
    story = [
        report(shop, person, Delivery.FAILED, reason=Reason.RECIPIENT_UNAVAILABLE, provider_code="131026"),
        report(shop, person, Delivery.DELIVERED, minutes=1),
    ]
    for item in reversed(story) if late else story:
        settle(shop.tenant, [item])
    assert states(shop, doubtful) == {"delivered": 1, "unconfirmed": 2}
    person.refresh_from_db()
    assert person.reason == ""


def test_failed_beats_accepted_with_its_reason(shop, doubtful):
    person = people(doubtful)[0]
    settle(shop.tenant, [report(shop, person, Delivery.SENT)])
    settle(
        shop.tenant,
        [report(shop, person, Delivery.FAILED, reason=Reason.RECIPIENT_UNAVAILABLE, provider_code="131026")],
    )
    person.refresh_from_db()
    assert (person.state, person.reason, person.provider_code) == (State.FAILED, "undeliverable", "131026")


def test_people_are_counted_by_reason_as_they_stand_now(shop, doubtful, django_assert_num_queries):
    def reasons():
        found = reasons_of(shop.fresh(doubtful))
        return {(reason.code, reason.provider_code): reason.count for reason in found}

    first, second, _third = people(doubtful)
    assert reasons() == {("answer_lost", ""): 3}
    failed = {"reason": Reason.RECIPIENT_UNAVAILABLE, "provider_code": "131026"}
    settle(shop.tenant, [report(shop, person, Delivery.FAILED, **failed) for person in (first, second)])
    assert reasons() == {("undeliverable", "131026"): 2, ("answer_lost", ""): 1}
    settle(shop.tenant, [report(shop, first, Delivery.DELIVERED, minutes=1)])
    assert reasons() == {("undeliverable", "131026"): 1, ("answer_lost", ""): 1}
    with django_assert_num_queries(1):
        assert len(reasons_of(doubtful)) == 2
    everybody = Recipient.objects.filter(campaign=doubtful)
    for state, where in STATE_FILTERS.items():
        assert set(recipients_of(doubtful, state)) == set(everybody.filter(where)), state
    with django_assert_num_queries(1):  # the counters: nobody is looked for where nobody stands
        assert not recipients_of(doubtful, "cancelled")


def test_reasons_that_are_wrong_are_put_right_at_night(shop, doubtful):
    doubtful.counters.update(reasons={"2 answer_lost ": 2, "6 opted_out ": 1})
    assert recount_campaigns() == 2
    assert doubtful.counters.get().reasons == {"2 answer_lost ": 3}
    assert recount_campaigns() == 0


def test_without_our_id_the_providers_id_is_found_within_the_contact(shop, doubtful):
    first, second, _ = people(doubtful)
    settle(shop.tenant, [report(shop, first, Delivery.SENT, provider_id="wamid.same")])
    reports = [
        report(shop, first, Delivery.READ, opaque=False, provider_id="wamid.same"),
        report(shop, second, Delivery.READ, opaque=False, provider_id="wamid.same"),
    ]
    settle(shop.tenant, reports[:1])
    assert settle(shop.tenant, reports[1:]) in ({reports[1]}, set())
    assert states(shop, doubtful)["read"] == 1


def test_what_names_nobody_of_ours_stays_unmatched(shop, doubtful, other_tenant):
    person = people(doubtful)[0]
    strange = Received(
        shop.whatsapp,
        StatusChange(
            "x", "e", AT, {}, provider_id="w", status=Delivery.SENT, opaque_id="999999.0.0", recipient="+1"
        ),
    )
    assert settle(shop.tenant, [strange]) == {strange}
    assert settle(other_tenant, [ours := report(shop, person, Delivery.READ)]) == {ours}
    assert states(shop, doubtful) == {"unconfirmed": 3}


@pytest.mark.parametrize("opaque", ["7.x.0", "7.0", "1.99.0", "-1.0.0", "m123", "9" * 40 + ".0.0"])
def test_ids_that_are_nobodys_do_no_harm(shop, doubtful, opaque):
    person = people(doubtful)[0]
    event = StatusChange(
        "x", "e", AT, {}, provider_id="w", status=Delivery.SENT, opaque_id=opaque, recipient="+1"
    )
    settle(shop.tenant, [Received(shop.whatsapp, event)])
    person.refresh_from_db()
    assert states(shop, doubtful) == {"unconfirmed": 3}


def test_the_lowest_part_counts_and_a_failed_part_makes_it_partial(shop):
    shop.chats(shop.whatsapp, 2)
    campaign = shop.send(shop.launch("One", "Two"))
    first, second = people(campaign)
    settle(
        shop.tenant,
        [
            report(shop, first, Delivery.READ, part=0, provider_id=first.provider_ids[0]),
            report(shop, first, Delivery.DELIVERED, part=1, provider_id=first.provider_ids[1]),
            report(shop, second, Delivery.DELIVERED, part=0, provider_id=second.provider_ids[0]),
            report(shop, second, Delivery.FAILED, part=1, provider_id=second.provider_ids[1]),
        ],
    )
    assert states(shop, campaign) == {"delivered": 1, "partial": 1}
    second.refresh_from_db()
    assert second.part_states == [PartState.ACCEPTED, PartState.FAILED]


def test_a_report_may_overtake_the_answer(shop, monkeypatch):
    shop.chats(shop.whatsapp, 1)
    campaign = shop.launch("One", "Two")
    person = people(campaign)[0]
    Recipient.objects.filter(pk=person.pk).update(state=State.SENDING, part_states=[1, 0])
    campaign.counters.update(waiting=0, sending=1)
    settle(shop.tenant, [report(shop, person, Delivery.DELIVERED)])
    person.refresh_from_db()
    assert (person.state, person.part_states) == (State.SENDING, [PartState.ACCEPTED, PartState.WAITING])


@pytest.mark.requirement("S0-4")
def test_a_reply_counts_the_person_once_for_the_last_campaign(shop):
    chats = shop.chats(shop.line, 2)
    earlier = shop.send(shop.launch("First"))
    campaign = shop.send(shop.launch("Second"))
    for _ in range(3):
        note_replies(shop.tenant, {chats[0].contact_id: timezone.now()})
    assert (counts_of(shop.fresh(campaign)).interacted, counts_of(shop.fresh(earlier)).interacted) == (1, 0)
    assert counts_of(shop.fresh(campaign)).replied == 1

"""A campaign from selection to the last answer, against the sandbox."""

import pytest

from campaigns.models import Recipient, State, Status
from campaigns.reports import counts_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_parts_reach_everybody_on_both_channels_once(shop):
    shop.chats(shop.line, 30, name=lambda n: f"Person {n % 3}")
    shop.chats(shop.whatsapp, 20)
    campaign = shop.send(shop.launch("Hello {{ name|there }}", "See you"))
    assert campaign.status == Status.COMPLETED
    assert counts_of(campaign).completed == campaign.total == 50
    assert shop.arrived("+886912000001") == ["Hello Mei", "See you"]
    assert shop.arrived(f"U{1:032x}") == ["Hello Person 1", "See you"]
    summary = shop.summary()
    assert (summary["people"], summary["duplicates"]) == (50, 0)


def test_equal_texts_share_a_line_call_and_its_retry_key(shop):
    shop.chats(shop.line, 7)
    campaign = shop.send(shop.launch("Same for all"))
    attempts = set(Recipient.objects.filter(campaign=campaign).values_list("attempt_id", flat=True))
    assert len(attempts) == 1
    assert shop.summary()["people"] == 7


def test_an_undeliverable_address_fails_alone(shop):
    good = shop.chats(shop.whatsapp, 3)
    campaign = shop.send(shop.launch("Hello", chats=good))
    assert campaign.status == Status.COMPLETED
    assert Recipient.objects.filter(campaign=campaign, state=State.ACCEPTED).count() == 3

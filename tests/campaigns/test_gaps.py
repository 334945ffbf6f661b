"""A text with a gap in it is caught before sending, named with its fix, and reaches nobody (B-15)."""

import pytest
from django.utils.translation import override

from campaigns.errors import TrialRefused
from campaigns.gaps import gaps_in
from campaigns.models import Recipient, State
from campaigns.preflight import preflight
from campaigns.trying import send_test


def test_a_variable_without_a_fallback_may_leave_a_gap():
    texts = ["Hi {{ name }}, {{name|friend}}", "{{ phone| }} {{ nonsense }} {{ number }}", "{{ name }}"]
    assert gaps_in(texts) == ("name", "number")


@pytest.mark.django_db(transaction=True)
@pytest.mark.requirement("B-15")
def test_people_of_whom_nothing_is_known_are_named_and_left_out(shop):
    shop.chats(shop.whatsapp, 3)
    shop.chats(shop.whatsapp, 2, start=20, name=" \u3000")
    shop.chats(shop.line, 1, name="")
    said = "Hello {{ name }}"
    found = preflight(shop.sales, shop.draft(said))
    assert [(line.code, line.channel, line.count, line.fixes) for line in found.lines] == [
        ("takes_all", "whatsapp", 3, ()),
        ("value_missing", "line", 1, ("add_fallback", "leave_out")),
        ("value_missing", "whatsapp", 2, ("add_fallback", "leave_out")),
    ]
    with override("en"):
        assert preflight(shop.sales, shop.draft(said)).lines[2].text == (
            "2 on WhatsApp are left out: nothing is known there for “Customer's name”. Give it a fallback."
        )
    for mended in ("Hello {{ name|there }}", "Hello {{ name| }}"):
        assert [line.code for line in preflight(shop.sales, shop.draft(mended)).lines] == ["takes_all"] * 2
    campaign = shop.send(shop.launch(said))
    people = Recipient.objects.filter(campaign=campaign)
    assert sorted(people.values_list("state", "reason")) == [
        *[(State.ACCEPTED, "")] * 3,
        *[(State.SKIPPED, "value_missing")] * 3,
    ]


@pytest.mark.django_db(transaction=True)
def test_a_test_with_a_gap_is_refused(shop):
    (chat,) = shop.chats(shop.line, 1, name="")
    with pytest.raises(TrialRefused, match="name"):
        send_test(shop.sales, shop.draft("Hello {{ name }}"), chat)

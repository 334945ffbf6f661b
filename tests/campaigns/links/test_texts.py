"""Each person's own links in what is sent, and the same text wherever it is looked at again."""

import pytest

from campaigns.audience import Picked
from campaigns.checking import check_campaign
from campaigns.engine.prepare import prepare_campaigns
from campaigns.engine.settle import settle
from campaigns.errors import InvalidCampaign
from campaigns.history import parts_in_thread
from campaigns.links.codes import CODE_LENGTH, short_link
from campaigns.models import Attempt, Link
from campaigns.services import create_campaign, duplicate_campaign, retry_campaign
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, Delivery, Reason
from tests.campaigns.links.conftest import links, people
from tests.campaigns.test_retry import report

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = "Hello {{ name|you }}: https://shop.example/sale. Or https://b.example/x?y=1 {{ name }}!"


def test_each_person_gets_links_of_their_own_on_every_channel(shop):
    shop.tenant.official_sites = ["shop.example"]
    shop.tenant.save()
    shop.chats(shop.line, 2)
    shop.chats(shop.whatsapp, 2)
    campaign = shop.send(shop.launch("No link", TEXT))
    assert [(link.part, link.place, link.url, link.official) for link in links(campaign)] == [
        (1, 0, "https://shop.example/sale", True),
        (1, 1, "https://b.example/x?y=1", False),
    ]
    said = set()
    for person in people(campaign):
        text = f"Hello Mei: {short_link(person.pk, 0)}. Or {short_link(person.pk, 1)} Mei!"
        assert shop.arrived(person.address) == ["No link", text]
        assert parts_in_thread(person.contact)[1].text == text
        said.add(text)
    assert len(said) == 4
    assert check_campaign(campaign).agrees


def test_the_same_texts_still_share_one_call_on_line(shop):
    shop.chats(shop.line, 3)
    for text, calls in (("Hello, see shop.example", 1), ("Hello, see https://shop.example", 3)):
        campaign = shop.send(shop.launch(text))
        assert Attempt.objects.filter(campaign=campaign).count() == calls


def test_without_tracking_they_are_sent_as_written(shop):
    shop.chats(shop.line, 2)
    campaign = shop.send(shop.launch("See https://shop.example/sale", track_links=False))
    assert links(campaign) == []
    assert shop.arrived(people(campaign)[0].address) == ["See https://shop.example/sale"]
    assert Attempt.objects.filter(campaign=campaign).count() == 1
    assert not duplicate_campaign(campaign, shop.sales).track_links


def test_a_retry_has_links_of_its_own(shop):
    shop.chats(shop.whatsapp, 1)
    campaign = shop.send(shop.launch("See https://shop.example/sale"))
    (person,) = people(campaign)
    settle(shop.tenant, [report(person, Delivery.FAILED, reason=Reason.RECIPIENT_UNAVAILABLE)])
    retry = retry_campaign(campaign, shop.sales)
    prepare_campaigns()
    shop.send(shop.fresh(retry))
    (again,) = people(retry)
    assert shop.arrived(person.address) == [f"See {short_link(each.pk, 0)}" for each in (person, again)]
    assert [link.campaign_id for link in Link.objects.order_by("pk")] == [campaign.pk, retry.pk]


def test_a_length_counts_the_short_form_only_where_links_are_tracked(shop):
    shop.chats(shop.line, 1)
    most = ADAPTERS[ChannelKind.LINE].spec.max_text
    url = "https://shop.example/" + "a" * most
    assert shop.launch(f"See {url}").total == 1
    with pytest.raises(InvalidCampaign):
        shop.launch(f"See {url}", track_links=False)
    with pytest.raises(InvalidCampaign):  # the short one can be longer
        shop.launch("a" * (most - CODE_LENGTH) + " https://b.example")


def test_a_draft_writes_no_links_before_it_is_sent(shop):
    chats = shop.chats(shop.line, 1)
    draft = shop.draft("See https://shop.example", chats=chats)
    assert draft.audience == Picked((chats[0].number,))
    create_campaign(shop.sales, draft, keep_as_draft=True)
    prepare_campaigns()
    assert not Link.objects.exists()

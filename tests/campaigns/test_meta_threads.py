"""Broadcasts over a Page and an Instagram account: the real engine, the sandbox, and what its webhooks tell."""

import pytest

from campaigns.checking import Verdict, check_campaign
from campaigns.drafts import PartDraft
from campaigns.models import DeliveryRank, Recipient, State
from campaigns.reports import counts_of
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, Echo, PartKind, ReadUpTo, StatusChange
from channels.signals import AWAITED, SIGNALS, Received
from tests.factories import (
    ChannelFactory,
    ContactFactory,
    ConversationFactory,
    CustomerFactory,
    MediaFactory,
)
from tests.sandbox.conftest import (  # noqa: F401  (fixtures)
    INSTAGRAM,
    PAGE,
    instagram_webhooks,
    page_webhooks,
    receiver,
)

pytestmark = pytest.mark.django_db(transaction=True)
ACCOUNTS = {"facebook": (PAGE, "page_id"), "instagram": (INSTAGRAM, "ig_id")}
both = pytest.mark.parametrize("kind", ["facebook", "instagram"])
SCOPE = {"facebook": "741258", "instagram": "135792"}  # nobody's id is the same on two accounts
PEOPLE = 4


@pytest.fixture
def connect(shop, settings, providers):
    """A channel of a kind with people in chats, as the sandbox knows them."""
    settings.PROVIDER_URLS = settings.PROVIDER_URLS | {
        "instagram": f"{providers.base}/{settings.GRAPH_VERSION}"
    }

    def make(kind, **contact):
        account, key = ACCOUNTS[kind]
        channel = ChannelFactory(kind=kind, account_id=account[key], access_token=account["access_token"])
        people = []
        for n in range(PEOPLE):
            person = ContactFactory(
                customer=CustomerFactory(name="Mei"),
                channel=channel,
                address=f"{SCOPE[kind]}{n:06}11",
                **contact,
            )
            ConversationFactory(channel=channel, contact=person, assignee=shop.sales)
            people.append({"address": person.address, "last_inbound_at": person.last_inbound_at.timestamp()})
        providers.post("/_sandbox/people", {"account": channel.account_id, "people": people})
        return channel

    return make


@pytest.fixture
def hear(shop, request):
    """Tell the receivers what came by webhook, once `enough` events of it have; returns the events."""

    def read(channel, enough):
        adapter = ADAPTERS[ChannelKind(channel.kind)]
        webhooks = request.getfixturevalue(
            {"facebook": "page_webhooks", "instagram": "instagram_webhooks"}[channel.kind]
        )

        def found(calls):
            events = [event for call in calls for event in adapter.events(call.json())]
            return events if enough(events) else None

        events = webhooks.wait(found)
        for event_class, signal in SIGNALS.items():
            same = [Received(channel, event) for event in events if type(event) is event_class]
            if same:
                answers = signal.send(event_class, tenant=shop.tenant, received=same)
                if event_class in AWAITED:
                    assert [answer for _receiver, answer in answers if answer] == []
        return events

    return read


def of(events, event_class):
    return [event for event in events if isinstance(event, event_class)]


def terms(shop, campaign):
    return {term: n for term, n in counts_of(shop.fresh(campaign)).as_dict().items() if n}


@pytest.mark.requirement("S2-6")
@pytest.mark.parametrize(
    ("kind", "webhooks", "told"),
    [("facebook", "page_webhooks", ReadUpTo), ("instagram", "instagram_webhooks", StatusChange)],
)
def test_everybody_gets_every_part_once_and_is_seen_reading(
    request, shop, connect, hear, providers, kind, webhooks, told
):
    request.getfixturevalue(webhooks)
    providers.post("/_sandbox/scenario", {"read_share": 1, "delivered_share": 1})
    connect(kind)
    campaign = shop.send(shop.launch("春季特賣 🌸", "Hello {{ name }}"))
    assert terms(shop, campaign) == {"accepted": PEOPLE}
    for recipient in Recipient.objects.filter(campaign=campaign):
        assert shop.arrived(recipient.address) == ["春季特賣 🌸", "Hello Mei"]

    reads = 2 * PEOPLE
    events = hear(
        Recipient.objects.filter(campaign=campaign).first().channel,
        lambda events: len([event for event in of(events, told) if event.status == "read"]) >= reads,
    )
    assert len(of(events, Echo)) >= reads
    assert terms(shop, campaign) == {"read": PEOPLE}


@both
def test_lost_answers_are_settled_by_the_echoes(request, shop, connect, hear, kind):
    request.getfixturevalue({"facebook": "page_webhooks", "instagram": "instagram_webhooks"}[kind])
    channel = connect(kind)
    shop.scenario(cut_rate=1.0, accepted_share=1.0)
    campaign = shop.send(shop.launch("New arrivals are in"))
    assert terms(shop, campaign) == {"unconfirmed": PEOPLE}
    hear(channel, lambda events: len(of(events, Echo)) >= PEOPLE)
    assert sum(terms(shop, campaign).get(term, 0) for term in ("accepted", "delivered", "read")) == PEOPLE
    assert shop.summary()["duplicates"] == 0
    assert all(row.provider_ids[0] and row.sent_at[0] for row in Recipient.objects.filter(campaign=campaign))


@both
@pytest.mark.requirement("S2-18")
def test_pictures_are_sent_by_their_address(shop, connect, settings, kind):
    settings.PUBLIC_URL = "https://shop.test"
    channel = connect(kind)
    picture = PartDraft(PartKind.IMAGE, "", MediaFactory().key)
    campaign = shop.send(shop.launch(picture, "And a word"))
    assert terms(shop, campaign) == {"accepted": PEOPLE}
    person = Recipient.objects.filter(campaign=campaign, channel=channel).first()
    rows = shop.providers.get(f"/_sandbox/journal?recipient={person.address}").json()["results"]
    attachment = rows[0]["body"]["attachment"]
    assert (attachment["type"], attachment["payload"]["url"].startswith("https://shop.test/m/")) == (
        "image",
        True,
    )


@both
def test_a_broadcast_is_checked_by_name_or_by_words(shop, connect, settings, kind):
    """Messenger's requests carry our id, Instagram's nothing: there words and file tell."""
    settings.PUBLIC_URL = "https://shop.test"
    connect(kind)
    picture = PartDraft(PartKind.IMAGE, "", MediaFactory().key)
    campaign = shop.send(shop.launch("Twice the same", picture, "Twice the same"))
    assert check_campaign(campaign).counts[Verdict.AGREED] == 3 * PEOPLE


@both
def test_a_window_that_meta_holds_closed_fails_that_person_alone(shop, connect, providers, kind):
    channel = connect(kind)
    providers.post(
        "/_sandbox/people",
        {
            "account": channel.account_id,
            "people": [{"address": f"{SCOPE[kind]}00000011", "last_inbound_at": 0}],
        },
    )
    campaign = shop.send(shop.launch("New arrivals are in"))
    assert terms(shop, campaign) == {"accepted": PEOPLE - 1, "failed": 1}
    failed = Recipient.objects.get(campaign=campaign, state=State.FAILED)
    assert (failed.reason, failed.delivery) == ("window_closed", DeliveryRank.ACCEPTED)
    assert failed.provider_code in ("10/2018278", "10/2534022")

"""A shop with chats on both channels, and the composer's form as the browser sends it."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.engine.reasons import key_of
from campaigns.models import Campaign, Counter
from tenants.scopes import tenant_scope
from tests.factories import (
    CampaignFactory,
    ChannelFactory,
    ContactFactory,
    ConversationFactory,
    PartFactory,
    RecipientFactory,
)


@pytest.fixture
def scoped(tenant):
    with tenant_scope(tenant):
        yield tenant


@pytest.fixture
def line(scoped):
    """Its quota was asked for a moment ago, so that no test asks again."""
    return ChannelFactory(kind="line", name="Shop LINE", quota_checked_at=timezone.now())


@pytest.fixture
def whatsapp(scoped):
    return ChannelFactory(kind="whatsapp", name="Shop WhatsApp")


@pytest.fixture
def chats(sales):
    """`chats(channel, 3, name="Mei")`: in-progress chats of the salesperson, windows open."""

    def make(channel, count, *, name="Mei", assignee=sales, status="in_progress", **contact):
        return [
            ConversationFactory(
                channel=channel,
                contact=ContactFactory(channel=channel, customer__name=name, **contact),
                assignee=assignee,
                status=status,
            )
            for _ in range(count)
        ]

    return make


@pytest.fixture
def browser(sign_in, sales):
    """The salesperson's browser, in English."""
    client = sign_in(sales)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def hand_over(browser):
    """Choose chats in the inbox and press Next; the answer."""

    def post(chats, **more):
        numbers = ",".join(str(chat.number) for chat in chats)
        return browser.post("/campaigns/new/", {"mode": "message", "conversations": numbers, **more})

    return post


@pytest.fixture
def draft(hand_over):
    """`draft(chats)`: the number of the draft that the composer opens."""

    def make(chats):
        answer = hand_over(chats)
        assert answer.status_code == 302, answer.content
        return int(answer.url.split("/")[2])

    return make


@pytest.fixture
def write(browser):
    """`write(number, parts, to="save")`: what the composer's form posts."""

    def post(number, parts, to="save", **more):
        form = {"parts": json.dumps(parts), "client": "web", "on_unsupported": "skip_recipient", **more}
        headers = {"HX-Request": "true"} if to == "save" else {}
        return browser.post(f"/campaigns/{number}/{to}/", form, headers=headers)

    return post


def text(words):
    return {"kind": "text", "text": words}


@pytest.fixture
def past_campaign(sales):
    """`past_campaign(channel, read=2, failed=1)`: a finished broadcast with its people and counters."""

    def make(channel, *, status="completed", by=sales, words="New arrivals for {{ name|you }}", **terms):
        started = timezone.now() - timedelta(hours=1)
        campaign = CampaignFactory(status=status, created_by=by, started_at=started, finished_at=started)
        PartFactory(campaign=campaign, position=0, kind="text", text=words)
        Counter.objects.create(
            tenant=campaign.tenant, campaign=campaign, channel=channel, **terms, replied=1, interacted=1
        )
        return campaign

    return make


@pytest.fixture
def person_in():
    """`person_in(campaign, channel, name="Mei", state=State.FAILED)`: one recipient with their chat."""

    def make(campaign, channel, *, name="Mei", phone="", **fields):
        contact = ContactFactory(channel=channel, customer__name=name, phone=phone)
        chat = ConversationFactory(channel=channel, contact=contact)
        person = RecipientFactory(
            campaign=campaign,
            channel=channel,
            contact=contact,
            conversation=chat,
            address=contact.address,
            **fields,
        )
        counter = Counter.objects.filter(campaign=campaign, channel=channel).first()
        if counter and (key := key_of(person.state, person.reason, person.provider_code)):
            counter.reasons[key] = counter.reasons.get(key, 0) + 1
            counter.save()
        return person

    return make


def reload(campaign):
    return Campaign.objects.get(pk=campaign.pk)

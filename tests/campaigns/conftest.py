"""Campaigns on the real database, sent through the real engine to the real sandbox."""

from dataclasses import dataclass

import pytest
from django.utils import timezone

from campaigns.audience import Picked
from campaigns.drafts import CampaignDraft, PartDraft
from campaigns.engine.finish import finish_campaigns
from campaigns.engine.prepare import prepare_campaigns
from campaigns.engine.recount import differences
from campaigns.engine.slice import run_slice
from campaigns.models import Campaign
from campaigns.reports import counts_of
from campaigns.services import create_campaign
from channels.adapters.base import PartKind
from conversations.models import Conversation
from tenants.scopes import tenant_scope
from tests.factories import ChannelFactory, ContactFactory, ConversationFactory, CustomerFactory
from tests.sandbox.conftest import LINE, WHATSAPP, http, sandbox  # noqa: F401  (fixtures)


@pytest.fixture
def providers(http, settings, valkey):  # noqa: F811
    """The sandbox stands in for every provider."""
    settings.PROVIDER_URLS = {
        "line": http.base,
        "line_data": http.base,
        "graph": f"{http.base}/{settings.GRAPH_VERSION}",
        "graph_media": http.base,
    }
    return http


@pytest.fixture
def scoped(transactional_db, tenant):
    with tenant_scope(tenant):
        yield tenant


@pytest.fixture
def line(scoped):
    return ChannelFactory(
        kind="line", name="Shop LINE", account_id=LINE["bot_user_id"], access_token=LINE["access_token"]
    )


@pytest.fixture
def whatsapp(scoped):
    return ChannelFactory(
        kind="whatsapp",
        name="Shop WhatsApp",
        account_id=WHATSAPP["phone_number_id"],
        access_token=WHATSAPP["access_token"],
        pace=1000,
    )


@dataclass
class Shop:
    """What the tests do again and again, on one tenant with a LINE account and a WhatsApp number."""

    tenant: object
    line: object
    whatsapp: object
    sales: object
    providers: object

    def chats(self, channel, count, *, name="Mei", start=1, **contact):
        """In-progress chats of the salesperson; the sandbox knows the people, their windows are open."""
        made = []
        for n in range(start, start + count):
            address = f"U{n:032x}" if channel.kind == "line" else f"+8869120{n:05}"
            phone = "" if channel.kind == "line" else address
            customer = CustomerFactory(name=name if isinstance(name, str) else name(n))
            person = ContactFactory(
                customer=customer, channel=channel, address=address, phone=phone, **contact
            )
            made.append(ConversationFactory(channel=channel, contact=person, assignee=self.sales))
        return made

    def draft(self, *parts, chats=None, **more):
        chats = Conversation.objects.all() if chats is None else chats
        return CampaignDraft(
            audience=Picked(tuple(chat.number for chat in chats)),
            parts=tuple(PartDraft(PartKind.TEXT, part) if isinstance(part, str) else part for part in parts),
            **more,
        )

    def launch(self, *parts, chats=None, **more) -> Campaign:
        campaign = create_campaign(self.sales, self.draft(*parts, chats=chats, **more))
        prepare_campaigns()
        return self.fresh(campaign)

    def send(self, campaign) -> Campaign:
        """Slices until nothing is due."""
        while run_slice():
            pass
        finish_campaigns()
        return self.fresh(campaign)

    def fresh(self, campaign) -> Campaign:
        campaign = Campaign.objects.get(pk=campaign.pk)
        assert differences(campaign.tenant_id, campaign.pk) == []
        assert counts_of(campaign).total == campaign.total
        return campaign

    def arrived(self, address):
        """Texts that reached a person, in order, by the sandbox's journal."""
        rows = self.providers.call("GET", f"/_sandbox/journal?recipient={address.removeprefix('+')}").json()[
            "results"
        ]
        return [_text(row["body"]) for row in rows]

    def summary(self):
        return self.providers.call("GET", "/_sandbox/summary").json()

    def scenario(self, **values):
        assert self.providers.post("/_sandbox/scenario", values).status == 200


def _text(body):
    """LINE: `{"text": "…"}`. WhatsApp: `{"text": {"body": "…"}}`."""
    text = body.get("text", body)
    return text["body"] if isinstance(text, dict) else text


@pytest.fixture
def shop(scoped, line, whatsapp, sales, providers):
    return Shop(scoped, line, whatsapp, sales, providers)


@pytest.fixture
def now():
    return timezone.now()

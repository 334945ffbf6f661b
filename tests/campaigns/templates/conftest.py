"""Broadcasts of a template: the shop's WhatsApp account has an approved one, which the sandbox knows."""

from dataclasses import dataclass

import pytest

from campaigns.audience import Picked
from campaigns.drafts import CampaignDraft, TemplateDraft
from campaigns.engine.prepare import prepare_campaigns
from campaigns.models import Campaign, CampaignKind
from campaigns.services import create_campaign
from conversations.models import Conversation
from templates_app.models import Template
from tests.factories import TemplateFactory, WhatsAppAccountFactory
from tests.sandbox.conftest import WHATSAPP

COMPONENTS = [
    {"type": "HEADER", "format": "TEXT", "text": "Order {{number}} is here"},
    {"type": "BODY", "text": "Hello {{first_name}}, {{what}} is ready. Come by, {{first_name}}, any time."},
    {"type": "FOOTER", "text": "Shop"},
    {
        "type": "BUTTONS",
        "buttons": [
            {"type": "QUICK_REPLY", "text": "On my way"},
            {
                "type": "URL",
                "text": "Track",
                "url": "https://shop.example/o/{{1}}",
                "example": ["https://shop.example/o/7"],
            },
        ],
    },
]
VALUES = {
    "number": "A7",
    "first_name": "{{ name|friend }}",
    "what": "your vase",
    "button.1": "{{ number }}",
}
PICTURE = [{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Hello, this is new in the shop."}]


@dataclass
class TemplateShop:
    """The shop of `tests.campaigns.conftest`; `template` is approved and takes VALUES."""

    shop: object
    account: object
    template: Template

    def draft(self, chats=None, *, values=VALUES, header_media="", place=None, template=None, **more):
        chats = Conversation.objects.all() if chats is None else chats
        chosen = TemplateDraft((template or self.template).pk, values, header_media, place)
        numbers = tuple(chat.number for chat in chats)
        return CampaignDraft(Picked(numbers), (), CampaignKind.TEMPLATE, template=chosen, **more)

    def launch(self, chats=None, **more) -> Campaign:
        campaign = create_campaign(self.shop.sales, self.draft(chats, **more))
        prepare_campaigns()
        return self.shop.fresh(campaign)

    def another(self, components, name="other_one"):
        """One more template, at the sandbox too."""
        register(self.shop.providers, (self.template.name, COMPONENTS), (name, components))
        return TemplateFactory(account=self.account, name=name, components=components)

    def arrived(self):
        """The template objects of the requests that reached people, by their numbers without +."""
        rows = self.shop.providers.call("GET", "/_sandbox/journal").json()["results"]
        return {row["recipient"].removeprefix("+"): row["body"]["template"] for row in rows}

    def steer(self, event):
        """A verdict of Meta's, of which we do not hear."""
        what = {"account": WHATSAPP["waba_id"], "name": self.template.name, "language": "en", "event": event}
        answer = self.shop.providers.post("/_sandbox/templates", what)
        assert answer.status == 200, answer.body


def register(providers, *templates):
    """Have the sandbox know these (name, components) as approved, and no others."""
    known = [
        {
            "name": name,
            "language": "en",
            "status": "APPROVED",
            "category": "UTILITY",
            "parameter_format": "NAMED",
            "components": components,
        }
        for name, components in templates
    ]
    account = WHATSAPP | {"webhook_url": "", "templates": known}
    assert providers.post("/_sandbox/accounts", account).status == 200


@pytest.fixture
def selling(shop):
    account = WhatsAppAccountFactory(name="Spring Shop", waba_id=WHATSAPP["waba_id"])
    shop.whatsapp.whatsapp_account = account
    shop.whatsapp.save()
    register(shop.providers, ("order_here", COMPONENTS))
    template = TemplateFactory(account=account, name="order_here", components=COMPONENTS)
    return TemplateShop(shop, account, template)

"""One factory a model, valid by default. Rows of a tenant belong to the scope the test is in:

with tenant_scope(tenant):
    conversation = ConversationFactory(assignee=sales)      # with its customer, contact and channel
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

import factory
from django.core.files.base import ContentFile
from django.utils import timezone
from factory import LazyAttribute, LazyFunction, SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from campaigns.models import Campaign, Part, Recipient
from channels.models import Channel, Media, MetaApp, WhatsAppAccount
from conversations.contacts import market_on
from conversations.models import Contact, Conversation, Customer, Message, SavedReply
from templates_app.models import Template
from tenants.models import Member, Tenant, User
from tenants.numbers import next_number
from tenants.plans import Plan
from tenants.roles import Role
from tenants.scopes import current_tenant

PASSWORD = "demo-only"
PNG = bytes.fromhex(  # one black pixel
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63600000000200014898c4740000000049454e44ae426082"
)


def _number(sequence: str):
    return LazyAttribute(lambda row: next_number(row.tenant.pk, sequence))


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = Sequence(lambda n: f"person{n}@example.test")
    name = Sequence(lambda n: f"Person {n}")

    @factory.post_generation
    def password(self, create, extracted, **_kwargs):
        self.set_password(extracted or PASSWORD)
        if create:
            self.save()


class TenantFactory(DjangoModelFactory):
    class Meta:
        model = Tenant

    name = Sequence(lambda n: f"Shop {n}")
    slug = Sequence(lambda n: f"shop-{n}")
    plan = Plan.OMO
    time_zone = "Asia/Taipei"
    country = "TW"


class OfTenant(DjangoModelFactory):
    """A row of the tenant whose scope we are in."""

    class Meta:
        abstract = True

    tenant = LazyFunction(current_tenant)


class MemberFactory(OfTenant):
    class Meta:
        model = Member

    user = SubFactory(UserFactory)
    name = SelfAttribute("user.name")
    roles = LazyFunction(lambda: [Role.SALESPERSON.value])


class MetaAppFactory(DjangoModelFactory):
    """The tenant's own app; `tenant=None` makes the installation's."""

    class Meta:
        model = MetaApp

    tenant = LazyFunction(current_tenant)
    app_id = Sequence(lambda n: f"5550{n:06}")
    secret = "app-secret"
    verify_token = "verify-me"


class WhatsAppAccountFactory(OfTenant):
    class Meta:
        model = WhatsAppAccount

    name = Sequence(lambda n: f"Shop account {n}")
    waba_id = Sequence(lambda n: f"9{n:09}")


class ChannelFactory(OfTenant):
    """A LINE account; `kind="whatsapp"` makes a number with its account and app."""

    class Meta:
        model = Channel

    class Params:
        meta = LazyAttribute(lambda row: row.kind in {"facebook", "instagram", "whatsapp"})

    kind = "line"
    name = Sequence(lambda n: f"Shop channel {n}")
    account_id = Sequence(lambda n: f"U{n:031}")
    access_token = "channel-token"
    secret = "channel-secret"
    meta_app = factory.Maybe("meta", SubFactory(MetaAppFactory), None)
    whatsapp_account = LazyAttribute(
        lambda row: WhatsAppAccountFactory(tenant=row.tenant) if row.kind == "whatsapp" else None
    )


class MediaFactory(OfTenant):
    """A picture with its bytes in storage."""

    class Meta:
        model = Media

    kind = "image"
    mime = "image/png"
    extension = ".png"
    name = Sequence(lambda n: f"picture{n}.png")
    bytes = len(PNG)
    sha256 = hashlib.sha256(PNG).hexdigest()
    width = 1
    height = 1
    file = LazyFunction(lambda: ContentFile(PNG, "picture.png"))


class TemplateFactory(OfTenant):
    """Approved, with one variable."""

    class Meta:
        model = Template

    account = SubFactory(WhatsAppAccountFactory, tenant=SelfAttribute("..tenant"))
    name = Sequence(lambda n: f"order_ready_{n}")
    language = "en"
    category = "UTILITY"
    status = "approved"
    meta_id = Sequence(lambda n: f"88{n:013}")
    components = LazyFunction(
        lambda: [
            {
                "type": "BODY",
                "text": "Hello {{first_name}}, your order is ready.",
                "example": {"body_text_named_params": [{"param_name": "first_name", "example": "Mei"}]},
            }
        ]
    )


class CustomerFactory(OfTenant):
    class Meta:
        model = Customer

    name = Sequence(lambda n: f"Customer {n}")


class ContactFactory(OfTenant):
    """Wrote an hour ago: the reply window is open."""

    class Meta:
        model = Contact

    customer = SubFactory(CustomerFactory, tenant=SelfAttribute("..tenant"))
    channel = SubFactory(ChannelFactory, tenant=SelfAttribute("..tenant"))
    address = Sequence(lambda n: f"U{n:032x}")
    market = LazyAttribute(
        lambda row: market_on(row.channel, row.address, getattr(row, "phone", "")) if row.channel else ""
    )
    last_inbound_at = LazyFunction(lambda: timezone.now() - timedelta(hours=1))
    window_closes_at = LazyAttribute(
        lambda row: None if row.channel.kind == "line" else row.last_inbound_at + timedelta(hours=24)
    )


class ConversationFactory(OfTenant):
    """In progress and unassigned, with its contact; `channel=` chooses where."""

    class Meta:
        model = Conversation

    number = _number("conversation")
    channel = SubFactory(ChannelFactory, tenant=SelfAttribute("..tenant"))
    contact = SubFactory(ContactFactory, tenant=SelfAttribute("..tenant"), channel=SelfAttribute("..channel"))
    customer = SelfAttribute("contact.customer")
    status = "in_progress"


class MessageFactory(OfTenant):
    """Something the customer wrote."""

    class Meta:
        model = Message

    conversation = SubFactory(ConversationFactory, tenant=SelfAttribute("..tenant"))
    contact = SelfAttribute("conversation.contact")
    direction = "in"
    author = "customer"
    status = "received"
    text = "Is the linen shirt in stock?"
    provider_id = Sequence(lambda n: f"provider-{n}")


class SavedReplyFactory(OfTenant):
    """The team's."""

    class Meta:
        model = SavedReply

    title = Sequence(lambda n: f"Answer {n}")
    text = "We are open from 11 to 9."


class CampaignFactory(OfTenant):
    """A draft by a sales manager."""

    class Meta:
        model = Campaign

    number = _number("campaign")
    audience = LazyFunction(lambda: {"conversations": []})
    created_by = SubFactory(MemberFactory, tenant=SelfAttribute("..tenant"), roles=[Role.SALES_MANAGER.value])


class PartFactory(OfTenant):
    class Meta:
        model = Part

    campaign = SubFactory(CampaignFactory, tenant=SelfAttribute("..tenant"))
    position = 0
    kind = "text"
    text = "New arrivals are in."


class RecipientFactory(OfTenant):
    """Waiting for one part, without a shard."""

    class Meta:
        model = Recipient

    campaign = SubFactory(CampaignFactory, tenant=SelfAttribute("..tenant"))
    contact = SubFactory(ContactFactory, tenant=SelfAttribute("..tenant"))
    channel = SelfAttribute("contact.channel")
    address = SelfAttribute("contact.address")
    part_states = LazyFunction(lambda: [0])
    provider_ids = LazyFunction(lambda: [""])
    prices = LazyFunction(lambda: [0])

"""What the values in addresses name. A new parameter gets its row here; the tests say which one is missing.

A key is a parameter's name, or the beginning of a route's name, a dot and the parameter's name; the longest fits.
Numbers are high, so that a stranger's own tenant has none that is equal.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from billing.models import TopUp
from campaigns.links.codes import code_of
from campaigns.models import BillLine, Campaign, Link, MetaBill, Rehearsal
from channels.models import Channel
from tenants.models import Member
from tenants.numbers import next_number
from tenants.rehearsing import team_for
from tenants.scopes import tenant_scope
from tenants.tokens import create_api_token
from tests.factories import (
    CampaignFactory,
    ContactFactory,
    ConversationFactory,
    MediaFactory,
    MemberFactory,
    MessageFactory,
    PartFactory,
    RecipientFactory,
    SavedReplyFactory,
    TemplateFactory,
    WhatsAppAccountFactory,
)
from tests.tenants.routes import Route

# Addresses whose value strangers are meant to know, and why that is safe.
PUBLIC: dict[str, str] = {
    "media": "providers fetch files here; the key in it has 128 random bits",
    "link": "customers follow their short links; the code proves itself with a keyed MAC of 64 bits",
}


def rows_of(member: Member) -> dict[str, int | str]:
    """One row of every kind an address names, the member's own where a row has an owner. Inside the scope."""
    for sequence in ("conversation", "campaign", "rehearsal"):
        next_number(member.tenant_id, sequence, 9000)
    contact = ContactFactory()
    conversation = ConversationFactory(assignee=member, contact=contact, channel=contact.channel)
    message = MessageFactory(conversation=conversation)
    campaign = CampaignFactory(created_by=member, audience={"conversations": [conversation.number]})
    PartFactory(campaign=campaign)
    recipient = RecipientFactory(campaign=campaign, contact=contact)
    Link.objects.create(
        tenant=member.tenant,
        campaign=campaign,
        part=0,
        place=0,
        start=0,
        url="https://shop.example/",
        official=True,
    )
    media = MediaFactory()
    return {
        "member_id": MemberFactory().pk,
        "token_id": create_api_token(member, name="x")[0].pk,
        "key": media.key,
        "name": "file.png",
        "code": code_of(recipient.pk, 0),
        "number": conversation.number,
        "message": message.pk,
        "saved_reply": SavedReplyFactory(owner=member).pk,
        "campaigns:.number": campaign.number,
        "campaigns:.pk": recipient.pk,
        "campaign": campaign.number,
        "rehearsal": _rehearsal(campaign, member).number,
        "recipient": recipient.pk,
        "channel": contact.channel.pk,
        "top_up_key": TopUp.objects.create(
            number=next_number(member.tenant_id, "top_up"),
            tenant=member.tenant,
            method="transfer",
            amount=20_000_000,
            currency=member.tenant.currency,
            status="paid",
            paid_at=timezone.now(),
        ).key,
        "template": TemplateFactory().pk,
        "line": _bill_line(contact.channel).pk,
        "whatsapp_account": WhatsAppAccountFactory().pk,
    }


def _rehearsal(campaign: Campaign, member: Member) -> Rehearsal:
    number = next_number(member.tenant_id, "rehearsal")
    with tenant_scope(team_for(member.tenant)):
        CampaignFactory(number=number, status="completed")
    return Rehearsal.objects.create(
        tenant=member.tenant, number=number, campaign=campaign, copy=number, people=1, created_by=member
    )


def _bill_line(channel: Channel) -> BillLine:
    bill = MetaBill.objects.create(tenant=channel.tenant, account=WhatsAppAccountFactory())
    return BillLine.objects.create(
        tenant=channel.tenant,
        bill=bill,
        channel=channel,
        day=timezone.localdate(),
        category="utility",
        meta_volume=1,
        our_volume=1,
        our_amount=1,
    )


def values_for(route: Route, rows: dict[str, Any]) -> dict[str, Any]:
    """The values of the route's parameters. Raises KeyError, naming it, for one that no row is known for."""
    return {name: rows[_key(route.name, name, rows)] for name in route.parameters}


def _key(route: str, name: str, rows: dict[str, Any]) -> str:
    fitting = [
        key
        for key in rows
        if key == name or (key.endswith(f".{name}") and route.startswith(key[: -len(name) - 1]))
    ]
    if not fitting:
        raise KeyError(f"{route}: <{name}>: say in tests/tenants/parameters.py which row it names")
    return max(fitting, key=len)

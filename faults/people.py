"""Teams, accounts and chats for a fault, by the same functions that make the demo's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from billing.models import Method
from billing.money import MILLIONTHS, minor_units
from billing.topups import confirm, start_top_up
from campaigns.audience import Filtered
from campaigns.drafts import CampaignDraft, PartDraft
from campaigns.models import Campaign
from campaigns.rehearsal.introducing import register
from campaigns.services import create_campaign
from channels.adapters.base import ChannelKind, PartKind
from channels.models import Channel
from conversations.filters import ConversationFilter
from tenants.models import Member, Tenant, User
from tenants.plans import Plan
from tenants.roles import Role
from tenants.scopes import tenant_scope
from workspace.demo.credit import ensure_prices
from workspace.demo.populate import channel_for, populate

KINDS = (ChannelKind.LINE, ChannelKind.WHATSAPP, ChannelKind.FACEBOOK, ChannelKind.INSTAGRAM)
FREE_MESSAGES = 20  # of each number: so that some messages are free and most are billed
CREDIT = 100_000 * MILLIONTHS
META = tuple(kind.value for kind in KINDS if kind is not ChannelKind.LINE)


@dataclass(frozen=True)
class Shop:
    """A team with one salesperson who has all the chats."""

    tenant: Tenant
    sales: Member
    channels: Mapping[ChannelKind, Channel]

    def draft(self, *texts: str) -> CampaignDraft:
        """For everybody."""
        return CampaignDraft(
            audience=Filtered(ConversationFilter(mine=True, status="in_progress")),
            parts=tuple(PartDraft(PartKind.TEXT, text) for text in texts),
        )

    def launch(self, *texts: str) -> Campaign:
        with tenant_scope(self.tenant):
            return create_campaign(self.sales, self.draft(*texts))

    def keep_draft(self, *texts: str) -> Campaign:
        with tenant_scope(self.tenant):
            return create_campaign(self.sales, self.draft(*texts), keep_as_draft=True)


def open_shop(slug: str, people: Mapping[ChannelKind, int], *, pace: float) -> Shop:
    """A new team with that many people on each channel, known to the sandbox. `pace`: requests a second and channel."""
    tenant = Tenant.objects.create(name=slug, slug=slug, plan=Plan.OMO)
    user = User.objects.create(email=f"{slug}@faults.test", name="Sales", password="!")  # noqa: S106 (none fits it)
    with tenant_scope(tenant):
        _pay(tenant)
        sales = Member.objects.create(tenant=tenant, user=user, name="Sales", roles=[Role.SALESPERSON.value])
        channels = {kind: channel_for(tenant, kind) for kind in people}
        for kind, channel in channels.items():
            channel.pace, channel.quota_limit = pace, None
            channel.save(update_fields=["pace", "quota_limit"])
            free: dict[str, Any] = {"free_service": FREE_MESSAGES} if kind is ChannelKind.WHATSAPP else {}
            register(channel, **free)
            populate(channel, sales, people[kind], timezone.now())
    return Shop(tenant, sales, channels)


def _pay(tenant: Tenant) -> None:
    """A price list, and credit for whatever a fault sends."""
    ensure_prices()
    user = User.objects.create(email=f"owner-{tenant.slug}@faults.test", name="Owner", password="!")  # noqa: S106
    owner = Member.objects.create(tenant=tenant, user=user, name="Owner", roles=[Role.OWNER.value])
    top_up = start_top_up(owner, amount=CREDIT, currency=tenant.currency, method=Method.TRANSFER)
    confirm(top_up, payment="", total=minor_units(CREDIT, tenant.currency), currency=tenant.currency)


def shared(people: int) -> dict[ChannelKind, int]:
    """That many people over all four channels, as evenly as it goes."""
    share, left = divmod(people, len(KINDS))
    return {kind: share + (place < left) for place, kind in enumerate(KINDS)}

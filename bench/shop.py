"""A team with accounts, chats and campaigns, made through the product's own functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from billing.ledger import book
from billing.models import Account
from campaigns.audience import Filtered
from campaigns.drafts import CampaignDraft, PartDraft
from campaigns.engine.prepare import prepare_campaigns
from campaigns.models import Campaign
from campaigns.rehearsal.introducing import register
from campaigns.reports import counts_of
from campaigns.services import create_campaign
from campaigns.tasks import send_slice
from channels.adapters.base import ChannelKind, PartKind
from channels.models import Channel, MetaApp, WhatsAppAccount
from conversations.filters import ConversationFilter
from tenants.doorbell import ring
from tenants.models import Member, Tenant, User
from tenants.plans import Plan
from tenants.roles import Role
from tenants.scopes import tenant_scope
from workspace.demo.populate import populate

TEXT = (
    "Hello {{ name|there }}, our autumn range is here! The jackets you asked about are back in every size, and "
    "members take 15 % off until Sunday. Reply with a size and we put one aside for you. See you soon at the shop!"
)
SAME_FOR_ALL = TEXT.replace("{{ name|there }}", "everybody")
UNLIMITED = 1_000_000.0  # requests a second: the provider sets no pace
APP_SECRET = "secret-of-the-app-of-the-benchmarks"  # noqa: S105


@dataclass(frozen=True)
class Shop:
    tenant: Tenant
    member: Member

    @classmethod
    def open(cls, slug: str) -> Shop:
        tenant = Tenant.objects.create(name=slug.title(), slug=slug, plan=Plan.OMO, country="TW")
        user = User.objects.create(email=f"owner@{slug}.test", name="Owner")
        with tenant_scope(tenant):
            member = Member.objects.create(
                tenant=tenant, user=user, name="Owner", roles=[Role.OWNER.value, Role.SALES_MANAGER.value]
            )
        return cls(tenant, member)

    def account(self, kind: ChannelKind, number: int = 1, pace: float = UNLIMITED) -> Channel:
        """One more account of this kind; numbers of WhatsApp share one WhatsApp account and Meta app."""
        with tenant_scope(self.tenant):
            seed = f"{self.tenant.pk:07}{number:04}"
            channel = Channel(
                tenant=self.tenant,
                kind=kind.value,
                name=f"{kind.value} {number}",
                account_id=f"U{seed:0>32}" if kind is ChannelKind.LINE else f"1{seed:0>14}",
                access_token="token-of-the-benchmarks-" + "x" * 150,  # as long as the real ones
                secret="secret-of-the-channel",  # noqa: S106
                pace=pace,
                display_address=f"+852{seed[-8:]}" if kind is ChannelKind.WHATSAPP else "@shop",
            )
            if kind is not ChannelKind.LINE:
                channel.meta_app = MetaApp.objects.get_or_create(
                    tenant=self.tenant,
                    app_id=f"77{self.tenant.pk}",
                    defaults={"secret": APP_SECRET, "verify_token": "verify"},
                )[0]
            if kind is ChannelKind.WHATSAPP:
                channel.whatsapp_account = WhatsAppAccount.objects.get_or_create(
                    tenant=self.tenant, waba_id=f"88{self.tenant.pk}", defaults={"name": "Shop"}
                )[0]
            channel.save()
            return channel

    def introduce(self, channel: Channel, **more: Any) -> None:
        """Make the sandbox know the account; `more` are its own settings of it."""
        with tenant_scope(self.tenant):
            register(channel, **more)

    def pay(self, amount: int) -> None:
        """Credit, in millionths of the team's currency."""
        with tenant_scope(self.tenant):
            book(
                self.tenant,
                key="bench",
                subject="",
                amount=amount,
                currency=self.tenant.currency,
                source=Account.TOP_UPS,
                target=Account.AVAILABLE,
            )

    def chats(self, channel: Channel, count: int) -> None:
        with tenant_scope(self.tenant):
            populate(channel, self.member, count, timezone.now())
        settle_down()

    def campaign(self, channel: Channel, text: str = TEXT) -> Campaign:
        """A campaign to everybody on the channel, to be prepared."""
        with tenant_scope(self.tenant):
            return create_campaign(
                self.member,
                CampaignDraft(
                    audience=Filtered(ConversationFilter(channel=str(channel.pk))),
                    parts=(PartDraft(PartKind.TEXT, text),),
                ),
            )

    def prepared(self, channel: Channel, text: str = TEXT) -> Campaign:
        """A campaign that is ready to be sent."""
        campaign = self.campaign(channel, text)
        prepare_campaigns()
        settle_down()
        return campaign

    def counts(self, campaign: Campaign) -> dict[str, int]:
        with tenant_scope(self.tenant):
            return counts_of(Campaign.objects.get(pk=campaign.pk)).as_dict()


def begin(campaigns: Sequence[Campaign], rings: int = 1) -> None:
    """Have campaigns that were held be sent, by so many workers at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_campaign SET status = 'running' WHERE id = ANY(%s)",
            [[campaign.pk for campaign in campaigns]],
        )
    for _worker in range(rings):
        ring(send_slice)


def settle_down() -> None:
    """What the server would do in its own time is done before a clock starts."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")

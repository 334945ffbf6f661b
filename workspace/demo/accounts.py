"""The demo's accounts on every channel.

Ids are the same everywhere; tokens and secrets are made for each installation and kept in its database only.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from campaigns.rehearsal.introducing import digits
from channels.adapters.base import ChannelKind
from channels.models import Channel, MetaApp, WhatsAppAccount
from tenants.models import Tenant

LINE_QUOTA = 30_000  # people a month


@dataclass(frozen=True)
class Account:
    """`waba` names the WhatsApp account of a number; `free_used`: its free messages of the month are sent."""

    kind: ChannelKind
    name: str
    account_id: str
    address: str
    waba: str = ""
    free_used: bool = False


def line_id(seed: str) -> str:
    """A well-formed LINE user id that belongs to `seed`."""
    return "U" + hashlib.sha256(seed.encode()).hexdigest()[:32]


DEMO_ACCOUNTS = (
    Account(ChannelKind.LINE, "Lumi Select LINE", line_id("demo line"), "@lumiselect"),
    Account(
        ChannelKind.WHATSAPP,
        "Lumi Hong Kong",
        digits("demo hk", 15),
        "+852 2771 8800",
        "Lumi Hong Kong Ltd.",
        free_used=True,
    ),
    Account(
        ChannelKind.WHATSAPP, "Lumi Taiwan", digits("demo tw", 15), "+886 2 7745 6600", "樂覓台灣有限公司"
    ),
    Account(ChannelKind.FACEBOOK, "Lumi Select", digits("demo page", 15), "m.me/lumiselect"),
    Account(ChannelKind.INSTAGRAM, "Lumi Studio", "1784" + digits("demo instagram", 13), "@lumi.studio"),
)
OTHER_ACCOUNTS = (
    Account(ChannelKind.LINE, "Harbour Coffee LINE", line_id("other line"), "@harbourcoffee"),
    Account(
        ChannelKind.WHATSAPP, "Harbour Coffee", digits("other hk", 15), "+852 2388 1200", "Harbour Coffee"
    ),
)


def ensure_channel(tenant: Tenant, account: Account) -> Channel:
    """The channel of this account; inside the tenant's scope."""
    found = Channel.objects.filter(kind=account.kind, account_id=account.account_id).first()
    if found is not None:
        return found
    channel = Channel(
        tenant=tenant,
        kind=account.kind,
        name=account.name,
        account_id=account.account_id,
        display_address=account.address,
        access_token=secrets.token_urlsafe(32),
    )
    if account.kind == ChannelKind.LINE:
        channel.secret = secrets.token_hex(16)
        channel.quota_limit, channel.quota_used = LINE_QUOTA, 0
    else:
        channel.meta_app = _ensure_app(tenant)
    if account.kind == ChannelKind.WHATSAPP:
        channel.whatsapp_account, _new = WhatsAppAccount.objects.get_or_create(
            tenant=tenant,
            waba_id=digits(f"{tenant.slug} {account.waba}", 15),
            defaults={"name": account.waba},
        )
    channel.save()
    return channel


def _ensure_app(tenant: Tenant) -> MetaApp:
    app = MetaApp.objects.filter(tenant=tenant).first()
    return app or MetaApp.objects.create(
        tenant=tenant,
        app_id=digits(f"{tenant.slug} app", 15),
        secret=secrets.token_hex(16),
        verify_token=secrets.token_urlsafe(16),
    )

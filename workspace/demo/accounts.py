"""The demo's accounts on every channel, and their registration at the provider sandbox.

Ids are the same everywhere; tokens and secrets are made for each installation and kept in its database only.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import requests
from django.conf import settings

from channels.adapters.base import ChannelKind
from channels.free import free_left
from channels.models import Channel, MetaApp, WhatsAppAccount
from channels.sandbox import sandbox_url
from tenants.models import Tenant
from workspace.demo.templates import described_templates

LINE_QUOTA = 30_000  # people a month
REGISTERING_S = 30


@dataclass(frozen=True)
class Account:
    """`waba` names the WhatsApp account of a number; `free_used`: its free messages of the month are sent."""

    kind: ChannelKind
    name: str
    account_id: str
    address: str
    waba: str = ""
    free_used: bool = False


def digits(seed: str, count: int) -> str:
    """A number of `count` digits that belongs to `seed`, not starting with zero."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest())
    return str(10 ** (count - 1) + number % (9 * 10 ** (count - 1)))


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


def register(channel: Channel, people: Sequence[dict[str, Any]] = (), **more: object) -> None:
    """Make the sandbox know the account and its people; `more` are the sandbox's own settings of the account. Raises
    requests.RequestException where it does not answer or refuses, and does nothing where the installation speaks to
    real providers."""
    url = sandbox_url()
    if url is None:
        return
    description = _DESCRIBED[ChannelKind(channel.kind)](channel)
    answer = requests.post(
        f"{url}/_sandbox/accounts",
        json={**description, **more, "people": list(people)},
        timeout=REGISTERING_S,
    )
    if not answer.ok:
        raise requests.HTTPError(
            f"{channel.kind} {channel.account_id}: {answer.status_code} {answer.text[:300]}"
        )


def _line(channel: Channel) -> dict[str, Any]:
    return {
        "kind": "line",
        "channel_id": digits(f"channel {channel.account_id}", 10),
        "access_token": channel.access_token,
        "channel_secret": channel.secret,
        "bot_user_id": channel.account_id,
        "webhook_url": f"{settings.PUBLIC_URL}/webhooks/line/{channel.pk}",
        "name": channel.name,
        "basic_id": channel.display_address,
        "quota": channel.quota_limit,
    }


def _whatsapp(channel: Channel) -> dict[str, Any]:
    account = channel.whatsapp_account
    if account is None:
        raise ValueError(f"WhatsApp channel {channel.pk} has no account")
    return {
        **_of_meta(channel),
        "phone_number_id": channel.account_id,
        "display_phone_number": channel.display_address,
        "waba_id": account.waba_id,
        "waba_name": account.name,
        "verified_name": channel.name,
        "templates": described_templates(account),
        "free_service": free_left([channel], channel.tenant.currency).get(channel.pk, 0),
    }


def _page(channel: Channel) -> dict[str, Any]:
    return {**_of_meta(channel), "page_id": channel.account_id, "name": channel.name}


def _instagram(channel: Channel) -> dict[str, Any]:
    return {
        **_of_meta(channel),
        "ig_id": channel.account_id,
        "username": channel.display_address.removeprefix("@"),
        "name": channel.name,
    }


def _of_meta(channel: Channel) -> dict[str, Any]:
    """What the sandbox must know of any account that an app of Meta's serves."""
    app = channel.meta_app
    if app is None:
        raise ValueError(f"channel {channel.pk} has no app")
    return {
        "kind": channel.kind,
        "access_token": channel.access_token,
        "app_id": app.app_id,
        "app_secret": app.secret,
        "verify_token": app.verify_token,
        "webhook_url": f"{settings.PUBLIC_URL}/webhooks/meta/{app.key}",
    }


_DESCRIBED: dict[ChannelKind, Callable[[Channel], dict[str, Any]]] = {
    ChannelKind.LINE: _line,
    ChannelKind.WHATSAPP: _whatsapp,
    ChannelKind.FACEBOOK: _page,
    ChannelKind.INSTAGRAM: _instagram,
}

"""Making the provider sandbox know accounts and people: those of a rehearsal, and those of the demo."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import requests
from django.conf import settings

from channels.adapters.base import ChannelKind
from channels.free import free_left
from channels.models import Channel, WhatsAppAccount
from channels.sandbox import sandbox_url
from templates_app.lifecycle import QUALITIES, Quality, Status
from templates_app.models import Template

ASKING_S = 30


def digits(seed: str, count: int) -> str:
    """A number of `count` digits that belongs to `seed`, not starting with zero."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest())
    return str(10 ** (count - 1) + number % (9 * 10 ** (count - 1)))


def register(channel: Channel, people: Sequence[dict[str, Any]] = (), **more: object) -> str:
    """Make the sandbox know the account and its people; `more` are the sandbox's own settings of the account. Answers
    the sandbox's name for it; "" where there is none, for the channel's team sends to real providers. Raises
    requests.RequestException where the sandbox does not answer or refuses."""
    description = _DESCRIBED[ChannelKind(channel.kind)](channel)
    answer = tell("accounts", {**description, **more, "people": list(people)})
    return str(answer["id"]) if answer else ""


def tell(call: str, body: dict[str, Any]) -> dict[str, Any] | None:
    """Post to the sandbox of the scope's team; None where it has none. Raises requests.RequestException."""
    url = sandbox_url()
    if url is None:
        return None
    answer = requests.post(f"{url}/_sandbox/{call}", json=body, timeout=ASKING_S)
    if not answer.ok:
        raise requests.HTTPError(f"{call}: {answer.status_code} {answer.text[:300]}")
    told: dict[str, Any] = answer.json()
    return told


def described_templates(account: WhatsAppAccount) -> Sequence[dict[str, Any]]:
    """What Meta knows of the account's templates, as the Graph API lists them."""
    ratings = {rating: word for word, rating in QUALITIES.items()}
    return [
        {
            "id": row.meta_id,
            "name": row.name,
            "language": row.language,
            "status": row.status.upper(),
            "category": row.category,
            "parameter_format": "NAMED" if row.named else "POSITIONAL",
            "components": row.components,
            "quality_score": {"score": ratings.get(Quality(row.quality), "UNKNOWN")},
            "rejected_reason": row.reason if row.status == Status.REJECTED else "NONE",
        }
        for row in Template.objects.present().filter(account=account).exclude(meta_id="").order_by("pk")
    ]


def _webhooks_at(channel: Channel) -> str:
    """Where the sandbox tells the product of what happened."""
    return str(settings.REHEARSAL_WEBHOOKS_URL if channel.tenant.is_rehearsal else settings.PUBLIC_URL)


def _line(channel: Channel) -> dict[str, Any]:
    return {
        "kind": "line",
        "channel_id": digits(f"channel {channel.account_id}", 10),
        "access_token": channel.access_token,
        "channel_secret": channel.secret,
        "bot_user_id": channel.account_id,
        "webhook_url": f"{_webhooks_at(channel)}/webhooks/line/{channel.pk}",
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
        "webhook_url": f"{_webhooks_at(channel)}/webhooks/meta/{app.key}",
    }


_DESCRIBED: dict[ChannelKind, Callable[[Channel], dict[str, Any]]] = {
    ChannelKind.LINE: _line,
    ChannelKind.WHATSAPP: _whatsapp,
    ChannelKind.FACEBOOK: _page,
    ChannelKind.INSTAGRAM: _instagram,
}

"""How a channel is, as its provider tells: quality, reach, pace, token, quota. Asked every night, and at once when a
webhook says that something changed, so that what stands here is always what the provider itself answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from channels import doors
from channels.adapters import ADAPTERS
from channels.adapters.base import CallFailed, ChannelKind, Reason
from channels.adapters.meta import tokens
from channels.adapters.meta.whatsapp import calls
from channels.models import Channel, Health
from channels.quota import refresh_quota
from channels.sending.rare import RareCalls
from tenants import live
from tenants.models import Tenant
from tenants.scopes import tenant_scope

AGAIN, AFTER_FAILURE = timedelta(hours=24), timedelta(minutes=15)
ASKED = tuple(kind for kind, adapter in ADAPTERS.items() if adapter.tells_health)
PHONE_APP_PACE = 20  # messages a second of a number that is also in the phone app
PACES = {"STANDARD": 80, "HIGH": 1000}
log = structlog.get_logger(__name__)


def reach_of(tier: str) -> int | None:
    """People in 24 hours: "TIER_2K" is 2,000. None without limit, and for a word we do not know."""
    figure = tier.removeprefix("TIER_")
    digits = figure.removesuffix("K")
    return int(digits) * (1000 if figure.endswith("K") else 1) if digits.isdecimal() else None


def check_due() -> int:
    """Ask about every channel that is due; returns how many answered."""
    answered = 0
    for tenant_id, channel_id in doors.channels_to_check():
        tenant = Tenant.objects.get(pk=tenant_id)
        with tenant_scope(tenant):
            # Whoever moves the time on has it; the others find nothing due.
            mine = Health.objects.filter(channel=channel_id, due_at__lte=Now())
            if mine.update(due_at=Now() + AGAIN):
                channels = Channel.objects.select_related("meta_app", "whatsapp_account")
                answered += check(channels.get(pk=channel_id))
    return answered


def check(channel: Channel) -> bool:
    """Ask the provider how this channel is, and keep what it says. Returns whether it answered."""
    told: dict[str, Any] = {}
    if channel.kind == ChannelKind.LINE:
        error = "" if refresh_quota(channel) else Reason.PROVIDER_UNAVAILABLE.value
    else:
        told, error = _ask_meta(channel)
    if error:
        told["due_at"] = timezone.now() + AFTER_FAILURE
    else:
        told["checked_at"] = timezone.now()
    Health.objects.filter(channel=channel).update(error=error, **told)
    live.publish(channel.tenant_id, "channels")
    return not error


def _ask_meta(channel: Channel) -> tuple[dict[str, Any], str]:
    """What was told until something failed, and the reason of the failure."""
    told: dict[str, Any] = {}
    credentials = channel.credentials()
    try:
        with RareCalls(settings.PROVIDER_URLS, timeout=settings.PROVIDER_TIMEOUT_S) as line:
            app_id = channel.meta_app.app_id if channel.meta_app else ""
            token = tokens.read_token_state(line.call(tokens.token_state(app_id, credentials)))
            told |= {"token_valid": token.valid, "token_expires_at": token.expires_at}
            if channel.kind == ChannelKind.WHATSAPP:
                told |= _of_number(calls.read_number_state(line.call(calls.number_state(credentials))))
                if account := channel.whatsapp_account:
                    answer = line.call(calls.portfolio(account.waba_id, credentials))
                    told["portfolio"] = calls.read_portfolio(answer)[:40]
    except CallFailed as failure:
        log.warning("health_unknown", channel=channel.pk, error=str(failure))
        return told, str((failure.outcome.reason or Reason.UNEXPECTED_RESPONSE).value)
    return told, ""


def _of_number(number: calls.NumberState) -> dict[str, Any]:
    pace = PHONE_APP_PACE if number.shared_with_phone else PACES.get(number.throughput)
    return {
        "status": number.status[:40],
        "quality": number.quality[:20],
        "tier": number.messaging_limit[:40],
        "reach": reach_of(number.messaging_limit),
        "throughput": pace,
        "shared_with_phone": number.shared_with_phone,
    }

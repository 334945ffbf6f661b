"""LINE's monthly quota: people left this month, asked from LINE and remembered for a while."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.conf import settings
from django.utils import timezone

from channels.adapters import ADAPTERS
from channels.adapters.base import CallFailed, ChannelKind
from channels.adapters.line import calls
from channels.models import Channel
from channels.sending.rare import RareCalls
from tenants.rehearsing import is_served
from tenants.scopes import current_tenant

log = structlog.get_logger(__name__)
FRESH = timedelta(minutes=5)


def quota_left(channel: Channel) -> int | None:
    """People this channel can still reach this month; None where it has no quota or LINE sets none.

    Asked again after five minutes; where LINE does not answer, and where it is not asked from here, the last answer
    stands.
    """
    if not ADAPTERS[ChannelKind(channel.kind)].spec.monthly_quota:
        return None
    stale = channel.quota_checked_at is None or channel.quota_checked_at < timezone.now() - FRESH
    if stale and is_served(current_tenant()):
        refresh_quota(channel)
    if channel.quota_limit is None:
        return None
    return max(0, channel.quota_limit - (channel.quota_used or 0))


def refresh_quota(channel: Channel) -> bool:
    """Ask LINE for limit and use of the month. Returns whether it answered."""
    credentials = channel.credentials()
    try:
        with RareCalls(settings.PROVIDER_URLS, ca_file=settings.PROVIDER_CA_FILE) as line:
            limit = calls.read_quota(line.call(calls.quota(credentials)))
            used = calls.read_consumption(line.call(calls.consumption(credentials)))
    except CallFailed as error:
        log.warning("quota_unknown", channel=channel.pk, error=str(error))
        return False
    channel.quota_limit, channel.quota_used, channel.quota_checked_at = limit, used, timezone.now()
    channel.save(update_fields=["quota_limit", "quota_used", "quota_checked_at"])
    return True

"""When a channel breaks: its campaigns pause with the reason, their credit stays reserved, people are told."""

from __future__ import annotations

import structlog
from django.db import connection, transaction

from campaigns.engine.lease import Lease
from channels.adapters.base import Reason
from channels.breaking import break_channel
from tenants import live
from tenants.models import Tenant

log = structlog.get_logger(__name__)


def halt(lease: Lease, reason: Reason) -> None:
    """Break the channel where that is the reason, and pause what still has people to reach on it."""
    with transaction.atomic():
        break_channel(lease.tenant_id, lease.channel_id, reason)
        _pause(lease.tenant_id, lease.channel_id, reason)


def on_channel_broken(tenant: Tenant, channel_id: int, reason: Reason) -> None:
    """Somebody else, such as a reply, found the channel broken."""
    _pause(tenant.pk, channel_id, reason)


def _pause(tenant_id: int, channel_id: int, reason: Reason) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE campaigns_campaign c SET status = 'paused', reason = %s
               WHERE c.tenant_id = %s AND c.status = 'running'
                 AND EXISTS (SELECT FROM campaigns_shard s
                             WHERE s.campaign_id = c.id AND s.channel_id = %s AND s.state < 2)
               RETURNING c.number""",
            [reason.value, tenant_id, channel_id],
        )
        for (number,) in cursor.fetchall():
            live.publish(tenant_id, f"campaign-{number}")
            log.warning("campaign_paused", tenant=tenant_id, number=number, reason=reason.value)
        live.publish(tenant_id, "campaigns")

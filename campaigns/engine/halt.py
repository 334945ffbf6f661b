"""When a channel breaks: its campaigns pause with the reason, their credit stays reserved, people are told."""

from __future__ import annotations

import structlog
from django.db import connection, transaction

from campaigns.engine.lease import Lease
from channels.adapters.base import Reason
from tenants import live

log = structlog.get_logger(__name__)
DISCONNECTS = {Reason.CHANNEL_DISCONNECTED: "disconnected", Reason.CHANNEL_RESTRICTED: "restricted"}


def halt(lease: Lease, reason: Reason) -> None:
    """Pause every running campaign that still has people to reach on this channel."""
    with transaction.atomic(), connection.cursor() as cursor:
        if reason in DISCONNECTS:
            cursor.execute(
                """UPDATE channels_channel SET state = %s, state_reason = %s, state_changed_at = clock_timestamp()
                   WHERE tenant_id = %s AND id = %s AND state = 'connected'""",
                [DISCONNECTS[reason], reason.value, lease.tenant_id, lease.channel_id],
            )
        cursor.execute(
            """UPDATE campaigns_campaign c SET status = 'paused', reason = %s
               WHERE c.tenant_id = %s AND c.status = 'running'
                 AND EXISTS (SELECT FROM campaigns_shard s
                             WHERE s.campaign_id = c.id AND s.channel_id = %s AND s.state < 2)
               RETURNING c.number""",
            [reason.value, lease.tenant_id, lease.channel_id],
        )
        for (number,) in cursor.fetchall():
            live.publish(lease.tenant_id, f"campaign-{number}")
            log.warning("campaign_paused", tenant=lease.tenant_id, number=number, reason=reason.value)
        live.publish(lease.tenant_id, "campaigns")

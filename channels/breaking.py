"""When a provider no longer lets us through: the channel says so, and nothing more leaves through it."""

from __future__ import annotations

import structlog
from django.db import connection

from channels.adapters.base import Reason
from channels.models import ChannelState

log = structlog.get_logger(__name__)
BREAKS = {
    Reason.CHANNEL_DISCONNECTED: ChannelState.DISCONNECTED,
    Reason.CHANNEL_RESTRICTED: ChannelState.RESTRICTED,
}


def break_channel(tenant_id: int, channel_id: int, reason: Reason) -> bool:
    """Note what broke a connected channel. Returns whether this was news; other reasons break nothing."""
    if reason not in BREAKS:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE channels_channel SET state = %s, state_reason = %s, state_changed_at = clock_timestamp()
               WHERE tenant_id = %s AND id = %s AND state = 'connected'""",
            [BREAKS[reason].value, reason.value, tenant_id, channel_id],
        )
        broken = bool(cursor.rowcount)
    if broken:
        log.warning("channel_broken", tenant=tenant_id, channel=channel_id, reason=reason.value)
    return broken

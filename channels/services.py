"""What members do with a channel."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from channels import tasks
from channels.models import Channel, Health
from channels.signals import switched_off
from tenants import audit
from tenants.doorbell import ring_on_commit
from tenants.models import Member
from tenants.roles import Permission


@transaction.atomic
def set_enabled(channel: Channel, enabled: bool, *, by: Member) -> Channel:
    """Switch a channel on or off; nothing is sent through one that is off. Raises NotAllowed.

    What waits on it when it goes off is held: switching on again sends nothing by itself.
    """
    by.require(Permission.MANAGE_CHANNELS)
    if Channel.objects.filter(pk=channel.pk, enabled=not enabled).update(enabled=enabled):
        channel.enabled = enabled
        if not enabled:
            switched_off.send(Channel, channel=channel)
        audit.record(by, "channel.switched_on" if enabled else "channel.switched_off", channel)
    return channel


@transaction.atomic
def check_soon(channel: Channel, *, by: Member) -> None:
    """Have the provider asked within seconds how this channel is, not only tonight. Raises NotAllowed."""
    by.require(Permission.MANAGE_CHANNELS)
    Health.objects.update_or_create(tenant=channel.tenant, channel=channel, defaults={"due_at": Now()})
    ring_on_commit(tasks.check_health)

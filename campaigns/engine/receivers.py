"""What the engine hears from below: provider reports and customers' answers. Connected in `broadcaster.wiring`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from campaigns import tasks
from campaigns.engine.ahead import lock_ahead
from campaigns.engine.hold import hold
from campaigns.engine.replies import note_replies
from campaigns.engine.reprice import interrupt
from campaigns.engine.settle import settle
from campaigns.engine.watermarks import apply_watermarks
from campaigns.models import Campaign, CampaignKind, Part, Recipient, State
from channels.adapters.base import ReadUpTo, Reason, StatusChange
from channels.models import Channel
from channels.signals import Received
from conversations.models import Contact
from templates_app.models import Template
from tenants import doorbell, live
from tenants.models import Tenant


def on_batch(tenant: Tenant, received: list[Received[Any]], **_signal: Any) -> None:
    """Before anything of it is applied."""
    lock_ahead(tenant, received)


def on_status_changes(
    tenant: Tenant, received: list[Received[StatusChange]], **_signal: Any
) -> set[Received[StatusChange]]:
    """Returns what is about no campaign part: a reply's, or one that is still to come."""
    return settle(tenant, received)


def on_reads_up_to(
    tenant: Tenant, received: list[Received[ReadUpTo]], **_signal: Any
) -> set[Received[ReadUpTo]]:
    """Returns the watermarks that may cover a part which is still on its way."""
    return apply_watermarks(tenant, received)


def on_switched_off(channel: Channel, **_signal: Any) -> None:
    hold(channel.tenant_id, channel.pk, Reason.CHANNEL_OFF)


def on_templates_recategorised(templates: Sequence[Template]) -> None:
    """Whoever has not been sent to is priced anew; what has not started is priced when it starts. Pages that show what
    an unfinished campaign costs look again."""
    interrupt(templates)
    doorbell.ring_on_commit(tasks.upkeep)
    parts = Part.objects.filter(template__in=templates)
    for tenant_id, number in Campaign.objects.filter(
        pk__in=parts.values("campaign"), finished_at__isnull=True
    ).values_list("tenant_id", "number"):
        live.publish(tenant_id, f"campaign-{number}")


def on_customers_replied(tenant: Tenant, replies: Mapping[int, datetime]) -> None:
    note_replies(tenant, replies)


def sent_template_since(contact: Contact) -> bool:
    """Whether a broadcast has sent the contact a template since they last wrote, that may still arrive."""
    sent = Recipient.objects.filter(
        contact=contact,
        campaign__kind=CampaignKind.TEMPLATE,
        state__in=[State.SENDING, State.UNCONFIRMED, State.ACCEPTED],
    )
    if contact.last_inbound_at is not None:
        sent = sent.filter(marked_at__gt=contact.last_inbound_at)
    return sent.exists()


def recent_senders(tenant: Tenant, contact_ids: Sequence[int], since: datetime) -> Mapping[int, int]:
    """Contact id -> the member whose campaign reached that contact last, not before `since` (D-19)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT ON (r.contact_id) r.contact_id, c.created_by_id
               FROM campaigns_recipient r JOIN campaigns_campaign c ON c.id = r.campaign_id
               WHERE r.tenant_id = %s AND r.contact_id = ANY(%s) AND r.accepted_at >= %s
               ORDER BY r.contact_id, r.id DESC""",
            [tenant.pk, list(contact_ids), since],
        )
        return dict(cursor.fetchall())

"""Webhooks about an account: they say that something changed, and the provider is asked what is so now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models.functions import Now

from channels import tasks
from channels.adapters.base import AccountChange
from channels.models import Channel, Health
from channels.signals import Received
from tenants.doorbell import ring_on_commit
from tenants.models import Tenant

CHANGES = frozenset(
    {
        "account_alerts",
        "account_review_update",
        "account_update",
        "business_capability_update",
        "phone_number_name_update",
        "phone_number_quality_update",
    }
)
GRAVE = frozenset({"CRITICAL", "WARNING"})


def on_account_changes(
    sender: type[AccountChange], tenant: Tenant, received: Sequence[Received[AccountChange]], **_more: Any
) -> None:
    """What a webhook itself says may be late or out of order, so its numbers are asked anew. A change names an account
    or one of its numbers: all of the account are asked."""
    for one in received:
        if one.event.change not in CHANGES:
            continue
        account = one.channel.whatsapp_account_id
        mine = {"whatsapp_account": account} if account else {"pk": one.channel.pk}
        rows = Health.objects.filter(channel__in=Channel.objects.filter(**mine))
        rows.update(due_at=Now())
        if notice := _alarm(one.event):
            rows.update(notice=notice[:120], notice_at=one.event.at)
        ring_on_commit(tasks.check_health)


def _alarm(event: AccountChange) -> str:
    """What an alert says, in the provider's words; "" for good news and for what the other fields tell."""
    alert = event.values.get("alert_info")
    if event.change != "account_alerts" or not isinstance(alert, dict):
        return ""
    active = alert.get("alert_status") != "NONE" and alert.get("alert_severity") in GRAVE
    return str(alert.get("alert_description") or alert.get("alert_type") or "") if active else ""

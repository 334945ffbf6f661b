"""Wishing for a sync: noted in the account's row, rung for, and swept if the ring is lost."""

from __future__ import annotations

from django.utils import timezone

from channels.models import WhatsAppAccount
from templates_app import tasks
from templates_app.models import AccountSync
from templates_app.syncing import TOPIC
from tenants import doorbell, live


def want_sync(account: WhatsAppAccount) -> None:
    """Have the account's templates read soon."""
    AccountSync.objects.update_or_create(
        account=account, defaults={"tenant_id": account.tenant_id, "due_at": timezone.now(), "error": ""}
    )
    live.publish(account.tenant_id, TOPIC)
    doorbell.ring_on_commit(tasks.sync)

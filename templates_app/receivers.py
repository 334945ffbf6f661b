"""What webhooks tell of templates. Connected in `broadcaster.wiring`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from channels.adapters.base import TemplateChange
from channels.models import WhatsAppAccount
from channels.signals import Received
from templates_app.syncing import TOPIC
from templates_app.verdicts import take_in
from templates_app.wishes import want_sync
from tenants import live
from tenants.models import Tenant


def on_template_changes(tenant: Tenant, received: Sequence[Received[TemplateChange]], **_kwargs: Any) -> None:
    """Store verdicts, ratings and categories; have read anew what only Meta can tell."""
    accounts = WhatsAppAccount.objects.in_bulk({one.channel.whatsapp_account_id for one in received})
    unread: set[WhatsAppAccount] = set()
    for one in received:
        account = accounts.get(one.channel.whatsapp_account_id or 0)
        if account is not None and not take_in(account, one.event):
            unread.add(account)
    for account in unread:
        want_sync(account)
    live.publish(tenant.pk, TOPIC)

"""Sending replies: lease, mark and commit, send, record. Safe to be cut off anywhere.

A reply whose fate is unknown goes again only where the provider forgets nothing: on LINE, under the same
retry key and with the same bytes. Everywhere else it stays *unconfirmed* until a webhook names it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.utils import timezone

from channels.adapters import ADAPTERS
from channels.adapters.base import (
    Adapter,
    Answer,
    ChannelKind,
    Outcome,
    Outgoing,
    OutgoingPart,
    PartKind,
    ProviderResponse,
    Reason,
    Unsupported,
)
from channels.media import outgoing_media
from channels.sending.rare import RareCalls
from conversations import doors, windows
from conversations.models import Message, MessageStatus
from conversations.outcomes import Held, fail, leave_in_doubt, mark, record
from tenants.models import Tenant
from tenants.scopes import tenant_scope

BATCH = 10  # replies leased at once; one is sent after the other
LEASE_SECONDS = 120.0  # both at ENGINE_TIME_SCALE 1
SLICE_SECONDS = 30.0


@dataclass(frozen=True)
class Slice:
    """One run: its connections, and the local time at which it must be over."""

    calls: RareCalls
    deadline: float

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.deadline


def send_due() -> bool:
    """Send what is due, tenants by turns; returns whether there may be more, when the slice is over."""
    scale = settings.ENGINE_TIME_SCALE
    with RareCalls(settings.PROVIDER_URLS, timeout=min(settings.PROVIDER_TIMEOUT_S, 40 * scale)) as calls:
        run = Slice(calls, time.monotonic() + SLICE_SECONDS * scale)
        while not run.is_over:
            if not sum(_send_some(tenant_id, run) for tenant_id in doors.tenants_with_due_replies()):
                return False  # nothing is due, or others hold it
    return True


def _send_some(tenant_id: int, run: Slice) -> int:
    tenant = Tenant.objects.get(pk=tenant_id)
    with tenant_scope(tenant):
        leased = _lease(tenant)
        for number, held in enumerate(leased):
            if run.is_over:
                return number
            _send(held, run.calls)
        return len(leased)


def _lease(tenant: Tenant) -> list[Held]:
    """The first due reply of each contact, so that nobody's second message overtakes the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE conversations_message
               SET leased_until = clock_timestamp() + make_interval(secs => %s)
               WHERE id IN (
                   SELECT due.id FROM conversations_message due
                   WHERE due.tenant_id = %s AND due.due_at <= clock_timestamp()
                     AND (due.leased_until IS NULL OR due.leased_until < clock_timestamp())
                     AND NOT EXISTS (SELECT FROM conversations_message earlier
                                     WHERE earlier.contact_id = due.contact_id AND earlier.id < due.id
                                       AND earlier.due_at IS NOT NULL)
                   ORDER BY due.due_at, due.id FOR UPDATE OF due SKIP LOCKED LIMIT %s)
               RETURNING id, leased_until""",
            [LEASE_SECONDS * settings.ENGINE_TIME_SCALE, tenant.pk, BATCH],
        )
        leases: dict[int, datetime] = dict(cursor.fetchall())
    rows = Message.objects.filter(pk__in=leases).order_by("due_at", "pk")
    rows = rows.select_related("contact", "conversation__channel__meta_app", "media")
    return [Held(message, ADAPTERS[_kind(message)], leases[message.pk]) for message in rows]


def _send(held: Held, calls: RareCalls) -> None:
    message, channel = held.message, held.message.conversation.channel
    if message.status == MessageStatus.SENDING and not held.may_repeat:
        leave_in_doubt(held)
        return
    if (reason := _obstacle(message)) is not None:
        fail(held, reason)
        return
    if not mark(held):
        return
    try:
        request = held.adapter.build(_outgoing(message), channel.credentials())
    except Unsupported:
        fail(held, Reason.UNSUPPORTED_PART)
        return
    record(held, _read(held.adapter, calls.call(request)))


def _read(adapter: Adapter, answer: Answer) -> Outcome:
    return adapter.read(answer) if isinstance(answer, ProviderResponse) else adapter.read_fault(answer)


def _obstacle(message: Message) -> Reason | None:
    """What came between writing and sending. A repeat under a retry key is a matter of finding out: no obstacle."""
    if message.status == MessageStatus.SENDING:
        return None
    channel = message.conversation.channel
    if not channel.usable:
        return Reason.CHANNEL_OFF
    if not windows.is_open(message.contact, channel.kind, timezone.now()):
        return Reason.WINDOW_CLOSED
    return None


def _outgoing(message: Message) -> Outgoing:
    media = outgoing_media(message.media) if message.media else None
    part = OutgoingPart(PartKind(message.kind), text=message.text, media=media)
    return Outgoing(
        to=(message.contact.address,),
        parts=(part,),
        retry_key=str(message.retry_key or ""),
        opaque_id=message.opaque_id,
        reply_token=message.reply_token,
    )


def _kind(message: Message) -> ChannelKind:
    return ChannelKind(message.conversation.channel.kind)

"""Fetching the pictures and files customers sent: a webhook names them, the provider keeps them for some days."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from channels.adapters.base import IncomingMedia
from channels.errors import MediaError, MediaNotReady, MediaUnavailable
from channels.media import fetch_incoming
from conversations import doors
from conversations.models import Direction, Message
from conversations.slices import Slice, lease_seconds, run_slice
from tenants.live import publish
from tenants.models import Tenant

BATCH = 5
MAX_TRIES = 6  # with growing pauses, about half an hour


def fetch_due_files() -> bool:
    """Fetch what is due; returns whether there may be more."""
    return run_slice(doors.tenants_with_due_files, _fetch_some)


def _fetch_some(tenant: Tenant, run: Slice) -> int:
    for number, message in enumerate(messages := _lease(tenant)):
        if run.is_over:
            return number
        _fetch(message)
    return len(messages)


def _lease(tenant: Tenant) -> list[Message]:
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE conversations_message
               SET leased_until = clock_timestamp() + make_interval(secs => %s), tries = tries + 1
               WHERE id IN (
                   SELECT id FROM conversations_message
                   WHERE tenant_id = %s AND direction = 'in' AND due_at <= clock_timestamp()
                     AND (leased_until IS NULL OR leased_until < clock_timestamp())
                   ORDER BY due_at, id FOR UPDATE SKIP LOCKED LIMIT %s)
               RETURNING id""",
            [lease_seconds(), tenant.pk, BATCH],
        )
        ids = [pk for (pk,) in cursor.fetchall()]
    rows = Message.objects.filter(pk__in=ids, direction=Direction.IN).order_by("due_at", "pk")
    return list(rows.select_related("conversation__channel__meta_app", "conversation__channel__tenant"))


def _fetch(message: Message) -> None:
    channel = message.conversation.channel
    message.due_at = message.leased_until = None
    try:
        if message.tries > MAX_TRIES:  # a file that ends its worker must not end the next one too
            raise MediaUnavailable
        message.media = fetch_incoming(channel, IncomingMedia(**message.media_source or {}))
        message.media_source, message.reason = None, ""
    except (MediaNotReady, MediaUnavailable) as error:
        message.reason = error.code
        if message.tries < MAX_TRIES:
            wait = timedelta(seconds=2 * 4**message.tries * settings.ENGINE_TIME_SCALE)
            message.due_at = timezone.now() + wait
    except MediaError as error:
        message.reason = error.code
    message.save(update_fields=["media", "media_source", "reason", "due_at", "leased_until"])
    publish(message.tenant_id, f"conversation-{message.conversation.number}")

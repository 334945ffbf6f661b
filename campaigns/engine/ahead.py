"""Locks taken ahead: a batch of webhooks moves recipients class after class, senders move them in order of their ids.

Were the rows locked class by class, two batches, or a batch and a sender's record, could wait for each other. So
whoever several classes of a batch may concern is locked before the first of them, in that order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from campaigns.engine.settle import place_of
from channels.adapters.base import Echo, InboundMessage, ReadUpTo, StatusChange
from channels.signals import Received
from tenants.models import Tenant

# Reports come within days; whoever is not among these is locked when it is its turn.
_LOCK = """
SELECT r.id FROM campaigns_recipient r
WHERE r.tenant_id = %s AND r.id IN (
    SELECT unnest(%s::bigint[])
    UNION
    SELECT own.id FROM unnest(%s::bigint[], %s::text[]) AS asked(channel_id, address)
    JOIN conversations_contact k
        ON k.tenant_id = %s AND k.channel_id = asked.channel_id AND k.address = asked.address
    JOIN campaigns_recipient own ON own.contact_id = k.id AND own.tenant_id = k.tenant_id
    WHERE own.marked_at > now() - interval '10 days'
)
ORDER BY r.id FOR UPDATE OF r
"""


def lock_ahead(tenant: Tenant, received: Sequence[Received[Any]]) -> None:
    """Lock the recipients these events may concern, in the order of their ids, where the events are of several
    classes. Runs in the caller's transaction."""
    if len({type(one.event) for one in received}) < 2:
        return
    named = [place[0] for one in received if (place := place_of(getattr(one.event, "opaque_id", "")))]
    people = sorted({place for one in received for place in _people(one)})
    with connection.cursor() as cursor:
        cursor.execute(
            _LOCK,
            [
                tenant.pk,
                named,
                [channel for channel, _address in people],
                [address for _channel, address in people],
                tenant.pk,
            ],
        )


def _people(one: Received[Any]) -> Iterator[tuple[int, str]]:
    event = one.event
    if isinstance(event, InboundMessage | ReadUpTo):
        yield one.channel.pk, event.sender
    elif isinstance(event, Echo) or (isinstance(event, StatusChange) and not event.opaque_id):
        yield one.channel.pk, event.recipient

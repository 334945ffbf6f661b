"""Watermarks: everything sent to a person up to a time was delivered, or read.

Applied as a maximum: to each part of that person's whose time of sending, as the provider tells it in the echo, lies
at or before the mark. A part that may lie there and has no such time yet keeps the watermark for another look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from campaigns.engine.settle import Move, advance
from campaigns.models import DeliveryRank, PartState
from channels.adapters.base import Delivery, ReadUpTo, StatusChange
from channels.signals import Received
from tenants.models import Tenant

Mark = Received[ReadUpTo]

RANKS = {Delivery.DELIVERED: DeliveryRank.DELIVERED, Delivery.READ: DeliveryRank.READ}
GONE = frozenset({PartState.SENDING, PartState.UNCONFIRMED, PartState.ACCEPTED})  # or perhaps gone

# A minute is left for clocks that differ and answers on their way: a part marked later cannot be meant.
_COVERED = """
SELECT mark.place, r.id, r.part_states, r.sent_at
FROM unnest(%s::int[], %s::bigint[], %s::text[], %s::timestamptz[], %s::int[])
    AS mark(place, channel_id, address, up_to, rank)
JOIN conversations_contact k
    ON k.tenant_id = %s AND k.channel_id = mark.channel_id AND k.address = mark.address
JOIN campaigns_recipient r ON r.contact_id = k.id AND r.tenant_id = k.tenant_id
WHERE r.delivery < mark.rank AND r.state BETWEEN 0 AND 4
  AND least(r.marked_at, r.accepted_at) <= mark.up_to + interval '1 minute'
"""


@dataclass(frozen=True)
class Row:
    """A recipient a watermark may cover; `sent_at` holds the provider's time per part, where it is known."""

    id: int
    part_states: Sequence[int]
    sent_at: Sequence[datetime | None]


def apply_watermarks(tenant: Tenant, marks: Sequence[Mark]) -> set[Mark]:
    """Move what the marks cover forward; returns the marks to be looked at again, for something they may cover is
    still on its way. Runs in the caller's transaction."""
    moves: list[Move] = []
    again: set[Mark] = set()
    for mark, row in _rows(tenant, marks):
        for part, state in enumerate(row.part_states):
            if state not in GONE:
                continue
            sent_at = row.sent_at[part]
            if sent_at is None:
                again.add(mark)
            elif sent_at <= mark.event.up_to:
                moves.append(Move(row.id, part, _report(mark.event)))
    advance(tenant, moves)
    return again


def _rows(tenant: Tenant, marks: Sequence[Mark]) -> Iterator[tuple[Mark, Row]]:
    events = [mark.event for mark in marks]
    with connection.cursor() as cursor:
        cursor.execute(
            _COVERED,
            [
                list(range(len(marks))),
                [mark.channel.pk for mark in marks],
                [event.sender for event in events],
                [event.up_to for event in events],
                [RANKS[event.status].value for event in events],
                tenant.pk,
            ],
        )
        for place, id, part_states, sent_at in cursor.fetchall():
            unknown = [None] * len(part_states)
            yield marks[place], Row(id, part_states, ((sent_at or []) + unknown)[: len(part_states)])


def _report(event: ReadUpTo) -> StatusChange:
    return StatusChange(event.account_id, event.event_id, event.at, event.raw, "", event.status)

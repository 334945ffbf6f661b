"""Echoes: messages of ours that a provider shows us again, as proof that they left.

Messenger returns our own id of the attempt. Instagram returns nothing of ours: its echo is known by the message id once
the answer has told it, and where the answer was lost, by being the only message it can be.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from campaigns.engine.settle import Move, advance, place_of
from campaigns.links.texts import Text, texts_of
from campaigns.models import Part, PartState, State
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, Delivery, Echo, Idempotency, StatusChange
from channels.signals import Received
from conversations.hooks import Claim
from tenants.models import Tenant

EARLY = timedelta(seconds=5)  # clocks differ
LATE = timedelta(minutes=10)  # an echo in doubt comes within seconds of the message

Place = tuple[int, int]  # recipient, part

_ROWS = """
SELECT DISTINCT r.id, k.channel_id, k.address, r.campaign_id, r.state, r.part_states, r.provider_ids, r.marked_at,
                r.fields::text
FROM unnest(%s::bigint[], %s::text[]) AS asked(channel_id, address)
JOIN conversations_contact k
    ON k.tenant_id = %s AND k.channel_id = asked.channel_id AND k.address = asked.address
JOIN campaigns_recipient r ON r.contact_id = k.id AND r.tenant_id = k.tenant_id
WHERE r.id = ANY(%s) OR r.provider_ids && %s::text[] OR r.state IN (1, 2)
"""


@dataclass(frozen=True)
class Row:
    """A recipient an echo may be about."""

    id: int
    channel_id: int
    address: str
    campaign_id: int
    state: int
    part_states: list[int]
    provider_ids: list[str]
    marked_at: datetime | None
    fields: str  # JSON


def claim_echoes(tenant: Tenant, received: Sequence[Received[Echo]]) -> Claim:
    """Settle the parts whose echoes these are; says which they are, and which may be and are to be asked again once
    what is on its way has its answer. Runs in the caller's transaction."""
    people: dict[tuple[int, str], list[Row]] = {}
    for row in _rows(tenant, received):
        people.setdefault((row.channel_id, row.address), []).append(row)
    places: dict[Received[Echo], Place] = {}
    undecided: set[Received[Echo]] = set()
    doubtful: dict[Received[Echo], list[Row]] = {}
    for echo in received:
        rows = people.get((echo.channel.pk, echo.event.recipient), [])
        place = _named(echo.event, rows)
        if place is not None:
            places[echo] = place
        elif echo.event.opaque_id or not _anonymous(echo):
            continue
        elif any(row.state == State.SENDING for row in rows):
            undecided.add(echo)
        else:
            doubtful[echo] = rows
    places |= _only_ones(doubtful)
    advance(tenant, [Move(*place, _report(echo.event)) for echo, place in places.items()])
    return Claim(set(places), undecided)


def _anonymous(echo: Received[Echo]) -> bool:
    """Whether the channel returns no id of ours, so that any echo may be of our own message."""
    return ADAPTERS[ChannelKind(echo.channel.kind)].spec.idempotency is Idempotency.NONE


def _rows(tenant: Tenant, received: Sequence[Received[Echo]]) -> list[Row]:
    named = [place_of(echo.event.opaque_id) for echo in received]
    with connection.cursor() as cursor:
        cursor.execute(
            _ROWS,
            [
                [echo.channel.pk for echo in received],
                [echo.event.recipient for echo in received],
                tenant.pk,
                [place[0] for place in named if place],
                [echo.event.provider_id for echo in received],
            ],
        )
        return [Row(*row) for row in cursor.fetchall()]


def _named(event: Echo, rows: Sequence[Row]) -> Place | None:
    """The part the echo names, by our own id or by the provider's."""
    place = place_of(event.opaque_id)
    if place is not None and any(row.id == place[0] and place[1] < len(row.part_states) for row in rows):
        return place
    for row in rows:
        if event.provider_id in row.provider_ids:
            return row.id, row.provider_ids.index(event.provider_id)
    return None


def _only_ones(doubtful: dict[Received[Echo], list[Row]]) -> dict[Received[Echo], Place]:
    """Echoes that can be of one part in doubt only, which in turn can be no other echo's."""
    campaigns = {row.campaign_id for rows in doubtful.values() for row in rows}
    parts = {(part.campaign_id, part.position): part for part in Part.objects.filter(campaign__in=campaigns)}
    texts = texts_of(parts.values())
    found = {
        echo: [
            (row.id, position)
            for row in rows
            for position, state in enumerate(row.part_states)
            if state == PartState.UNCONFIRMED
            and _in_time(echo.event, row)
            and parts[row.campaign_id, position].kind == echo.event.kind
            and _says(texts[row.campaign_id, position], row, echo.event)
        ]
        for echo, rows in doubtful.items()
    }
    meant = Counter(place for places in found.values() for place in places)
    return {echo: places[0] for echo, places in found.items() if len(places) == 1 and meant[places[0]] == 1}


def _in_time(event: Echo, row: Row) -> bool:
    return row.marked_at is not None and -EARLY <= event.at - row.marked_at <= LATE


def _says(text: Text, row: Row, event: Echo) -> bool:
    return text.to(row.id, json.loads(row.fields)).strip() == event.text.strip()


def _report(event: Echo) -> StatusChange:
    return StatusChange(
        event.account_id, event.event_id, event.at, event.raw, event.provider_id, Delivery.SENT
    )

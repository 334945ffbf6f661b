"""Counters: how many people stand where, moved in the transaction that moves the people."""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Iterable

from django.db import connection

from campaigns.models import DeliveryRank, State

TERMS = (
    "waiting",
    "sending",
    "unconfirmed",
    "accepted",
    "delivered",
    "read",
    "partial",
    "failed",
    "skipped",
    "cancelled",
)


def term_of(state: State, delivery: DeliveryRank) -> str:
    """The term of the equation a recipient counts in: its sending state, accepted ones by their delivery."""
    return delivery.name.lower() if state == State.ACCEPTED else state.name.lower()


def write_tally(tenant_id: int, moves: Iterable[tuple[int, int, str, str]]) -> list[int]:
    """Move people between terms: (campaign, channel, from, to). Returns the numbers of the campaigns touched."""
    deltas: dict[tuple[int, int], Count[str]] = {}
    for campaign, channel, before, after in moves:
        if before != after:
            delta = deltas.setdefault((campaign, channel), Count())
            delta[before] -= 1
            delta[after] += 1
    if not deltas:
        return []
    columns = ", ".join(f"{term} = c.{term} + d.{term}" for term in TERMS)
    names = ", ".join(TERMS)
    arrays = ", ".join(["%s::bigint[]"] * (2 + len(TERMS)))
    keys = sorted(deltas)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH moved AS (
                    UPDATE campaigns_counter c SET {columns}
                    FROM unnest({arrays}) AS d(campaign_id, channel_id, {names})
                    WHERE c.tenant_id = %s AND c.campaign_id = d.campaign_id AND c.channel_id = d.channel_id
                    RETURNING c.campaign_id)
                SELECT DISTINCT number FROM campaigns_campaign c JOIN moved ON moved.campaign_id = c.id""",  # noqa: S608
            [
                [campaign for campaign, _channel in keys],
                [channel for _campaign, channel in keys],
                *[[deltas[key][term] for key in keys] for term in TERMS],
                tenant_id,
            ],
        )
        return [number for (number,) in cursor.fetchall()]

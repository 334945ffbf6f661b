"""Counters: how many people stand where, moved in the transaction that moves the people."""

from __future__ import annotations

import json
from collections import Counter as Count
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from campaigns.engine.reasons import added_sql
from campaigns.models import DeliveryRank, State
from channels.webhooks.afterwards import at_the_end
from tenants import live
from tenants.arrays import numbers, texts
from tenants.prepared import prepared_cursor

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

COLUMNS = (*TERMS, "replied", "clicked", "interacted")
_KNOWN = frozenset(COLUMNS)


_TERM_OF = {
    (state, delivery): (delivery if state is State.ACCEPTED else state).name.lower()
    for state in State
    for delivery in DeliveryRank
}


def term_of(state: State, delivery: DeliveryRank) -> str:
    """The term of the equation a recipient counts in: its sending state, accepted ones by their delivery."""
    return _TERM_OF[state, delivery]


Passage = tuple[int, int, str, str]  # campaign, channel, term (or reason's key) before and after, "" for none


class Shift(NamedTuple):
    """`people` more, or fewer, in one column of a counter, or under a reason's key (`campaigns.engine.reasons`)."""

    tenant: int
    campaign: int
    channel: int
    column: str
    people: int


def moved(tenant_id: int, passages: Iterable[Passage]) -> list[Shift]:
    """One person goes by each passage: from one place to another of a campaign's counter."""
    shifts: list[Shift] = []
    for (campaign_id, channel_id, before, after), people in Count(passages).items():
        if before != after:
            place = tenant_id, campaign_id, channel_id
            sides = (before, -people), (after, people)
            shifts += [Shift(*place, column, number) for column, number in sides if column]
    return shifts


def write_tally(shifts: Sequence[Shift]) -> None:
    """Shift the counters, always in the same order, and tell the open pages. While webhooks are absorbed that is put
    off to the end of the batch, for every sender writes these few rows too."""
    at_the_end(_write, list(shifts))


def _write(shifts: list[Shift]) -> None:
    deltas: dict[tuple[int, int, int], Count[str]] = {}
    for shift in shifts:
        deltas.setdefault(shift[:3], Count())[shift.column] += shift.people
    if not deltas:
        return
    columns = ", ".join(f"{column} = c.{column} + d.{column}" for column in COLUMNS)
    arrays = ", ".join(["%s::bigint[]"] * (3 + len(COLUMNS)))
    names = ", ".join(COLUMNS)
    reasons = added_sql("c.reasons", "nullif(d.reasons, '')::jsonb")
    keys = sorted(deltas)
    with prepared_cursor(len(keys)) as cursor:
        cursor.execute(
            f"""WITH d AS (SELECT * FROM unnest({arrays}, %s::text[])
                           AS d(tenant_id, campaign_id, channel_id, {names}, reasons)),
                locked AS (
                    SELECT c.id FROM campaigns_counter c
                    JOIN d USING (tenant_id, campaign_id, channel_id) ORDER BY c.id FOR UPDATE OF c
                ),
                shifted AS (
                    UPDATE campaigns_counter c SET {columns}, reasons = {reasons} FROM d, locked
                    WHERE c.id = locked.id AND c.tenant_id = d.tenant_id AND c.campaign_id = d.campaign_id
                      AND c.channel_id = d.channel_id
                    RETURNING c.campaign_id)
                SELECT DISTINCT c.tenant_id, c.number FROM campaigns_campaign c
                JOIN shifted ON shifted.campaign_id = c.id""",  # noqa: S608
            [
                *(numbers(ids) for ids in zip(*keys, strict=True)),
                *[numbers([deltas[key][name] for key in keys]) for name in COLUMNS],
                texts([_reasons(deltas[key]) for key in keys]),
            ],
        )
        for tenant_id, number in cursor.fetchall():
            tell(tenant_id, f"campaign-{number}")


def _reasons(deltas: Count[str]) -> str:
    """Those of the shifts that go by reason, as JSON; "" where there are none."""
    by_key = {key: people for key, people in deltas.items() if key not in _KNOWN}
    return json.dumps(by_key) if by_key else ""


def tell(tenant_id: int, topic: str) -> None:
    """A campaign's pages are to look again, and the lists: their rows show how far each has come."""
    live.publish(tenant_id, topic)
    live.publish(tenant_id, "campaigns")

"""Plain receipts, which nearly all reports of providers are: sent, delivered or read, by somebody whose only part was
accepted under that id, and billed, if at all, for what was held.

Whoever has several parts, a report of failure or of another price, or whose answer is not recorded yet, is left to
`settle`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from billing.services import End, Settlement
from campaigns.engine.charges import book
from campaigns.engine.other_prices import category_of
from campaigns.engine.tally import Passage, term_of
from campaigns.models import DeliveryRank, State
from channels.adapters.base import Delivery, StatusChange
from channels.direct import DirectSettlement
from tenants.arrays import numbers, texts
from tenants.models import Tenant
from tenants.prepared import prepared_cursor

# Everybody is locked first, by id as everywhere, also whom `settle` writes afterwards. In the CASE stands what
# PostgreSQL must not look people up by, nor take for rare (docs/adr/0022). 3: accepted, the person as the part. Money
# by `billing.parts`: what is held is captured once it is billed as it was priced; what was billed stays.
_WRITE = """
WITH locked AS (
    SELECT id, campaign_id, charges = '{NULL}'::bigint[] AND prices[1] > 0 AS held FROM campaigns_recipient
    WHERE tenant_id = %(tenant)s AND id = ANY(%(named)s::bigint[]) ORDER BY id FOR UPDATE
),
entry AS MATERIALIZED (
    SELECT campaign_id, nextval(pg_get_serial_sequence('billing_entry', 'id')) AS id
    FROM (SELECT DISTINCT campaign_id FROM locked WHERE held) AS priced
),
written AS (
    UPDATE campaigns_recipient r SET
        sent_at = CASE WHEN told.sent IS NULL THEN r.sent_at ELSE ARRAY[coalesce(r.sent_at[1], told.sent)] END,
        delivered_at = CASE WHEN told.delivered IS NULL THEN r.delivered_at
                            ELSE ARRAY[coalesce(r.delivered_at[1], told.delivered)] END,
        read_at = CASE WHEN told.read IS NULL THEN r.read_at ELSE ARRAY[coalesce(r.read_at[1], told.read)] END,
        delivery = greatest(r.delivery, CASE WHEN told.read IS NOT NULL THEN 2
                                             WHEN told.delivered IS NOT NULL THEN 1 ELSE 0 END),
        charges = CASE WHEN told.billed_at IS NOT NULL AND r.charges = '{NULL}'::bigint[] AND r.prices[1] > 0
                       THEN r.prices ELSE r.charges END,
        entries = CASE WHEN told.billed_at IS NOT NULL AND r.charges = '{NULL}'::bigint[] AND r.prices[1] > 0 THEN
                       ARRAY[CASE WHEN r.channel_id = ANY(c.direct) THEN 0
                                  ELSE (SELECT e.id FROM entry e WHERE e.campaign_id = r.campaign_id) END]
                       ELSE r.entries END
    FROM unnest(%(ids)s::bigint[], %(provider_ids)s::text[], %(sent)s::timestamptz[], %(delivered)s::timestamptz[],
                %(read)s::timestamptz[], %(billed_at)s::timestamptz[], %(categories)s::text[], %(free)s::boolean[])
         AS told(id, provider_id, sent, delivered, read, billed_at, category, free),
         campaigns_campaign c
    WHERE r.id = told.id AND c.id = r.campaign_id AND (SELECT count(*) FROM locked) > 0
      AND CASE WHEN r.tenant_id = %(tenant)s AND r.state = 3 AND r.part_states = '{3}'::smallint[]
                    AND told.provider_id IN ('', r.provider_ids[1])
                    AND (r.charges IS NULL OR NOT told.free AND (told.billed_at IS NULL OR
                         r.charges[1] IS DISTINCT FROM 0 AND r.category IS NULL AND told.category IN ('', c.category)
                         AND told.billed_at < date_trunc('day', coalesce(c.started_at, c.created_at), 'UTC')
                                              + interval '24 hours'))
               THEN true ELSE false END
    RETURNING r.id, r.campaign_id, r.channel_id, old.delivery AS was, new.delivery AS became, c.number,
              r.channel_id = ANY(c.direct) AS direct,
              CASE WHEN old.charges[1] IS NULL THEN coalesce(new.charges[1], 0) ELSE 0 END AS captured
)
SELECT campaign_id, channel_id, was, became, array_agg(id), number, direct, sum(captured)::bigint,
       (SELECT e.id FROM entry e WHERE e.campaign_id = written.campaign_id)
FROM written GROUP BY campaign_id, channel_id, was, became, number, direct
"""


@dataclass(slots=True)
class Told:
    """What is reported of one person: by which id, the ISO text of the first time by kind, and what of the price.
    `billed_at` is the last of the reports that call it billable; `free`: one says it is not billed."""

    provider_id: str
    times: dict[Delivery, str] = field(default_factory=dict)
    category: str = ""
    billed_at: str = "NULL"
    free: bool = False

    def take(self, event: StatusChange) -> bool:
        """Take the report up; False where it is none that is plain beside the others."""
        if event.status is Delivery.FAILED or event.provider_id != self.provider_id:
            return False
        at = event.at.isoformat()
        self.times.setdefault(event.status, at)
        if event.billable is None:
            return True
        if not event.billable:
            self.free = True
            return True
        category = category_of(event)
        plain = self.billed_at == "NULL" or category == self.category
        self.category, self.billed_at = category, at
        return plain


class Written(NamedTuple):
    """Recipients of one campaign on one channel who moved alike; `captured`: millionths, all of them together, under
    the ledger's `entry`."""

    campaign_id: int
    channel_id: int
    was: int
    became: int
    ids: list[int]
    number: int
    direct: bool
    captured: int
    entry: int | None


def write_receipts(
    tenant: Tenant, reports: Iterable[tuple[int, int, StatusChange]]
) -> tuple[set[int], list[Passage]]:
    """Write the plain receipts among `reports` (recipient, part, event), which come in the order of their times.
    Returns the recipients written, of whom nothing else is reported, and how they moved. Where there are any plain
    ones, everybody named is locked from then on, written or not."""
    told: dict[int, Told] = {}
    others: set[int] = set()
    for recipient, part, event in reports:
        mine = told.get(recipient)
        if mine is None:
            mine = told[recipient] = Told(event.provider_id)
        if part or not mine.take(event):
            others.add(recipient)
    plain = sorted(told.keys() - others)
    if not plain:
        return set(), []
    groups = _write(tenant, sorted(told), plain, [told[id] for id in plain])
    _book(tenant, [group for group in groups if group.captured])
    passages: list[Passage] = []
    for group in groups:
        was, became = (
            term_of(State.ACCEPTED, DeliveryRank(delivery)) for delivery in (group.was, group.became)
        )
        passages += [(group.campaign_id, group.channel_id, was, became)] * len(group.ids)
    return {id for group in groups for id in group.ids}, passages


def _write(tenant: Tenant, named: list[int], plain: list[int], told: list[Told]) -> list[Written]:
    with prepared_cursor(None) as cursor:
        cursor.execute(
            _WRITE,
            {
                "tenant": tenant.pk,
                "named": numbers(named),
                "ids": numbers(plain),
                "provider_ids": texts([mine.provider_id for mine in told]),
                "sent": _instants(told, Delivery.SENT),
                "delivered": _instants(told, Delivery.DELIVERED),
                "read": _instants(told, Delivery.READ),
                "billed_at": "{" + ",".join([mine.billed_at for mine in told]) + "}",
                "categories": texts([mine.category for mine in told]),
                "free": "{" + ",".join(["t" if mine.free else "f" for mine in told]) + "}",
            },
        )
        return [Written(*row) for row in cursor.fetchall()]


def _book(tenant: Tenant, groups: Sequence[Written]) -> None:
    """One entry for each campaign, one settlement for each account that Meta bills directly."""
    sums: dict[tuple[str, int], int] = {}
    direct: dict[tuple[str, int], int] = {}
    for group in groups:
        subject = f"campaign:{group.number}"
        if group.direct:
            direct[subject, group.channel_id] = direct.get((subject, group.channel_id), 0) + group.captured
        elif group.entry is None:
            raise AssertionError("captured without an entry")  # one is drawn wherever something is held
        else:
            sums[subject, group.entry] = sums.get((subject, group.entry), 0) + group.captured
    if sums or direct:
        book(
            [
                Settlement(tenant.pk, subject, End.CAPTURED, amount, entry)
                for (subject, entry), amount in sums.items()
            ],
            [
                DirectSettlement(tenant.pk, channel, subject, End.CAPTURED, amount)
                for (subject, channel), amount in direct.items()
            ],
        )


def _instants(told: list[Told], status: Delivery) -> str:
    """An array literal: when each was told of it, NULL where they were not."""
    return "{" + ",".join([mine.times.get(status, "NULL") for mine in told]) + "}"

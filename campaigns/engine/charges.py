"""What becomes of the price held for each part: once, and told by the part itself.

`charges` are as in `billing.parts`; `entries` names the ledger's entry behind each (0 on an account that Meta bills
directly: no money of ours moves).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection

from billing.parts import after_report
from billing.prices import Frozen
from billing.services import End, Settlement, entry_ids, settle_all
from campaigns.models import PartState
from channels.adapters.base import Delivery, StatusChange
from channels.direct import DirectSettlement, settle_direct
from channels.webhooks.afterwards import at_the_end, last
from tenants.arrays import numbers, texts
from tenants.models import Tenant
from tenants.prepared import prepared_cursor


@dataclass(slots=True)
class Money:
    """Of one recipient, one place a part. `category` is what they are billed as where that is another than their
    campaign was priced by. `charged` are the parts that ended just now, each with how and how much."""

    prices: list[int]
    charges: list[int | None]
    entries: list[int]
    category: str | None
    charged: list[tuple[int, End, int]]


class Terms(NamedTuple):
    """Of a campaign: what its entries are about, by what it was priced, and the channels whose account Meta bills
    directly."""

    subject: str
    frozen: Frozen
    direct: frozenset[int]


class Charged(NamedTuple):
    """One recipient's parts that ended."""

    recipient: int
    campaign: int
    channel: int
    money: Money


def money_of(
    prices: list[int] | None,
    charges: list[int | None] | None,
    entries: list[int] | None,
    category: str | None,
) -> Money | None:
    """None where nothing costs anything."""
    if prices is None or charges is None:
        return None
    return Money(prices, charges, entries or [0] * len(prices), category, [])


def charge(money: Money, part: int, state: int, event: StatusChange, price: int | None) -> bool:
    """Take up what a report says of the part, which stands at `state` by now; answers whether it ended as a free one.
    `price` is what the reported category costs, where it is another."""
    failed = state == PartState.FAILED
    step = after_report(
        money.charges[part],
        money.prices[part],
        failed=failed and event.status is Delivery.FAILED,
        billable=None if failed else event.billable,
        price=price,
    )
    money.charges[part] = step.charge
    money.charged += [(part, end, amount) for end, amount in step.ends]
    return step.free


def give_back_stopped(money: Money, states: Sequence[int]) -> None:
    """The person is through: what never left, or was refused, costs nothing."""
    for part, state in enumerate(states):
        if (
            money.prices[part]
            and money.charges[part] is None
            and state in (PartState.WAITING, PartState.FAILED)
        ):
            money.charges[part] = 0
            money.charged.append((part, End.RELEASED, money.prices[part]))


def enter_charges(tenant: Tenant, charged: Sequence[Charged], terms: Mapping[int, Terms]) -> None:
    """Book one entry for each campaign and end, and note it on the parts of the recipients, whom the caller has locked
    and writes. While webhooks are absorbed the booking is put off to the end of the batch: its rows come last in the
    lock order."""
    charged = [one for one in charged if one.money.charged]
    if not charged:
        return
    sums: dict[tuple[int, End], int] = {}
    direct: list[DirectSettlement] = []
    for one in charged:
        its = terms[one.campaign]
        for _part, end, amount in one.money.charged:
            if one.channel in its.direct:
                direct.append(DirectSettlement(tenant.pk, one.channel, its.subject, end, amount))
            else:
                sums[one.campaign, end] = sums.get((one.campaign, end), 0) + amount
    ids = dict(zip(sums, entry_ids(len(sums)), strict=True)) if sums else {}
    for one in charged:
        for part, end, _amount in one.money.charged:
            one.money.entries[part] = ids.get((one.campaign, end), 0)
    book(
        [
            Settlement(tenant.pk, terms[campaign].subject, end, amount, ids[campaign, end])
            for (campaign, end), amount in sums.items()
        ],
        direct,
    )


def book(settlements: Iterable[Settlement], direct: Iterable[DirectSettlement] = ()) -> None:
    """Put the booking off to the end of the batch, or do it now."""
    at_the_end(_settle_all, list(settlements))
    at_the_end(_settle_direct, list(direct))


@last
def _settle_all(settlements: list[Settlement]) -> None:
    settle_all(settlements)


@last
def _settle_direct(settlements: list[DirectSettlement]) -> None:
    settle_direct(settlements)


def terms_of(tenant_id: int, campaigns: Iterable[int]) -> dict[int, Terms]:
    """By the campaign's id."""
    with prepared_cursor(1) as cursor:
        cursor.execute(
            """SELECT id, 'campaign:' || number, category, currency, coalesce(started_at, created_at), direct
               FROM campaigns_campaign WHERE tenant_id = %s AND id = ANY(%s::bigint[])""",
            [tenant_id, numbers(sorted(campaigns))],
        )
        return {
            id: Terms(subject, Frozen.at(category, currency, since), frozenset(direct))
            for id, subject, category, currency, since, direct in cursor.fetchall()
        }


def charges_text(money: Money | None) -> str:
    """As an array literal; "" where nothing of it was settled just now."""
    if money is None or not money.charged:
        return ""
    return "{" + ",".join(["NULL" if charge is None else str(charge) for charge in money.charges]) + "}"


def entries_text(money: Money | None) -> str:
    """The same of the entries."""
    return numbers(money.entries) if money is not None and money.charged else ""


def write_categories(tenant: Tenant, categories: Mapping[int, str]) -> None:
    """Note on recipients, whom the caller has locked, as what they are billed where it is not what they were priced."""
    if not categories:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE campaigns_recipient r SET category = s.category
               FROM unnest(%s::bigint[], %s::text[]) AS s(id, category)
               WHERE r.tenant_id = %s AND r.id = s.id""",
            [numbers(list(categories)), texts(list(categories.values())), tenant.pk],
        )


# What is still held of people who are through and was never taken by the provider (`{which}`: or whatever is held) goes
# back. One statement finds, marks and sums it, for a campaign of one payer or of two.
_GIVE_BACK = """
WITH entry AS MATERIALIZED (SELECT nextval(pg_get_serial_sequence('billing_entry', 'id')) AS id),
ended AS (
    SELECT r.id, r.channel_id, r.part_states, r.prices, r.charges, r.entries, r.channel_id = ANY(c.direct) AS direct
    FROM campaigns_recipient r JOIN campaigns_campaign c ON c.id = r.campaign_id
    WHERE r.tenant_id = %(tenant)s AND r.campaign_id = %(campaign)s AND r.charges IS NOT NULL AND {who}
    ORDER BY r.id FOR UPDATE OF r
),
part AS (
    SELECT ended.id, ended.channel_id, ended.direct, p.n, p.price, p.charge, coalesce(ended.entries[p.n], 0) AS entry,
           p.price > 0 AND p.charge IS NULL AND {which} AS free
    FROM ended CROSS JOIN LATERAL unnest(part_states, prices, charges) WITH ORDINALITY AS p(state, price, charge, n)
),
person AS (
    SELECT part.id, part.channel_id, part.direct, sum(price) FILTER (WHERE free) AS amount,
           array_agg(CASE WHEN free THEN 0 ELSE charge END ORDER BY n) AS charges,
           array_agg(CASE WHEN free AND NOT direct THEN entry.id ELSE part.entry END ORDER BY n) AS entries
    FROM part, entry GROUP BY part.id, part.channel_id, part.direct HAVING bool_or(free)
),
given AS (
    UPDATE campaigns_recipient r SET charges = person.charges, entries = person.entries
    FROM person WHERE r.tenant_id = %(tenant)s AND r.id = person.id
)
SELECT (SELECT id FROM entry), channel_id, direct, sum(amount)::bigint FROM person GROUP BY channel_id, direct
"""
_NEVER_LEFT = _GIVE_BACK.format(
    who="r.id = ANY(%(ids)s::bigint[]) AND r.state NOT IN (0, 1)", which="p.state IN (0, 4)"
)
_WHATEVER = _GIVE_BACK.format(
    who="""r.id IN (SELECT id FROM campaigns_recipient
            WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign)s AND contact_id > %(after)s
            ORDER BY contact_id LIMIT %(size)s)""",
    which="true",
)


def give_back(tenant_id: int, campaign_id: int, ids: Sequence[int]) -> None:
    """What is held for people who are through, for parts that never left or were refused, goes back at once. In the
    caller's transaction, which has moved the people and their counters."""
    if ids:
        _run(_NEVER_LEFT, tenant_id, campaign_id, len(ids), ids=numbers(ids))


def give_back_whatever(tenant_id: int, campaign_id: int, after: int, size: int) -> None:
    """The same for whatever is still held of the `size` people after the contact `after`: the horizon has passed."""
    _run(_WHATEVER, tenant_id, campaign_id, size, after=after, size=size)


def _run(sql: str, tenant_id: int, campaign_id: int, people: int, **params: int | str) -> None:
    with prepared_cursor(people) as cursor:
        cursor.execute(sql, {"tenant": tenant_id, "campaign": campaign_id, **params})
        rows = cursor.fetchall()
    if rows:
        subject = terms_of(tenant_id, [campaign_id])[campaign_id].subject
        book(*_settlements(tenant_id, subject, rows))


def _settlements(
    tenant_id: int, subject: str, rows: Sequence[tuple[int, int, bool, int]]
) -> tuple[list[Settlement], list[DirectSettlement]]:
    """One entry for everything on our credit; a row for each account billed directly."""
    ours = sum(amount for _entry, _channel, direct, amount in rows if not direct)
    return (
        [Settlement(tenant_id, subject, End.RELEASED, ours, rows[0][0])] if ours else [],
        list(_direct(tenant_id, subject, rows)),
    )


def _direct(
    tenant_id: int, subject: str, rows: Sequence[tuple[int, int, bool, int]]
) -> Iterator[DirectSettlement]:
    for _entry, channel, direct, amount in rows:
        if direct:
            yield DirectSettlement(tenant_id, channel, subject, End.RELEASED, amount)

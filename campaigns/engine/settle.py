"""What providers report about campaign parts, applied in any order: outcomes move forward, never back.

Highest of accepted < delivered < read; delivered or read beats failed; failed beats accepted. A report is
matched by our own opaque id `<recipient>.<part>.<n>` where the provider echoes it, else by its id within the
contact. The recipient shows its lowest part.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

import structlog
from django.db import connection

from billing.prices import SERVICE, Frozen
from campaigns.engine.charges import (
    Charged,
    Money,
    Terms,
    charge,
    charges_text,
    enter_charges,
    entries_text,
    give_back_stopped,
    money_of,
    terms_of,
    write_categories,
)
from campaigns.engine.other_prices import OtherPrices
from campaigns.engine.reasons import key_of
from campaigns.engine.receipts import write_receipts
from campaigns.engine.standing import LIVE, standing
from campaigns.engine.tally import moved, term_of, write_tally
from campaigns.models import DeliveryRank, PartState, State
from channels.adapters.base import Delivery, Reason, StatusChange
from channels.direct import month_of
from channels.free import count_free
from channels.signals import Received
from tenants.arrays import numbers, texts
from tenants.crash import reached
from tenants.models import Tenant
from tenants.prepared import prepared_cursor

log = structlog.get_logger(__name__)
TIMES = ("sent_at", "delivered_at", "read_at", "failed_at")
STATES = {state.value: state for state in State}
RANKS = {rank.value: rank for rank in DeliveryRank}
PLACE = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})\.[0-9]{1,18}")
Report = Received[StatusChange]


class Move(NamedTuple):
    """What is reported about one part of one recipient."""

    recipient: int
    part: int
    event: StatusChange


@dataclass(slots=True)
class Settled:
    """A recipient while reports are applied to it. `times` holds one ISO text (or None) per part and kind."""

    id: int
    campaign_id: int
    channel_id: int
    state: State
    delivery: DeliveryRank
    part_states: list[int]
    provider_ids: list[str]
    reason: str
    provider_code: str
    times: dict[str, list[str | None]]
    accepted_at: str | None
    money: Money | None = None
    changed: bool = False

    @property
    def charged(self) -> bool:
        """Whether a part of theirs was settled just now."""
        return self.money is not None and bool(self.money.charged)

    @property
    def term(self) -> str:
        return term_of(self.state, self.delivery)

    @property
    def key(self) -> str:
        return key_of(self.state, self.reason, self.provider_code)


def settle(tenant: Tenant, reports: Sequence[Report]) -> set[Report]:
    """Apply the reports that concern campaign parts; returns those that match none."""
    places = _by_opaque_id(reports)
    places |= _by_provider_id(tenant, [report for report in reports if report not in places])
    known = advance(tenant, [Move(*place, report.event) for report, place in places.items()])
    return {report for report in reports if report not in places or places[report][0] not in known}


def advance(tenant: Tenant, moves: Sequence[Move]) -> set[int]:
    """Move parts forward; returns the recipients there are. Runs in the caller's transaction, whose locks are taken
    in the order of recipient ids."""
    moves = sorted(moves, key=attrgetter("event.at"))
    done, passages = write_receipts(tenant, moves)
    moves = [move for move in moves if move.recipient not in done] if done else moves
    rows = _lock(tenant, {move.recipient for move in moves})
    before = {row.id: row.term for row in rows.values()}
    keys = {row.id: row.key for row in rows.values() if row.reason}
    for recipient, part, event in moves:
        row = rows.get(recipient)
        if row is not None and part < len(row.part_states):
            _apply(row, part, event)
    changed = [row for row in rows.values() if row.changed]
    for row in changed:
        row.delivery = _lowest(row)
    _settle_money(tenant, rows, moves)
    _write(tenant, [row for row in rows.values() if row.changed or row.charged])
    reached("settle.written")
    passages += [(row.campaign_id, row.channel_id, before[row.id], row.term) for row in changed]
    passages += [
        (row.campaign_id, row.channel_id, keys.get(row.id, ""), row.key)
        for row in changed
        if row.reason or row.id in keys
    ]
    write_tally(moved(tenant.pk, passages))
    return done | rows.keys()


def _settle_money(tenant: Tenant, rows: dict[int, Settled], moves: Sequence[Move]) -> None:
    """Once everybody stands where they stand: what the reports say of the price held for each part. The charges are
    written with the people."""
    priced = {row.id: row for row in rows.values() if row.money}
    if not priced:
        return
    terms = terms_of(tenant.pk, {row.campaign_id for row in priced.values()})
    frozen = {row.id: _frozen(row, terms[row.campaign_id]) for row in priced.values()}
    others = OtherPrices(tenant, [(move.recipient, move.event) for move in moves], frozen)
    free = []
    for recipient, part, event in moves:
        row = priced.get(recipient)
        if row is None or row.money is None or part >= len(row.part_states):
            continue
        ended_free = charge(row.money, part, row.part_states[part], event, others.price(recipient, event))
        if ended_free and event.pricing_category == SERVICE:
            free.append((tenant.pk, row.channel_id, month_of(event.at)))
    for row in priced.values():
        if row.money and row.state not in LIVE:
            give_back_stopped(row.money, row.part_states)
    enter_charges(
        tenant,
        [Charged(row.id, row.campaign_id, row.channel_id, row.money) for row in priced.values() if row.money],
        terms,
    )
    write_categories(tenant, others.categories)
    count_free(free)


def _frozen(row: Settled, terms: Terms) -> Frozen:
    """By what the person was priced; an own category may stem from a report of theirs."""
    own = row.money.category if row.money else None
    return terms.frozen._replace(category=own, exact=False) if own else terms.frozen


def _by_opaque_id(reports: Sequence[Report]) -> dict[Report, tuple[int, int]]:
    found = {report: place_of(report.event.opaque_id) for report in reports}
    return {report: place for report, place in found.items() if place is not None}


def place_of(opaque_id: str) -> tuple[int, int] | None:
    """Recipient and part named by our own id of an attempt; None where it is no such id."""
    found = PLACE.fullmatch(opaque_id)
    return (int(found[1]), int(found[2])) if found else None


def _by_provider_id(tenant: Tenant, reports: Sequence[Report]) -> dict[Report, tuple[int, int]]:
    """Where the opaque id is missing: the contact first, then its recipients' arrays."""
    reports = [report for report in reports if report.event.provider_id and report.event.recipient]
    if not reports:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT r.id, r.provider_ids FROM conversations_contact k
               JOIN campaigns_recipient r ON r.contact_id = k.id AND r.tenant_id = k.tenant_id
               WHERE k.tenant_id = %s AND k.channel_id = ANY(%s)
                 AND (k.address = ANY(%s) OR (k.phone <> '' AND k.phone = ANY(%s)))
                 AND r.provider_ids && %s::text[]""",
            [
                tenant.pk,
                list({report.channel.pk for report in reports}),
                *[list({report.event.recipient for report in reports})] * 2,
                list({report.event.provider_id for report in reports}),
            ],
        )
        found = {id: (recipient, part) for recipient, ids in cursor.fetchall() for part, id in enumerate(ids)}
    return {
        report: found[report.event.provider_id] for report in reports if report.event.provider_id in found
    }


def _lock(tenant: Tenant, ids: set[int]) -> dict[int, Settled]:
    if not ids:
        return {}
    with prepared_cursor(len(ids)) as cursor:
        cursor.execute(
            """SELECT id, campaign_id, channel_id, state, delivery, part_states, provider_ids, reason, provider_code,
                      sent_at::text, delivered_at::text, read_at::text, failed_at::text, accepted_at::text,
                      CASE WHEN charges IS NOT NULL THEN prices END, charges, entries, category
               FROM campaigns_recipient WHERE tenant_id = %s AND id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE""",
            [tenant.pk, numbers(sorted(ids))],
        )
        return {row[0]: _settled(*row) for row in cursor.fetchall()}


def _settled(
    id: int,
    campaign_id: int,
    channel_id: int,
    state: int,
    delivery: int,
    part_states: list[int],
    provider_ids: list[str],
    reason: str,
    provider_code: str,
    sent_at: str | None,
    delivered_at: str | None,
    read_at: str | None,
    failed_at: str | None,
    accepted_at: str | None,
    prices: list[int] | None,
    charges: list[int | None] | None,
    entries: list[int] | None,
    category: str | None,
) -> Settled:
    parts = len(part_states)
    stored = zip(TIMES, (sent_at, delivered_at, read_at, failed_at), strict=True)
    return Settled(
        id,
        campaign_id,
        channel_id,
        STATES[state],
        RANKS[delivery],
        part_states,
        (provider_ids + [""] * parts)[:parts],
        reason,
        provider_code,
        {name: _moments(literal, parts) for name, literal in stored},
        accepted_at,
        money_of(prices, charges, entries, category),
    )


def _moments(literal: str | None, parts: int) -> list[str | None]:
    """The times in an array literal, one a part; none of them holds a comma."""
    if literal is None or literal == "{}":
        return [None] * parts
    told = [None if text == "NULL" else text.strip('"') for text in literal[1:-1].split(",")]
    return (told + [None] * parts)[:parts]


def _apply(row: Settled, part: int, event: StatusChange) -> None:
    moments = row.times[f"{event.status}_at"]
    if moments[part] is None:
        moments[part] = event.at.isoformat()
        row.changed = True
    if event.provider_id and row.provider_ids[part] != event.provider_id:
        if row.provider_ids[part]:
            log.error("two_provider_ids_for_one_attempt", recipient=row.id, part=part)
        else:
            row.provider_ids[part] = event.provider_id
            row.changed = True
    proved = row.times["delivered_at"][part] or row.times["read_at"][part]
    was = row.part_states[part]
    if event.status is Delivery.FAILED:
        if not proved and was != PartState.FAILED:
            row.part_states[part] = PartState.FAILED
            row.reason = event.reason.value if event.reason else "unexpected_response"
            row.provider_code = event.provider_code[:120]
    elif was in (PartState.SENDING, PartState.UNCONFIRMED) or (was == PartState.FAILED and proved):
        row.part_states[part] = PartState.ACCEPTED
        row.accepted_at = row.accepted_at or event.at.isoformat()
    if row.part_states[part] != was:
        row.changed = True
        _stand(row)


def _stand(row: Settled) -> None:
    """The recipient's state, now that one of their parts has another."""
    before = row.state
    row.state = standing(row.part_states, before)
    if row.state is State.ACCEPTED:
        row.reason = row.provider_code = ""
    elif (
        row.state is State.PARTIAL and before is not State.PARTIAL and PartState.FAILED not in row.part_states
    ):
        row.reason, row.provider_code = Reason.STOPPED_IN_DOUBT.value, ""


def _lowest(row: Settled) -> DeliveryRank:
    """The delivery of a recipient is that of their lowest part."""
    ranks = [
        DeliveryRank.READ if read else DeliveryRank.DELIVERED if delivered else DeliveryRank.ACCEPTED
        for state, delivered, read in zip(
            row.part_states, row.times["delivered_at"], row.times["read_at"], strict=True
        )
        if state != PartState.DROPPED  # a part still to go holds the person back
    ]
    return min(ranks, default=DeliveryRank.ACCEPTED)


def _write(tenant: Tenant, rows: Sequence[Settled]) -> None:
    if not rows:
        return
    with prepared_cursor(len(rows)) as cursor:
        cursor.execute(
            """UPDATE campaigns_recipient r SET
                   state = s.state, delivery = s.delivery, part_states = s.part_states::smallint[],
                   provider_ids = s.provider_ids::text[], reason = s.reason, provider_code = s.code,
                   sent_at = s.sent_at::timestamptz[], delivered_at = s.delivered_at::timestamptz[],
                   read_at = s.read_at::timestamptz[], failed_at = s.failed_at::timestamptz[],
                   accepted_at = nullif(s.accepted_at, '')::timestamptz,
                   charges = coalesce(nullif(s.charges, '')::bigint[], r.charges),
                   entries = coalesce(nullif(s.entries, '')::bigint[], r.entries)
               FROM unnest(%s::bigint[], %s::smallint[], %s::smallint[], %s::text[], %s::text[], %s::text[],
                           %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                           %s::text[], %s::text[])
                   AS s(id, state, delivery, part_states, provider_ids, reason, code, sent_at, delivered_at,
                        read_at, failed_at, accepted_at, charges, entries)
               WHERE r.tenant_id = %s AND r.id = s.id""",
            [
                numbers([row.id for row in rows]),
                numbers([row.state for row in rows]),
                numbers([row.delivery for row in rows]),
                texts([numbers(row.part_states) for row in rows]),
                texts([texts(row.provider_ids) for row in rows]),
                texts([row.reason for row in rows]),
                texts([row.provider_code for row in rows]),
                *[texts([_literal(row.times[name]) for row in rows]) for name in TIMES],
                texts([row.accepted_at or "" for row in rows]),
                texts([charges_text(row.money) for row in rows]),
                texts([entries_text(row.money) for row in rows]),
                tenant.pk,
            ],
        )


def _literal(moments: Sequence[str | None]) -> str:
    """An array literal of times, NULL where there is none."""
    return "{" + ",".join(["NULL" if moment is None else f'"{moment}"' for moment in moments]) + "}"

"""What the operator puts on top of the provider's prices, by date. A setting is only followed by another, never
changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from billing.models import Margin

MOST = Decimal(1000)  # per cent: beyond it somebody has mistyped


class BadMargin(ValueError):
    """The message says why."""


@dataclass(frozen=True)
class Step:
    """So many per cent from `since` on."""

    since: datetime
    percent: Decimal


def set_margin(percent: Decimal, *, since: date | None, by: str) -> Margin:
    """From 00:00 UTC of `since` on, tomorrow where none is named, price lists are sold with it. `by`: who the
    operator's machine says it was. Raises BadMargin."""
    today = timezone.now().astimezone(UTC).date()
    since = since or today + timedelta(days=1)
    if not percent.is_finite() or not 0 <= percent <= MOST:
        raise BadMargin(f"{percent} is no margin; write per cent from 0 to {MOST}, such as 12.5")
    if since < today:
        raise BadMargin(f"{since} is past: what was sold then keeps its price")
    begin = datetime(since.year, since.month, since.day, tzinfo=UTC)
    return Margin.objects.create(percent=percent, valid_from=begin, set_by=by[:120])


def margins() -> Sequence[Margin]:
    """Every setting there was, in the order in which they count: of one date the one that was set last."""
    return list(Margin.objects.order_by("valid_from", "pk"))


def steps() -> list[Step]:
    """What counts from when, the earliest first; before the first there is no margin."""
    latest = {one.valid_from: one.percent for one in margins()}
    return [Step(since, percent) for since, percent in sorted(latest.items())]

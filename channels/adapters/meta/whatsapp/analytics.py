"""WhatsApp: what Meta says it billed, day by day, to compare with what we booked.

https://developers.facebook.com/docs/whatsapp/business-management-api/analytics#pricing-analytics
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from channels.adapters.base import (
    Answer,
    CallFailed,
    Credentials,
    ProviderRequest,
    ProviderResponse,
    unanswered,
)
from channels.adapters.meta.graph import request
from channels.adapters.meta.whatsapp.codes import ERRORS
from channels.adapters.parsing import (
    Json,
    Malformed,
    as_object,
    body_object,
    count,
    instant,
    item,
    items,
    reader,
    required,
    text,
)

MILLIONTHS = 1_000_000
BILLED = "REGULAR"  # of `pricing_type`; the others are free: FREE_CUSTOMER_SERVICE, FREE_ENTRY_POINT


@dataclass(frozen=True)
class BilledDay:
    """Messages of one day (UTC), number (digits), country and category that Meta bills. `cost` in millionths of the
    account's currency, None where a partner's credit line pays and Meta does not tell."""

    day: date
    phone: str
    country: str
    category: str
    volume: int
    cost: int | None


@dataclass(frozen=True)
class Bill:
    currency: str
    days: tuple[BilledDay, ...]


def pricing(waba_id: str, since: datetime, until: datetime, credentials: Credentials) -> ProviderRequest:
    """What was billed from `since` until before `until`, both midnights in UTC; at most a year back."""
    span = f"start({int(since.timestamp())}).end({int(until.timestamp())}).granularity(DAILY)"
    dimensions = "dimensions(PRICING_CATEGORY,PRICING_TYPE,COUNTRY,PHONE)"
    return request("GET", f"/{waba_id}?fields=currency,pricing_analytics.{span}.{dimensions}", credentials)


@reader
def read_pricing(answer: Answer) -> Bill:
    if not isinstance(answer, ProviderResponse):
        raise CallFailed(unanswered(answer))
    if answer.status != 200:
        raise CallFailed(ERRORS.outcome(answer))
    body = body_object(answer.body)
    currency = required(body, "currency")
    told = items(item(body, "pricing_analytics"), "data") if body.get("pricing_analytics") else []
    days = (day for group in told for day in _days(as_object(group)))
    return Bill(currency, tuple(days))


def _days(group: Json) -> Iterator[BilledDay]:
    for raw in items(group, "data_points"):
        point = as_object(raw)
        if required(point, "pricing_type").upper() != BILLED:
            continue
        yield BilledDay(
            day=instant(point.get("start")).astimezone(UTC).date(),
            phone="".join(filter(str.isdigit, required(point, "phone_number"))),
            country=text(point, "country"),
            category=required(point, "pricing_category").lower(),
            volume=count(point, "volume"),
            cost=None if point.get("cost") is None else _millionths(point["cost"]),
        )


def _millionths(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Malformed("cost is not a number")
    try:
        return int((Decimal(str(value)) * MILLIONTHS).to_integral_value())
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise Malformed("cost is not a number") from error

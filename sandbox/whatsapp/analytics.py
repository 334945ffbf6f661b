"""What Meta bills by its own books: delivered messages by day, number, country and category.

https://developers.facebook.com/docs/whatsapp/business-management-api/analytics#pricing-analytics
"""

import re
from collections import Counter
from typing import Any

import phonenumbers

from sandbox.graph.errors import GraphError
from sandbox.journal import State
from sandbox.whatsapp.addresses import is_bsuid
from sandbox.whatsapp.rates import cost
from sandbox.whatsapp.statuses import Price
from sandbox.world import World

ASKED = re.compile(
    r"pricing_analytics\.start\((\d+)\)\.end\((\d+)\)\.granularity\(DAILY\)\.dimensions\(([A-Z_,]+)\)"
)
DIMENSIONS = {"PRICING_CATEGORY", "PRICING_TYPE", "COUNTRY", "PHONE"}
DAY_S = 86_400
Point = tuple[int, str, str, Price]  # day's first second (UTC), number (digits), country, price


def pricing_analytics(world: World, waba_id: str, fields: str) -> dict[str, Any]:
    """The value of the field as asked for. Raises GraphError for a question that is not imitated."""
    asked = ASKED.search(fields)
    if asked is None or set(asked[3].split(",")) != DIMENSIONS:
        raise GraphError(
            100, message="(#100) pricing_analytics is imitated by day and by all four dimensions only."
        )
    since, until = int(asked[1]), int(asked[2])
    counted: Counter[Point] = Counter()
    for number in world.accounts.numbers_of(waba_id):
        for row in world.journal.after(-1):
            delivered = row.account == number.number and State.DELIVERED <= row.state <= State.READ
            if delivered and since <= row.at < until:
                country = _country(world.people.address(row.person))
                day = int(row.at) // DAY_S * DAY_S
                counted[day, number.digits, country, Price(world.journal.price(row.number))] += 1
    return {"data": [{"data_points": [_point(point, volume) for point, volume in sorted(counted.items())]}]}


def _point(point: Point, volume: int) -> dict[str, Any]:
    day, phone, country, price = point
    free = price is Price.FREE_SERVICE
    category = "SERVICE" if free else price.name
    return {
        "start": day,
        "end": day + DAY_S,
        "country": country,
        "phone_number": phone,
        "pricing_type": "FREE_CUSTOMER_SERVICE" if free else "REGULAR",
        "pricing_category": category,
        "volume": volume,
        "cost": 0 if free else float(cost(country, category) * volume),
    }


def _country(address: str) -> str:
    if is_bsuid(address):
        return address[:2]
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(f"+{address.lstrip('+')}")) or ""
    except phonenumbers.NumberParseException:
        return ""

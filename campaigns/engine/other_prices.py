"""What a part costs where the provider bills it otherwise than it was priced: as another category, or by a later list.

The report wins over our list: whoever is billed less gets the difference back; whoever is billed more pays no more than
was held for them, and the platform bears the rest (docs/credit.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import structlog
from django.db import connection

from billing.prices import Frozen, PriceBook, may_differ
from channels.adapters.base import StatusChange
from channels.tariffs import ALIKE
from tenants.arrays import numbers
from tenants.models import Tenant

log = structlog.get_logger(__name__)
Key = tuple[int, str, str]  # recipient, category, day


class OtherPrices:
    """For the reports of one batch; asks the database only where a category or the day differs, which is rare."""

    def __init__(
        self, tenant: Tenant, reports: Iterable[tuple[int, StatusChange]], frozen: Mapping[int, Frozen]
    ) -> None:
        """`frozen`: by recipient, of those whose parts cost something."""
        self._frozen = frozen
        self.categories: dict[
            int, str
        ] = {}  # of recipients who are billed as another one than they were priced
        differing: dict[Key, datetime] = {}
        for recipient, event in reports:
            if not event.billable or (known := frozen.get(recipient)) is None:
                continue
            category = category_of(event) or known.category
            if may_differ(known, category, event.at):
                differing[_key(recipient, category, event)] = event.at
                if category != known.category:
                    self.categories[recipient] = category
        markets = _markets(tenant.pk, {recipient for recipient, _category, _day in differing})
        book = PriceBook()
        self._prices: dict[Key, int] = {}
        for (recipient, category, day), at in differing.items():
            price = book.reported(frozen[recipient], category, at, markets[recipient])
            if price is not None:
                self._prices[recipient, category, day] = price
            elif category != frozen[recipient].category:
                log.warning("billed_category_unlisted", tenant=tenant.pk, category=category)

    def price(self, recipient: int, event: StatusChange) -> int | None:
        """Millionths; None where it is what was held."""
        if not self._prices:
            return None
        return self._prices.get(
            _key(recipient, category_of(event) or self._frozen[recipient].category, event)
        )


def category_of(event: StatusChange) -> str:
    """As what the report says it is billed; "" where it does not say."""
    return ALIKE.get(event.pricing_category, event.pricing_category)


def _key(recipient: int, category: str, event: StatusChange) -> Key:
    return recipient, category, f"{event.at:%Y-%m-%d}"


def _markets(tenant_id: int, recipients: set[int]) -> dict[int, str]:
    if not recipients:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT r.id, k.market FROM campaigns_recipient r
               JOIN conversations_contact k ON k.id = r.contact_id
               WHERE r.tenant_id = %s AND r.id = ANY(%s::bigint[])""",
            [tenant_id, numbers(sorted(recipients))],
        )
        return dict(cursor.fetchall())

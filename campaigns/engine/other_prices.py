"""What a part costs where the provider's report names another category than the one it was priced by.

The report wins over our list: whoever is billed less gets the difference back; whoever is billed more pays no more than
was held for them, and the platform bears the rest (docs/credit.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import structlog
from django.db import connection

from billing.prices import price_in, prices_at
from campaigns.engine.charges import Terms
from channels.adapters.base import StatusChange
from channels.tariffs import ALIKE
from tenants.arrays import numbers
from tenants.models import Tenant

log = structlog.get_logger(__name__)


class OtherPrices:
    """For the reports of one batch; asks the database only where a category differs, which is rare."""

    def __init__(
        self, tenant: Tenant, reports: Iterable[tuple[int, StatusChange]], terms: Mapping[int, Terms]
    ) -> None:
        """`terms`: by recipient, of those whose parts cost something."""
        differing = {
            (recipient, _category(event)): event.at
            for recipient, event in reports
            if event.billable
            and recipient in terms
            and _category(event) not in ("", terms[recipient].category)
        }
        markets = _markets(tenant.pk, {recipient for recipient, _name in differing})
        self._prices: dict[tuple[int, str], int | None] = {}
        for (recipient, category), at in differing.items():
            listed = prices_at(at, currency=terms[recipient].currency, category=category)
            found = self._prices[recipient, category] = price_in(listed, markets[recipient])
            if found is None:
                log.warning("billed_category_unlisted", tenant=tenant.pk, category=category)

    def price(self, recipient: int, event: StatusChange) -> int | None:
        """Millionths; None where it is what was held."""
        return self._prices.get((recipient, _category(event)))


def _category(event: StatusChange) -> str:
    return ALIKE.get(event.pricing_category, event.pricing_category)


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

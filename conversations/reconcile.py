"""Whether what is held for messages outside campaigns is what the unsettled ones cost; what no report settled in time
goes back."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from billing.reconcile import Difference
from conversations.charges import give_back
from conversations.doors import tenants_with_overdue_prices
from conversations.models import Message
from tenants.models import Tenant
from tenants.scopes import tenant_scope

# Over all tenants, the operator's view.
_HELD = """
WITH told AS (
    SELECT tenant_id, 'replies:' || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS subject, sum(price)::bigint AS held
    FROM conversations_message WHERE price > 0 AND charge IS NULL AND NOT direct GROUP BY 1, 2
),
kept AS (
    SELECT tenant_id, subject, currency, reserved - captured - released AS open FROM billing_reservation
    WHERE subject LIKE 'replies:%' AND reserved > captured + released
)
SELECT tenant_id, coalesce(currency, ''), subject, 'what is on hold is what the unsettled messages cost',
       coalesce(held, 0), coalesce(open, 0)
FROM told FULL JOIN kept USING (tenant_id, subject) WHERE coalesce(held, 0) <> coalesce(open, 0)
"""


def reply_differences() -> list[Difference]:
    with connection.cursor() as cursor:
        cursor.execute(_HELD)
        return [Difference(*row) for row in cursor.fetchall()]


def give_back_overdue(horizon: timedelta) -> int:
    """Give back what is held for messages older than the horizon, of which no report has told. Returns how many."""
    count = 0
    before = timezone.now() - horizon
    for tenant_id in tenants_with_overdue_prices(before):
        with tenant_scope(Tenant.objects.get(pk=tenant_id)):
            for message in Message.objects.filter(price__gt=0, charge__isnull=True, at__lt=before).iterator():
                give_back(message)
                count += 1
    return count

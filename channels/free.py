"""Free service messages of a number: how many Meta reported this month, and how many the price list leaves it.

The month is that of UTC: Meta resets in the time zone of the WhatsApp account, which we are not told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from django.db import connection
from django.utils import timezone

from billing.prices import SERVICE, free_messages_at
from channels.direct import month_of
from channels.models import Channel, FreeUse
from channels.webhooks.afterwards import at_the_end, last
from tenants.arrays import numbers, texts

Use = tuple[int, int, date]  # tenant, channel, month

_COUNT = """
INSERT INTO channels_freeuse AS known (tenant_id, channel_id, month, used)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[]::date[], %s::int[])
ON CONFLICT (channel_id, month) DO UPDATE SET used = known.used + excluded.used
"""


def count_free(uses: Iterable[Use]) -> None:
    """One more free message each, at the end of the batch of webhooks."""
    at_the_end(_count, list(uses))


@last
def _count(uses: list[Use]) -> None:
    if not uses:
        return
    found = sorted(Counter(uses).items())
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            [
                numbers([tenant for (tenant, _channel, _month), _n in found]),
                numbers([channel for (_tenant, channel, _month), _n in found]),
                texts([month.isoformat() for (_tenant, _channel, month), _n in found]),
                numbers([n for _use, n in found]),
            ],
        )


def free_left(channels: Iterable[Channel], currency: str) -> dict[int, int]:
    """Free service messages left this month by channel id; empty where the price list of the day grants none."""
    now = timezone.now()
    granted = free_messages_at(now, currency=currency, category=SERVICE)
    if not granted:
        return {}
    used = dict(
        FreeUse.objects.filter(channel__in=channels, month=month_of(now)).values_list("channel_id", "used")
    )
    return {channel.pk: max(0, granted - used.get(channel.pk, 0)) for channel in channels}

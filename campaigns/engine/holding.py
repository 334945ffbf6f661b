"""Holding back what a campaign can cost before anything is sent: from the credit, or from the monthly budget of an
account that Meta bills directly."""

from __future__ import annotations

from django.db import connection, transaction

from billing.services import reserve
from campaigns.models import Campaign, State
from channels.direct import hold_direct
from channels.models import Channel, Payer


@transaction.atomic
def hold_price(campaign: Campaign) -> None:
    """Hold the frozen prices of everybody who waits, and note on the campaign (not saved) how much of the credit that
    took and which channels are billed directly. Raises InsufficientCredit, BudgetExceeded; then nothing is held."""
    by_channel = _price_of_waiting(campaign)
    accounts = dict(
        Channel.objects.filter(pk__in=by_channel, whatsapp_account__payer=Payer.META).values_list(
            "pk", "whatsapp_account_id"
        )
    )
    direct: dict[int, int] = {}
    for channel, amount in by_channel.items():
        if account := accounts.get(channel):
            direct[account] = direct.get(account, 0) + amount
    cost = sum(by_channel.values()) - sum(direct.values())
    hold_direct(campaign.subject, direct, campaign.currency)
    reserve(
        campaign.tenant,
        key=f"reserve:{campaign.subject}",
        subject=campaign.subject,
        amount=cost,
        currency=campaign.currency,
    )
    campaign.reserved, campaign.direct = cost, sorted(accounts)


def _price_of_waiting(campaign: Campaign) -> dict[int, int]:
    """Millionths by channel id, of those that cost something."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT channel_id, sum(n * price)::bigint FROM (
                   SELECT channel_id, prices, count(*) AS n FROM campaigns_recipient
                   WHERE tenant_id = %s AND campaign_id = %s AND state = %s AND charges IS NOT NULL
                   GROUP BY channel_id, prices
               ) AS priced CROSS JOIN unnest(prices) AS price GROUP BY channel_id""",
            [campaign.tenant_id, campaign.pk, State.WAITING.value],
        )
        return dict(cursor.fetchall())

"""A template that Meta counts as another category while its broadcast runs: who has not been sent to is priced anew.

The broadcast pauses in the transaction that stores the category, so that nobody is sent at a price that was not held
for them; shard by shard what is held is raised or given back; then it goes on by itself. Where the credit or budget
does not cover it, it stays paused with what is missing, until somebody tops up and presses Resume.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from django.db import connection, transaction
from django.utils import timezone

from billing.errors import InsufficientCredit
from billing.ledger import available
from billing.prices import bills, prices_at
from billing.services import End, Settlement, entry_ids, reserve, settle_all
from campaigns.doors import campaigns_to_reprice
from campaigns.models import Campaign, Part, Status
from channels.direct import BudgetExceeded, DirectSettlement, budget_left, hold_direct, settle_direct
from channels.models import Channel, Payer
from templates_app.models import Template
from tenants import audit, live
from tenants.arrays import numbers, texts
from tenants.models import Tenant
from tenants.scopes import tenant_scope

REPRICING = "repricing"  # why a campaign is paused meanwhile
log = structlog.get_logger(__name__)

# Whoever waits in `{where}` and is priced by another category, with the prices of the new one; a market it does not
# know keeps its price. Nothing of theirs is settled, for nothing has left.
_ANEW = """
WITH listed AS (SELECT * FROM unnest(%(markets)s::text[], %(amounts)s::bigint[]) AS listed(market, amount)),
waiting AS (
    SELECT r.id, r.channel_id, r.part_states, r.prices, coalesce(own.amount, rest.amount) AS amount,
           coalesce(r.charges, array_fill(NULL::bigint, ARRAY[cardinality(r.prices)])) AS charges
    FROM campaigns_recipient r JOIN conversations_contact k ON k.id = r.contact_id
    LEFT JOIN listed own ON own.market = k.market LEFT JOIN listed rest ON rest.market = '*'
    WHERE r.tenant_id = %(tenant)s AND {where} AND r.state = 0
      AND coalesce(r.category, %(before)s) <> %(category)s
    ORDER BY r.id {lock}
),
part AS (
    SELECT waiting.id, waiting.channel_id, p.n, p.charge, p.price AS old,
           CASE WHEN p.state = 0 AND p.charge IS NULL THEN coalesce(amount, p.price) ELSE p.price END AS price
    FROM waiting CROSS JOIN LATERAL unnest(part_states, prices, charges) WITH ORDINALITY AS p(state, price, charge, n)
),
person AS (
    SELECT id, channel_id, array_agg(price ORDER BY n) AS prices, array_agg(charge ORDER BY n) AS charges,
           sum(price - old) AS more
    FROM part GROUP BY id, channel_id
)"""
_SUMS = "SELECT channel_id, sum(more)::bigint FROM person GROUP BY channel_id"
_LOOK = _ANEW.format(where="r.campaign_id = %(campaign)s", lock="") + _SUMS
_WRITE = f"""{_ANEW.format(where="r.shard_id = %(shard)s", lock="FOR UPDATE OF r")},
written AS (
    UPDATE campaigns_recipient r SET prices = person.prices, category = %(category)s,
           charges = CASE WHEN 0 < ANY(person.prices) THEN person.charges ELSE r.charges END
    FROM person WHERE r.tenant_id = %(tenant)s AND r.id = person.id
)
{_SUMS}"""  # noqa: S608  our own SQL


@dataclass(frozen=True)
class More:
    """Millionths more, or fewer, that are to be held: of our credit, and by account that Meta bills directly."""

    ours: int
    direct: dict[int, int]  # by account
    direct_channels: dict[int, int]  # by channel

    @property
    def amount(self) -> int:
        return self.ours + sum(self.direct.values())


def interrupt(templates: Sequence[Template]) -> None:
    """Pause what is being sent with these templates until its prices are right again. In the transaction that stores
    their category."""
    for template in templates:
        if bills(template.tenant.currency) is None:
            continue  # nothing costs anything here
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE campaigns_campaign c SET status = 'paused', reason = %s
                   WHERE c.tenant_id = %s AND c.status = 'running'
                     AND coalesce(nullif(c.repriced_category, ''), c.category) <> %s
                     AND EXISTS (SELECT FROM campaigns_part p WHERE p.campaign_id = c.id AND p.template_id = %s)
                   RETURNING c.number""",
                [REPRICING, template.tenant_id, template.category.lower(), template.pk],
            )
            for (number,) in cursor.fetchall():
                log.info("campaign_repricing", tenant=template.tenant_id, number=number)


def reprice_campaigns() -> int:
    """Price anew whoever waits in paused campaigns whose template counts as another category now, and let those go on
    that paused for it. Returns how many were."""
    done = 0
    for tenant_id, campaign_id in campaigns_to_reprice():
        with tenant_scope(Tenant.objects.get(pk=tenant_id)):
            done += _reprice(Campaign.objects.select_related("tenant").get(pk=campaign_id))
    return done


def category_now(campaign: Campaign) -> str:
    """Of the price list, by which whoever still waits is to be priced."""
    part = Part.objects.filter(campaign=campaign, template__isnull=False).select_related("template").first()
    return part.template.category.lower() if part and part.template else campaign.category


def is_outdated(campaign: Campaign) -> bool:
    """Whether whoever waits is priced by another category than the template has now."""
    return (
        category_now(campaign) != (campaign.repriced_category or campaign.category)
        and bills(campaign.currency) is not None
    )


def require_cover(campaign: Campaign) -> None:
    """Raises InsufficientCredit or BudgetExceeded where what is to be held more is not there."""
    more = _split(campaign, _run(_LOOK, campaign, category_now(campaign)))
    for account, amount in more.direct.items():
        channel = Channel.objects.select_related("whatsapp_account").filter(whatsapp_account=account).first()
        left = budget_left(channel.whatsapp_account) if channel and channel.whatsapp_account else None
        if channel and channel.whatsapp_account and left is not None and amount > left:
            raise BudgetExceeded(channel.whatsapp_account.name, amount - left, campaign.currency)
    if (lacking := more.ours - available(campaign.currency)) > 0:
        raise InsufficientCredit(lacking, campaign.currency)


def _reprice(campaign: Campaign) -> bool:
    category = category_now(campaign)
    try:
        require_cover(campaign)
        for shard in campaign.shards.filter(state__lt=2).order_by("pk").values_list("pk", flat=True):
            _reprice_shard(campaign, shard, category)
    except (InsufficientCredit, BudgetExceeded) as error:
        _fall_short(campaign, error)
        return False
    _go_on(campaign, category)
    return True


@transaction.atomic
def _reprice_shard(campaign: Campaign, shard: int, category: str) -> None:
    """In the lock order: people, then what is held, then the campaign's own row."""
    more = _split(campaign, _run(_WRITE, campaign, category, shard=shard))
    (entry,) = entry_ids(1)
    if more.ours > 0:
        reserve(
            campaign.tenant,
            key=f"repriced:{campaign.subject}:{entry}",
            subject=campaign.subject,
            amount=more.ours,
            currency=campaign.currency,
        )
    elif more.ours < 0:
        settle_all([Settlement(campaign.tenant_id, campaign.subject, End.RELEASED, -more.ours, entry)])
    hold_direct(
        campaign.subject,
        {one: amount for one, amount in more.direct.items() if amount > 0},
        campaign.currency,
    )
    settle_direct(
        [
            DirectSettlement(campaign.tenant_id, channel, campaign.subject, End.RELEASED, -amount)
            for channel, amount in more.direct_channels.items()
            if amount < 0
        ]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE campaigns_campaign SET reserved = greatest(reserved + %s, 0), repriced_by = repriced_by + %s,
                      direct = %s::bigint[]
               WHERE tenant_id = %s AND id = %s""",
            [
                more.ours,
                more.amount,
                numbers(sorted({*campaign.direct, *more.direct_channels})),
                campaign.tenant_id,
                campaign.pk,
            ],
        )


def _run(sql: str, campaign: Campaign, category: str, **more: int) -> dict[int, int]:
    """Millionths more by channel id."""
    prices = prices_at(timezone.now(), currency=campaign.currency, category=category)
    if not prices:
        log.warning("category_unlisted", tenant=campaign.tenant_id, number=campaign.number, category=category)
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "tenant": campaign.tenant_id,
                "campaign": campaign.pk,
                "before": campaign.category,
                "category": category,
                "markets": texts(list(prices)),
                "amounts": numbers(list(prices.values())),
                **more,
            },
        )
        return dict(cursor.fetchall())


def _split(campaign: Campaign, by_channel: dict[int, int]) -> More:
    """By who pays: as when it began, and as it is now where nothing cost anything then."""
    known = Channel.objects.filter(pk__in=by_channel)
    if campaign.reserved or campaign.direct:
        known = known.filter(pk__in=campaign.direct)
    else:
        known = known.filter(whatsapp_account__payer=Payer.META)
    accounts = dict(known.values_list("pk", "whatsapp_account_id"))
    direct: dict[int, int] = {}
    for channel, account in accounts.items():
        if account is not None:
            direct[account] = direct.get(account, 0) + by_channel[channel]
    ours = sum(amount for channel, amount in by_channel.items() if channel not in accounts)
    return More(ours, direct, {channel: by_channel[channel] for channel in accounts})


@transaction.atomic
def _go_on(campaign: Campaign, category: str) -> None:
    """Unless the template counts as something else again meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE campaigns_campaign c SET repriced_category = %s, shortfall = 0,
                      status = CASE WHEN reason = %s THEN 'running' ELSE status END,
                      reason = CASE WHEN reason = %s THEN '' ELSE reason END
               WHERE c.tenant_id = %s AND c.id = %s AND c.status = 'paused'
                 AND NOT EXISTS (SELECT FROM campaigns_part p JOIN templates_app_template t ON t.id = p.template_id
                                 WHERE p.campaign_id = c.id AND lower(t.category) <> %s)
               RETURNING c.repriced_by""",
            [category, REPRICING, REPRICING, campaign.tenant_id, campaign.pk, category],
        )
        row = cursor.fetchone()
    if row is None:
        return
    before = campaign.repriced_category or campaign.category
    more = row[0] - campaign.repriced_by
    audit.record(None, "campaign.repriced", campaign, before=before, after=category, more=more)
    log.info("campaign_repriced", tenant=campaign.tenant_id, number=campaign.number, more=more)
    _tell(campaign)


def _fall_short(campaign: Campaign, error: InsufficientCredit | BudgetExceeded) -> None:
    """It waits for a top-up, and for Resume. Whoever was paused for another reason stays so."""
    changed = Campaign.objects.filter(pk=campaign.pk, status=Status.PAUSED)
    changed.update(shortfall=error.shortfall)
    changed.filter(reason=REPRICING).update(reason=error.code)
    log.warning("campaign_short", tenant=campaign.tenant_id, number=campaign.number, missing=error.shortfall)
    _tell(campaign)


def _tell(campaign: Campaign) -> None:
    live.publish(campaign.tenant_id, f"campaign-{campaign.number}")
    live.publish(campaign.tenant_id, "campaigns")

"""Meta's bill beside our books: what it says it billed per number, country, category and day, and what we booked.

Asked every night over the last days, for both sides are late: statuses come for days, and so does Meta's counting. Days
are those of UTC, as Meta counts them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from campaigns import doors
from campaigns.models import BillLine, MetaBill
from channels.adapters.base import Blame, CallFailed, Outcome, OutcomeKind, Reason
from channels.adapters.meta.whatsapp import analytics
from channels.models import Channel, ChannelState, WhatsAppAccount
from channels.sending.rare import RareCalls
from tenants import live
from tenants.models import Tenant
from tenants.scopes import tenant_scope

DAYS = 7
AGAIN, AFTER_FAILURE = timedelta(hours=24), timedelta(hours=1)
OLDEST = timedelta(days=35)  # a campaign that ended longer ago gets no report any more
log = structlog.get_logger(__name__)

# One row a part or reply that was billed, whoever paid: the team, or the platform.
CHARGED_SQL = """
SELECT recipient.channel_id AS channel, contact.market AS country,
       coalesce(recipient.category, campaign.category) AS category,
       abs(part.charge) AS amount, part.at, recipient.id AS recipient, NULL::bigint AS message
FROM campaigns_campaign AS campaign
JOIN campaigns_recipient AS recipient ON recipient.campaign_id = campaign.id
JOIN conversations_contact AS contact ON contact.id = recipient.contact_id
CROSS JOIN LATERAL (
    SELECT charge, coalesce(delivered, read, sent, recipient.accepted_at) AS at
    FROM unnest(recipient.charges, recipient.delivered_at, recipient.read_at, recipient.sent_at)
        AS p(charge, delivered, read, sent)
) AS part
WHERE campaign.tenant_id = %(tenant)s AND campaign.started_at < %(until)s
  AND (campaign.finished_at IS NULL OR campaign.finished_at >= %(oldest)s)
  AND recipient.channel_id = ANY(%(channels)s) AND part.charge <> 0 AND part.at >= %(since)s AND part.at < %(until)s
UNION ALL
SELECT conversation.channel_id, contact.market, message.category, abs(message.charge),
       coalesce(message.delivered_at, message.read_at, message.sent_at, message.at), NULL, message.id
FROM conversations_message AS message
JOIN conversations_conversation AS conversation ON conversation.id = message.conversation_id
JOIN conversations_contact AS contact ON contact.id = message.contact_id
WHERE message.tenant_id = %(tenant)s AND message.charge <> 0 AND message.at >= %(oldest)s
  AND conversation.channel_id = ANY(%(channels)s)
  AND coalesce(message.delivered_at, message.read_at, message.sent_at, message.at) >= %(since)s
  AND coalesce(message.delivered_at, message.read_at, message.sent_at, message.at) < %(until)s
"""
BOOKED_SQL = f"""
SELECT channel, (at AT TIME ZONE 'UTC')::date, country, category, count(*), sum(amount)::bigint
FROM ({CHARGED_SQL}) AS charged GROUP BY 1, 2, 3, 4
"""  # noqa: S608  two constants
BEHIND_SQL = f"""
SELECT recipient, message, amount, at FROM ({CHARGED_SQL}) AS charged
WHERE country = %(country)s AND category = %(category)s ORDER BY at, recipient, message LIMIT %(most)s
"""  # noqa: S608

Key = tuple[int, date, str, str]  # channel, day, country, category


@dataclass
class Sides:
    """Messages, and millionths; Meta's cost is None where it tells none."""

    meta_volume: int = 0
    meta_cost: int | None = None
    our_volume: int = 0
    our_amount: int = 0


@dataclass(frozen=True)
class Behind:
    """One message behind a line: of a campaign's person, or a reply. Millionths."""

    recipient: int | None
    message: int | None
    amount: int
    at: datetime


def compare_due() -> int:
    """Compare for every WhatsApp account that is due; returns how many Meta answered for."""
    answered = 0
    for tenant_id, bill_id in doors.bills_to_compare():
        tenant = Tenant.objects.get(pk=tenant_id)
        with tenant_scope(tenant):
            mine = MetaBill.objects.filter(pk=bill_id, due_at__lte=Now())
            if mine.update(due_at=Now() + AGAIN):
                answered += compare(MetaBill.objects.select_related("account").get(pk=bill_id))
    return answered


def compare(bill: MetaBill, now: datetime | None = None) -> bool:
    """Ask Meta and lay both sides beside each other. Returns whether it answered; if not, the last answer stands."""
    until = _midnight((now or timezone.now()).astimezone(UTC)) + timedelta(days=1)
    since = until - timedelta(days=DAYS)
    try:
        told = _ask(bill.account, since, until)
    except CallFailed as failure:
        log.warning("bill_not_told", account=bill.account_id, error=str(failure))
        reason = failure.outcome.reason or Reason.UNEXPECTED_RESPONSE
        bill.error, bill.due_at = str(reason.value), timezone.now() + AFTER_FAILURE
        bill.save(update_fields=["error", "due_at"])
        return False
    sides = _sides(bill.account, told, since, until)
    with transaction.atomic():
        bill.currency, bill.error, bill.compared_at = told.currency[:3], "", timezone.now()
        bill.save(update_fields=["currency", "error", "compared_at"])
        BillLine.objects.filter(bill=bill, day__gte=since.date()).delete()
        BillLine.objects.bulk_create(
            BillLine(
                tenant_id=bill.tenant_id,
                bill=bill,
                channel_id=channel,
                day=day,
                country=country,
                category=category,
                meta_volume=side.meta_volume,
                meta_cost=side.meta_cost,
                our_volume=side.our_volume,
                our_amount=side.our_amount,
            )
            for (channel, day, country, category), side in sorted(sides.items())
        )
    live.publish(bill.tenant_id, "credit")
    return True


def behind(line: BillLine, most: int) -> list[Behind]:
    """The messages we booked under that line, at most so many."""
    since = _midnight(datetime(line.day.year, line.day.month, line.day.day, tzinfo=UTC))
    values = _values(line.tenant_id, [line.channel_id], since, since + timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute(
            BEHIND_SQL, values | {"country": line.country, "category": line.category, "most": most}
        )
        return [Behind(*row) for row in cursor.fetchall()]


def _ask(account: WhatsAppAccount, since: datetime, until: datetime) -> analytics.Bill:
    """Raises CallFailed; also where no number of the account is connected."""
    channels = account.channels.select_related("meta_app").order_by("pk")
    channel = next((one for one in channels if one.state == ChannelState.CONNECTED), None)
    if channel is None:
        raise CallFailed(Outcome(OutcomeKind.NOT_SENT, Reason.CHANNEL_DISCONNECTED, blame=Blame.CHANNEL))
    with RareCalls(settings.PROVIDER_URLS, timeout=settings.PROVIDER_TIMEOUT_S) as line:
        asked = analytics.pricing(account.waba_id, since, until, channel.credentials())
        return analytics.read_pricing(line.call(asked))


def _sides(
    account: WhatsAppAccount, told: analytics.Bill, since: datetime, until: datetime
) -> dict[Key, Sides]:
    numbers = list(account.channels.order_by("pk"))
    by_phone = {_digits(channel.display_address): channel.pk for channel in numbers}
    sides: dict[Key, Sides] = {}
    for day in told.days:
        channel = by_phone.get(day.phone)
        if channel is None:
            log.warning("bill_of_an_unknown_number", account=account.pk, messages=day.volume)
            continue
        side = sides.setdefault((channel, day.day, day.country, day.category), Sides())
        side.meta_volume += day.volume
        if day.cost is not None:
            side.meta_cost = (side.meta_cost or 0) + day.cost
    for channel, on, country, category, volume, amount in _booked(account.tenant_id, numbers, since, until):
        side = sides.setdefault((channel, on, country, category), Sides())
        side.our_volume, side.our_amount = volume, amount
    return sides


def _booked(
    tenant_id: int, numbers: Iterable[Channel], since: datetime, until: datetime
) -> list[tuple[int, date, str, str, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(BOOKED_SQL, _values(tenant_id, [channel.pk for channel in numbers], since, until))
        return list(cursor.fetchall())


def _values(tenant_id: int, channels: list[int], since: datetime, until: datetime) -> dict[str, Any]:
    return {
        "tenant": tenant_id,
        "channels": channels,
        "since": since,
        "until": until,
        "oldest": since - OLDEST,
    }


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)

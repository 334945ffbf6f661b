"""Keeping to the number of people that WhatsApp lets a business begin with in 24 hours: whoever is beyond it waits.

Asked when a shard of a template broadcast is leased, never per message. What is left is counted from the people
themselves (`campaigns.reach`) and given out lease by lease; it is counted anew only when it no longer suffices. See
docs/adr/0024.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from campaigns.reach import OWNER_SQL, REACHED_SQL, SPAN
from channels.models import DailyLimit, step_of
from tenants import live
from tenants.models import Tenant
from tenants.scopes import tenant_scope

LOOK_AGAIN = timedelta(minutes=10)  # for a raised limit, and for people who failed and so do not count
AFTER_REFUSAL = timedelta(hours=4)  # WhatsApp itself stopped the number: it means hours

_SHARED_SQL = f"""
WITH mine AS (
    SELECT {OWNER_SQL} AS owner FROM channels_channel ch LEFT JOIN channels_health h ON h.channel_id = ch.id
    WHERE ch.tenant_id = %(tenant)s AND ch.id = %(channel)s
)
SELECT mine.owner, min(h.reach), array_agg(ch.id ORDER BY ch.id)
FROM mine, channels_channel ch LEFT JOIN channels_health h ON h.channel_id = ch.id
WHERE ch.tenant_id = %(tenant)s AND ch.kind = 'whatsapp' AND {OWNER_SQL} = mine.owner
GROUP BY mine.owner
"""  # noqa: S608  (our own SQL)

# How many count now; when each `step` of them no longer do, the soonest first.
_COUNT_SQL = f"""
WITH last AS (
    SELECT max(at) + interval '24 hours' AS frees FROM ({REACHED_SQL}) AS reached GROUP BY address
),
placed AS (SELECT frees, row_number() OVER (ORDER BY frees) AS place FROM last)
SELECT count(*), coalesce(array_agg(frees ORDER BY frees) FILTER (WHERE place %% %(step)s = 0), '{{}}') FROM placed
"""  # noqa: S608  (our own SQL)

# Whoever has been let through in another lease and is still to be marked.
_PROMISED_SQL = """
SELECT count(*) FROM campaigns_shard s
JOIN campaigns_campaign c ON c.id = s.campaign_id
JOIN campaigns_recipient r ON r.shard_id = s.id AND r.state = 0
WHERE s.tenant_id = %(tenant)s AND s.channel_id = ANY(%(channels)s) AND s.state = 1 AND s.id <> %(shard)s
  AND c.kind = 'template' AND c.status = 'running'
"""

# Everybody who waits in the shard, and whether they take nothing of what is left: they count already, or may be
# answered.
_FREE_SQL = f"""
SELECT r.id, k.window_closes_at > clock_timestamp() IS TRUE OR EXISTS (
    SELECT FROM ({REACHED_SQL}) AS reached WHERE reached.address = r.address)
FROM campaigns_recipient r JOIN conversations_contact k ON k.id = r.contact_id
WHERE r.tenant_id = %(tenant)s AND r.shard_id = %(shard)s AND r.state = 0 ORDER BY r.id
"""  # noqa: S608  (our own SQL)

# Whoever holds one at this moment leases it, or changes it for other reasons: the next look puts that one off.
_PUT_OFF_SQL = """
WITH later AS (
    SELECT s.id, c.number FROM campaigns_shard s JOIN campaigns_campaign c ON c.id = s.campaign_id
    WHERE s.tenant_id = %(tenant)s AND s.channel_id = ANY(%(channels)s) AND s.state = 0 AND s.due_at < %(until)s
      AND c.kind = 'template' AND c.status = 'running'
    ORDER BY s.id FOR UPDATE OF s SKIP LOCKED
)
UPDATE campaigns_shard s SET due_at = %(until)s FROM later
WHERE s.tenant_id = %(tenant)s AND s.id = later.id RETURNING later.number
"""


@dataclass(frozen=True)
class Excess:
    """`people`: recipients of the shard who wait until `until`. `all_of_them`: nobody of the shard is left to do."""

    people: list[int]
    all_of_them: bool
    until: datetime


def excess_of(tenant_id: int, channel_id: int, shard_id: int) -> Excess | None:
    """Who of a leased shard of a template broadcast is beyond the limit; None where all may be sent to. The shards
    beside it, of every number that shares the limit, wait with them."""
    with tenant_scope(Tenant.objects.get(pk=tenant_id)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SHARED_SQL, {"tenant": tenant_id, "channel": channel_id})
        owner, reach, channels = cursor.fetchone()
        limit = DailyLimit.objects.select_for_update().filter(owner=owner).first()
        now = timezone.now()
        refused = limit is not None and limit.refused_until is not None and limit.refused_until > now
        if reach is None and not refused:
            return None
        cursor.execute(
            """SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1) FROM campaigns_recipient
               WHERE tenant_id = %s AND shard_id = %s AND state IN (0, 1)""",
            [tenant_id, shard_id],
        )
        waiting, sending = cursor.fetchone()
        if limit is None:
            DailyLimit.objects.bulk_create(
                [DailyLimit(tenant_id=tenant_id, owner=owner)], ignore_conflicts=True
            )
            limit = DailyLimit.objects.select_for_update().get(owner=owner)
        if not refused and limit.reach == reach and limit.left >= waiting:
            limit.left -= waiting
            limit.save(update_fields=["left"])
            return None
        asked = {
            "tenant": tenant_id,
            "channels": channels,
            "shard": shard_id,
            "since": now - SPAN,
            "step": step_of(reach or 1),
        }
        beyond = _give_out(limit, reach or 0, asked, refused=refused)
        if not beyond:
            return None
        until = min(limit.resumes_at or now, now + LOOK_AGAIN)
        cursor.execute(_PUT_OFF_SQL, {"tenant": tenant_id, "channels": channels, "until": until})
        _tell(tenant_id, {number for (number,) in cursor.fetchall()})
        return Excess(beyond, len(beyond) == waiting and not sending, until)


def _give_out(limit: DailyLimit, reach: int, asked: Mapping[str, Any], *, refused: bool) -> list[int]:
    """Count anew, let through whom that allows, and return the others of the shard."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_SQL, asked)
        used, limit.opens = cursor.fetchone()
        cursor.execute(_PROMISED_SQL, asked)
        (promised,) = cursor.fetchone()
        cursor.execute(_FREE_SQL, asked)
        people = cursor.fetchall()
    limit.reach, limit.channels = reach or None, list(asked["channels"])
    limit.left = 0 if refused else max(0, reach - used - promised)
    taking = [] if refused else [id for id, free in people if not free]
    beyond = [id for id, _free in people] if refused else taking[limit.left :]
    limit.left -= min(limit.left, len(taking))
    limit.resumes_at = None
    if beyond:
        limit.resumes_at = limit.refused_until if refused else _resumes(limit.opens, now)
    limit.save()
    return beyond


def _resumes(opens: Sequence[datetime], now: datetime) -> datetime:
    """When people may be begun with again: not one by one, but as soon as a twentieth of the limit is free."""
    return next((at for at in opens if at > now), now + SPAN)


def note_refused(tenant_id: int, channel_id: int) -> None:
    """WhatsApp no longer lets the number begin with people: nobody is begun with for some hours."""
    until = timezone.now() + AFTER_REFUSAL
    with tenant_scope(Tenant.objects.get(pk=tenant_id)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SHARED_SQL, {"tenant": tenant_id, "channel": channel_id})
        owner, reach, channels = cursor.fetchone()
        DailyLimit.objects.update_or_create(
            tenant_id=tenant_id,
            owner=owner,
            defaults={
                "reach": reach,
                "channels": channels,
                "left": 0,
                "refused_until": until,
                "resumes_at": until,
            },
        )


def _tell(tenant_id: int, numbers: set[int]) -> None:
    for number in numbers:
        live.publish(tenant_id, f"campaign-{number}")
    if numbers:
        live.publish(tenant_id, "campaigns")

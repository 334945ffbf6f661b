"""What the sweeper and the workers look for across tenants: ids only, by named functions.

What could lead to a provider names the teams that the process works for (`tenants.rehearsing.served`).
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

from campaigns.quiet import may_leave
from templates_app.lifecycle import SENDABLE
from tenants.rehearsing import served


def campaigns_in(statuses: list[str]) -> list[tuple[int, int]]:
    """(tenant id, campaign id) of every campaign in one of the statuses, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT tenant_id, id FROM campaigns_campaign c
                WHERE status = ANY(%s) AND {served("c.tenant_id")} ORDER BY id""",  # noqa: S608  (our own SQL)
            [statuses],
        )
        return [(tenant, campaign) for tenant, campaign in cursor.fetchall()]


def claim_due_campaigns() -> int:
    """Move scheduled campaigns whose time has come to preparing, those an hour late to missed. One whose template
    cannot be sent now waits until it can. Returns how many are to be prepared."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH due AS (
                   SELECT c.id, c.scheduled_at < clock_timestamp() - interval '1 hour' AS late,
                          EXISTS (SELECT FROM campaigns_part p
                                  JOIN templates_app_template t ON t.id = p.template_id
                                  WHERE p.campaign_id = c.id AND t.status <> ALL(%s)) AS stopped
                   FROM campaigns_campaign c
                   WHERE c.status = 'scheduled' AND c.scheduled_at <= clock_timestamp()
               )
               UPDATE campaigns_campaign c
               SET status = CASE WHEN due.late THEN 'missed' ELSE 'preparing' END,
                   reason = CASE WHEN due.late AND due.stopped THEN 'template_unavailable'
                                 WHEN due.late THEN 'too_late' ELSE '' END
               FROM due WHERE c.id = due.id AND c.status = 'scheduled' AND (due.late OR NOT due.stopped)
               RETURNING c.status""",
            [list(SENDABLE)],
        )
        return sum(status == "preparing" for (status,) in cursor.fetchall())


def untold_shortages(reasons: list[str], recent: timedelta) -> list[tuple[int, int]]:
    """(tenant id, campaign id) of those paused, or refused recently, for one of these reasons, whose owners do not know
    it yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT tenant_id, id FROM campaigns_campaign
               WHERE owners_told_at IS NULL AND reason = ANY(%s)
                 AND (status = 'paused'
                      OR status = 'refused' AND finished_at > clock_timestamp() - make_interval(secs => %s))
               ORDER BY id""",
            [reasons, recent.total_seconds()],
        )
        return [(tenant, campaign) for tenant, campaign in cursor.fetchall()]


def campaigns_to_reprice() -> list[tuple[int, int]]:
    """(tenant id, campaign id) of paused campaigns whose template counts as another category than whoever waits is
    priced by, where messages cost something. Not those that were found short: they wait for Resume."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.tenant_id, c.id FROM campaigns_campaign c
               JOIN campaigns_part p ON p.campaign_id = c.id JOIN templates_app_template t ON t.id = p.template_id
               WHERE c.status = 'paused' AND c.shortfall = 0 AND EXISTS (SELECT FROM billing_price)
                 AND (c.reason = 'repricing'
                      OR lower(t.category) <> coalesce(nullif(c.repriced_category, ''), c.category))
               ORDER BY c.id"""
        )
        return [(tenant, campaign) for tenant, campaign in cursor.fetchall()]


def note_settled() -> int:
    """Close the books of campaigns that have ended and for which nothing is held any more. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE campaigns_campaign c SET settled_at = clock_timestamp()
               WHERE c.finished_at IS NOT NULL AND c.settled_at IS NULL
                 AND NOT EXISTS (SELECT FROM billing_reservation h
                                 WHERE h.tenant_id = c.tenant_id AND h.subject = 'campaign:' || c.number
                                   AND h.reserved > h.captured + h.released)
                 AND NOT EXISTS (SELECT FROM channels_directcost d
                                 WHERE d.tenant_id = c.tenant_id AND d.subject = 'campaign:' || c.number
                                   AND d.reserved > d.captured + d.released)"""
        )
        return int(cursor.rowcount)


def uncounted_campaigns(most: int = 50) -> list[tuple[int, int]]:
    """(tenant id, campaign id) of those that ended and whose messages are not counted yet, the last first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT tenant_id, id FROM campaigns_campaign
               WHERE finished_at IS NOT NULL AND counted_at IS NULL ORDER BY finished_at DESC LIMIT %s""",
            [most],
        )
        return [(tenant, campaign) for tenant, campaign in cursor.fetchall()]


def overdue_campaigns(horizon: timedelta) -> list[tuple[int, int]]:
    """(tenant id, campaign id) of those that ended so long ago that no report is expected, and are not settled."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT tenant_id, id FROM campaigns_campaign
               WHERE settled_at IS NULL AND finished_at < clock_timestamp() - make_interval(secs => %s)
               ORDER BY id""",
            [horizon.total_seconds()],
        )
        return [(tenant, campaign) for tenant, campaign in cursor.fetchall()]


def due_channels(most: int) -> list[tuple[int, int]]:
    """(tenant id, channel id) of channels with a shard to send now, tenants by turns, in no lasting order. Quiet hours
    are asked once a campaign, before its shards are looked at."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH awake AS MATERIALIZED (
                   SELECT c.id FROM campaigns_campaign c
                   WHERE c.status = 'running' AND {served("c.tenant_id")} AND {may_leave("c.tenant_id")}
               ),
               due AS (
                   SELECT DISTINCT s.tenant_id, s.channel_id
                   FROM campaigns_shard s
                   JOIN awake ON awake.id = s.campaign_id
                   JOIN channels_channel ch ON ch.id = s.channel_id
                   WHERE s.state < 2 AND s.held = '' AND s.due_at <= clock_timestamp()
                     AND (s.state = 0 OR s.leased_until < clock_timestamp())
                     AND ch.enabled AND ch.state = 'connected'
               )
               SELECT tenant_id, channel_id FROM due
               ORDER BY row_number() OVER (PARTITION BY tenant_id ORDER BY random()), random() LIMIT %s""",  # noqa: S608  (our own SQL)
            [most],
        )
        return [(tenant, channel) for tenant, channel in cursor.fetchall()]


def watch_new_bills() -> int:
    """Have the bills of real teams' WhatsApp accounts with a number compared that never were; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO campaigns_metabill (tenant_id, account_id)
               SELECT tenant_id, id FROM channels_whatsappaccount AS account
               WHERE tenant_id IN (SELECT id FROM tenants_tenant WHERE rehearses_id IS NULL)
                 AND EXISTS (SELECT FROM channels_channel WHERE whatsapp_account_id = account.id)
                 AND NOT EXISTS (SELECT FROM campaigns_metabill WHERE account_id = account.id)
               ON CONFLICT DO NOTHING"""
        )
        return int(cursor.rowcount)


def bills_to_compare() -> list[tuple[int, int]]:
    """(tenant id, bill id) of those whose day has come, the longest waiting first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT tenant_id, id FROM campaigns_metabill b
                WHERE due_at <= clock_timestamp() AND {served("b.tenant_id")} ORDER BY due_at"""  # noqa: S608  (our own SQL)
        )
        return [(tenant, bill) for tenant, bill in cursor.fetchall()]


def link_of(recipient: int, place: int) -> tuple[int, int] | None:
    """(tenant id, link id) of the link at this place of the recipient's broadcast. Asked by strangers, whose code has
    proved that it is theirs (`campaigns.links.codes`)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT link.tenant_id, link.id FROM campaigns_recipient r
               JOIN campaigns_link link ON link.campaign_id = r.campaign_id AND link.tenant_id = r.tenant_id
               WHERE r.id = %s AND link.place = %s""",
            [recipient, place],
        )
        found = cursor.fetchone()
        return (found[0], found[1]) if found else None


def rehearsals_to_clear(kept: timedelta) -> list[tuple[int, int]]:
    """(tenant id, rehearsal id) of those older than `kept` whose copies still stand, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT tenant_id, id FROM campaigns_rehearsal
               WHERE cleared_at IS NULL AND created_at < clock_timestamp() - make_interval(secs => %s)
               ORDER BY created_at""",
            [kept.total_seconds()],
        )
        return [(tenant, rehearsal) for tenant, rehearsal in cursor.fetchall()]

"""When a channel breaks, a template is stopped or a bank takes a payment back: the campaigns pause with the reason,
their credit stays reserved, people are told."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from django.db import connection, transaction

from campaigns.balance import TAKEN_BACK
from campaigns.engine.daily_limit import note_refused
from campaigns.engine.lease import Lease
from campaigns.models import Campaign, CampaignKind, Part
from channels.adapters.base import Reason
from channels.breaking import break_channel
from templates_app.models import Template
from templates_app.wishes import want_sync
from tenants import live
from tenants.models import Tenant
from tenants.scopes import tenant_scope

log = structlog.get_logger(__name__)


def halt(lease: Lease, reason: Reason) -> None:
    """Break the channel where that is the reason, and pause what still has people to reach on it. At the day's limit
    templates wait instead; a message that is refused by it shows that the number is restricted."""
    if reason is Reason.DAILY_LIMIT:
        if _sends_template(lease):
            note_refused(lease.tenant_id, lease.channel_id)
            return
        reason = Reason.CHANNEL_RESTRICTED
    with transaction.atomic():
        break_channel(lease.tenant_id, lease.channel_id, reason)
        _pause(lease.tenant_id, lease.channel_id, reason)


def on_channel_broken(tenant: Tenant, channel_id: int, reason: Reason) -> None:
    """Somebody else, such as a reply, found the channel broken."""
    _pause(tenant.pk, channel_id, reason)


def halt_template(lease: Lease) -> None:
    """The provider does not take the campaign's template: pause what sends it, and have its state looked up."""
    with tenant_scope(Tenant.objects.get(pk=lease.tenant_id)), transaction.atomic():
        parts = Part.objects.filter(campaign=lease.campaign_id, template__isnull=False)
        templates = list(Template.objects.filter(pk__in=parts.values("template")).select_related("account"))
        _pause_senders(lease.tenant_id, templates, lease.campaign_id)
        for account in {template.account for template in templates}:
            want_sync(account)


def on_templates_stopped(templates: Sequence[Template]) -> None:
    """Paused, disabled, rejected, deleted, or with other words, all of one tenant: their campaigns pause at once.
    Scheduled ones are not started meanwhile (`campaigns.doors`), those being prepared begin paused."""
    for tenant_id in {template.tenant_id for template in templates}:
        _pause_senders(tenant_id, templates)


def _pause_senders(tenant_id: int, templates: Sequence[Template], campaign_id: int | None = None) -> None:
    """Whatever is being sent with the templates, and this campaign in any case."""
    reason = Reason.TEMPLATE_UNAVAILABLE
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE campaigns_campaign c SET status = 'paused', reason = %s
               WHERE c.tenant_id = %s AND c.status = 'running'
                 AND (c.id = %s OR EXISTS (SELECT FROM campaigns_part p
                                           WHERE p.campaign_id = c.id AND p.template_id = ANY(%s)))
               RETURNING c.number""",
            [reason.value, tenant_id, campaign_id, [template.pk for template in templates]],
        )
        _tell(tenant_id, [number for (number,) in cursor.fetchall()], reason)


def on_credit_taken_back(tenant: Tenant, owed: int) -> None:
    """A bank took a payment back whose credit is on hold or spent: whatever still sends on credit pauses until what is
    `owed` (millionths) is paid."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE campaigns_campaign c SET status = 'paused', reason = %s, shortfall = %s
               WHERE c.tenant_id = %s AND c.status = 'running'
                 AND EXISTS (SELECT FROM billing_reservation h
                             WHERE h.tenant_id = c.tenant_id AND h.subject = 'campaign:' || c.number
                               AND h.reserved > h.captured + h.released)
               RETURNING c.number""",
            [TAKEN_BACK, owed, tenant.pk],
        )
        _tell(tenant.pk, [number for (number,) in cursor.fetchall()], TAKEN_BACK)


def _sends_template(lease: Lease) -> bool:
    with tenant_scope(Tenant.objects.get(pk=lease.tenant_id)):
        return Campaign.objects.filter(pk=lease.campaign_id, kind=CampaignKind.TEMPLATE).exists()


def _tell(tenant_id: int, numbers: Sequence[int], reason: str) -> None:
    for number in numbers:
        live.publish(tenant_id, f"campaign-{number}")
        log.warning("campaign_paused", tenant=tenant_id, number=number, reason=str(reason))
    live.publish(tenant_id, "campaigns")


def _pause(tenant_id: int, channel_id: int, reason: Reason) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE campaigns_campaign c SET status = 'paused', reason = %s
               WHERE c.tenant_id = %s AND c.status = 'running'
                 AND EXISTS (SELECT FROM campaigns_shard s
                             WHERE s.campaign_id = c.id AND s.channel_id = %s AND s.state < 2)
               RETURNING c.number""",
            [reason.value, tenant_id, channel_id],
        )
        _tell(tenant_id, [number for (number,) in cursor.fetchall()], reason)

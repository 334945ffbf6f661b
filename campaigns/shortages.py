"""Broadcasts that lack credit or budget: the owners are told once, with what is missing and the way to go on."""

from __future__ import annotations

from functools import partial

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.mails import Mail, address_of, tell_owners
from billing.money import shown
from campaigns.balance import LACKING, OFFERED
from campaigns.doors import untold_shortages
from campaigns.models import Campaign, Status
from channels.direct import BudgetExceeded
from tenants.models import Tenant
from tenants.scopes import tenant_scope

log = structlog.get_logger(__name__)


def tell_owners_of_shortages() -> int:
    """Returns how many broadcasts were told of. A mail that cannot be sent leaves its broadcast untold: the sweep rings
    again."""
    told = 0
    for tenant_id, campaign_id in untold_shortages(sorted(LACKING), OFFERED):
        tenant = Tenant.objects.get(pk=tenant_id)
        try:
            with tenant_scope(tenant), transaction.atomic():
                told += _tell(tenant, campaign_id)
        except OSError as error:  # the mail server's
            log.error("owner_not_told", tenant=tenant_id, about="shortage", error=type(error).__name__)
    return told


def _tell(tenant: Tenant, campaign_id: int) -> bool:
    rows = Campaign.objects.select_for_update(skip_locked=True, of=("self",)).select_related("created_by")
    campaign = rows.filter(pk=campaign_id, owners_told_at=None, reason__in=LACKING).first()
    if campaign is None:
        return False
    Campaign.objects.filter(pk=campaign.pk).update(owners_told_at=timezone.now())
    tell_owners(tenant, partial(_mail, tenant, campaign))
    return True


def _mail(tenant: Tenant, campaign: Campaign) -> Mail:
    budget = campaign.reason == BudgetExceeded.code
    values = {
        "team": tenant.name,
        "number": campaign.number,
        "agent": campaign.created_by.name,
        "missing": shown(campaign.shortfall, campaign.currency),
        "where": address_of("credit:payers" if budget else "credit:top_up"),
        "page": address_of("campaigns:detail", campaign.number),
    }
    happened = (
        _("Broadcast №%(number)s by %(agent)s could not start. Nobody was sent anything.")
        if campaign.status == Status.REFUSED
        else _(
            "Broadcast №%(number)s by %(agent)s has stopped. What was sent stays, whoever still waits is kept."
        )
    )
    lacks = (
        _("The monthly budget of a WhatsApp account lacks %(missing)s. Raise it here:\n%(where)s")
        if budget
        else _("The WhatsApp credit lacks %(missing)s. Top up here:\n%(where)s")
    )
    goes_on = _("It does not go on by itself. Once there is enough, one click on its page does:\n%(page)s")
    return Mail(
        _("%(team)s: broadcast №%(number)s lacks %(missing)s") % values,
        "\n\n".join(text % values for text in (happened, lacks, goes_on)),
    )

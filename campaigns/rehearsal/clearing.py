"""Rehearsals are kept for a week: what stood in for channels and people goes then, what it came to stays."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import models, transaction
from django.utils import timezone

from campaigns.doors import rehearsals_to_clear
from campaigns.engine.horizon import close
from campaigns.models import Campaign, Counter, Recipient, Rehearsal, Status
from campaigns.rehearsal.results import ENDED, result_of
from campaigns.services import cancel_campaign
from channels.models import Channel, DailyLimit, DirectCost, Media, WhatsAppAccount
from conversations.charges import give_back
from conversations.models import Contact, Conversation, Customer, Message, SavedReply
from templates_app.models import Template
from tenants.errors import WrongStatus
from tenants.models import Tenant
from tenants.scopes import tenant_scope

log = structlog.get_logger(__name__)
KEPT = timedelta(days=7)
UNTOUCHED = frozenset({Status.DRAFT, Status.SCHEDULED, Status.MISSED})


def clear_rehearsals(kept: timedelta = KEPT) -> int:
    """Delete the copies of everything rehearsed longer ago than `kept`. Returns how many rehearsals that were.

    One that is still being sent is cancelled, and goes the next time.
    """
    return sum(_clear(tenant_id, pk) for tenant_id, pk in rehearsals_to_clear(kept))


def _clear(tenant_id: int, pk: int) -> bool:
    real = Tenant.objects.get(pk=tenant_id)
    with tenant_scope(real):
        rehearsal = Rehearsal.objects.get(pk=pk)
        result = result_of(rehearsal)
    team = Tenant.objects.get(rehearses=real)
    with tenant_scope(team), transaction.atomic():
        if not _remove(team, rehearsal):
            return False
    with tenant_scope(real):
        Rehearsal.objects.filter(pk=pk).update(
            result=result.as_dict(), cleared_at=timezone.now(), channels=[], files=[]
        )
    return True


def _remove(team: Tenant, rehearsal: Rehearsal) -> bool:
    """Whether all of it is gone. Sent by hand over the same channels, a retry for one, goes with it."""
    channels = Channel.objects.filter(pk__in=rehearsal.channels)
    there = Counter.objects.filter(channel__in=channels).values("campaign")
    campaigns = (
        Campaign.objects.filter(pk__in=there) | Campaign.objects.filter(number=rehearsal.copy)
    ).distinct()
    if _stop(campaigns.exclude(status__in=ENDED | UNTOUCHED)):
        return False
    for campaign in campaigns.order_by("-pk"):  # a retry before what it repeats
        close(team.pk, campaign.pk)
        Recipient.objects.filter(campaign=campaign).delete()
        campaign.delete()
    _remove_people(channels)
    accounts = list(channels.exclude(whatsapp_account=None).values_list("whatsapp_account", flat=True))
    DailyLimit.objects.filter(channels__overlap=rehearsal.channels).delete()
    channels.delete()
    DirectCost.objects.filter(account__in=accounts).delete()
    Template.objects.filter(account__in=accounts).delete()
    WhatsAppAccount.objects.filter(pk__in=accounts).delete()
    kept = SavedReply.objects.exclude(media=None).values("media")
    Media.objects.filter(pk__in=rehearsal.files).exclude(pk__in=kept).delete()  # the bytes are the original's
    return True


def _stop(unfinished: models.QuerySet[Campaign]) -> int:
    """Cancel what is still on its way; returns how many there are."""
    for campaign in unfinished.select_related("created_by"):
        try:
            cancel_campaign(campaign, campaign.created_by)
        except WrongStatus:
            log.info("rehearsal_still_ending", campaign=campaign.pk)  # it is being cancelled already
    return unfinished.count()


def _remove_people(channels: models.QuerySet[Channel]) -> None:
    contacts = Contact.objects.filter(channel__in=channels)
    customers = list(contacts.values_list("customer_id", flat=True))
    for message in Message.objects.filter(contact__in=contacts, price__gt=0, charge__isnull=True):
        give_back(message)
    Message.objects.filter(contact__in=contacts).delete()
    Conversation.objects.filter(contact__in=contacts).delete()
    contacts.exclude(merged_into=None).delete()
    contacts.delete()
    Customer.objects.filter(pk__in=customers, contacts=None).delete()

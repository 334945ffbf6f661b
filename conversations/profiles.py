"""Asking who a new contact is, where messages carry no name (LINE)."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from channels.adapters.base import CallFailed
from channels.profiles import fetch_profile
from conversations import doors
from conversations.models import Contact
from conversations.slices import Slice, lease_seconds, run_slice
from tenants.live import publish
from tenants.models import Tenant

BATCH = 10
GIVE_UP = timedelta(hours=1)  # after the contact appeared


def fetch_due_profiles() -> bool:
    """Ask for the names that are due; returns whether there may be more."""
    return run_slice(doors.tenants_with_due_profiles, _fetch_some)


def _fetch_some(tenant: Tenant, run: Slice) -> int:
    for number, contact in enumerate(contacts := _lease()):
        if run.is_over:
            return number
        _fetch(contact)
    if contacts:
        publish(tenant.pk, "inbox")
    return len(contacts)


@transaction.atomic
def _lease() -> list[Contact]:
    """Put the next try off before trying: whoever dies in between has only delayed it."""
    due = Contact.objects.filter(profile_due_at__lte=timezone.now()).order_by("profile_due_at")
    rows = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
    found = list(rows.select_related("customer", "channel__meta_app")[:BATCH])
    again = timezone.now() + timedelta(seconds=lease_seconds())
    Contact.objects.filter(pk__in=[contact.pk for contact in found]).update(profile_due_at=again)
    return found


def _fetch(contact: Contact) -> None:
    customer = contact.customer
    try:
        profile = fetch_profile(contact.channel, contact.address)
    except CallFailed as error:
        if error.outcome.final or timezone.now() - contact.created_at > GIVE_UP * settings.ENGINE_TIME_SCALE:
            Contact.objects.filter(pk=contact.pk).update(profile_due_at=None)
        return
    if not customer.name:
        customer.name, customer.language = profile.name[:120], customer.language or profile.language[:10]
        customer.save(update_fields=["name", "language"])
    Contact.objects.filter(pk=contact.pk).update(profile_due_at=None)

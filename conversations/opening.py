"""Opening a conversation when a customer writes, and whose it becomes (D-19)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from conversations.hooks import hooks
from conversations.models import Contact, Conversation, ConversationStatus
from tenants.models import Member, Tenant
from tenants.numbers import next_number
from tenants.roles import Permission

CAMPAIGN_MEMORY = timedelta(days=7)  # how long an answer goes to the sender of the broadcast


def open_conversations(
    tenant: Tenant, contacts: Mapping[int, Contact], first_at: Mapping[int, datetime]
) -> dict[int, Conversation]:
    """The open conversation of every contact, by contact id, locked; a new one where there is none.

    `contacts` and `first_at` (the first new message) are by contact id; the contacts are locked already, so
    nobody else opens one meanwhile.
    """
    rows = Conversation.objects.open().filter(contact__in=contacts).order_by("pk")
    found = {row.contact_id: row for row in rows.select_for_update(no_key=True)}
    missing = [contact for pk, contact in contacts.items() if pk not in found]
    if missing:
        found |= _open(tenant, missing, first_at)
    return found


def _open(
    tenant: Tenant, contacts: list[Contact], first_at: Mapping[int, datetime]
) -> dict[int, Conversation]:
    assignees = _assignees(tenant, contacts, max(first_at.values()))
    number = next_number(tenant.pk, "conversation", len(contacts))
    rows = [
        Conversation(
            tenant=tenant,
            number=number + offset,
            customer=contact.customer,
            contact=contact,
            channel_id=contact.channel_id,
            assignee=assignees.get(contact.pk),
            status=ConversationStatus.IN_PROGRESS if contact.pk in assignees else ConversationStatus.PENDING,
            last_message_at=first_at[contact.pk],
        )
        for offset, contact in enumerate(sorted(contacts, key=lambda contact: first_at[contact.pk]))
    ]
    return {row.contact_id: row for row in Conversation.objects.bulk_create(rows)}


def _assignees(tenant: Tenant, contacts: list[Contact], at: datetime) -> dict[int, Member]:
    """The bound member, else the sender of a recent broadcast; only who still works here and may answer."""
    bound = {contact.pk: contact.customer.bound_to_id for contact in contacts}
    free = [pk for pk, member_id in bound.items() if member_id is None]
    chosen: dict[int, int] = {pk: member_id for pk, member_id in bound.items() if member_id is not None}
    if free:
        chosen |= hooks.recent_senders(tenant, free, at - CAMPAIGN_MEMORY)
    members = Member.objects.in_bulk(set(chosen.values()))
    able = {pk: member for pk, member in members.items() if member.may(Permission.REPLY)}
    return {pk: able[member_id] for pk, member_id in chosen.items() if member_id in able}

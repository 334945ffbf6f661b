"""What became of what we sent, as providers report it: early, late, twice, in any order.

Delivered and read beat failed; failed beats accepted; nothing steps back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from channels.adapters.base import Delivery, Echo, Reason, StatusChange
from channels.models import Channel
from conversations.models import (
    Author,
    Contact,
    Conversation,
    Direction,
    Message,
    MessageStatus,
    is_message,
)
from tenants.live import publish
from tenants.models import Tenant

PROGRESS = ["status", "sent_at", "delivered_at", "read_at", "failed_at", "reason", "provider_code"]
SENDING_SIDE = ["provider_id", "due_at", "leased_until"]


@transaction.atomic
def apply_status_changes(
    tenant: Tenant, channel: Channel, events: Sequence[StatusChange]
) -> list[StatusChange]:
    """Move the replies of `channel` forward; returns the events that are about none of them."""
    messages = _matching(channel, events)
    unmatched: list[StatusChange] = []
    for event in events:
        message = messages.get(event.opaque_id) or messages.get((event.recipient, event.provider_id))
        if message is None:
            unmatched.append(event)
            continue
        message.provider_id = message.provider_id or event.provider_id
        _advance(message, event)
    touched = {message.pk: message for message in messages.values()}
    Message.objects.bulk_update(touched.values(), PROGRESS + SENDING_SIDE)
    for number in {message.conversation.number for message in touched.values()}:
        publish(tenant.pk, f"conversation-{number}")
    return unmatched


@transaction.atomic
def apply_echoes(tenant: Tenant, channel: Channel, events: Sequence[Echo]) -> int:
    """Show what staff wrote in the phone app, in the contact's latest conversation; returns how many were new.

    An echo of something sent from here only proves that it left. A contact without any conversation has no
    thread to show it in: what was said before the customer wrote to us stays in the app (S4-17).
    """
    ours = [event for event in events if event.opaque_id]
    elsewhere = {event.provider_id: event for event in events if not event.opaque_id}
    for message in Message.objects.select_for_update().filter(opaque_id__in=[e.opaque_id for e in ours]):
        event = next(event for event in ours if event.opaque_id == message.opaque_id)
        message.provider_id = message.provider_id or event.provider_id
        _settle(message, "sent_at", event.at)
        message.save(update_fields=PROGRESS + SENDING_SIDE)
    threads = _latest_conversations(channel, list(elsewhere.values()))
    _drop_stored(elsewhere, threads)
    new = [(threads[event.recipient], event) for event in elsewhere.values() if event.recipient in threads]
    new.sort(key=lambda pair: pair[1].at)
    Message.objects.bulk_create(_from_app(conversation, event) for conversation, event in new)
    for conversation, event in new:
        conversation.note_last(event.text, author=Author.BUSINESS_APP, kind=event.kind, at=event.at)
    touched = {conversation.pk: conversation for conversation, _event in new}
    fields = ["last_message_at", "last_message_text", "last_message_author", "last_message_kind"]
    Conversation.objects.bulk_update(touched.values(), fields)
    for conversation in touched.values():
        publish(tenant.pk, f"conversation-{conversation.number}")
    if touched:
        publish(tenant.pk, "inbox")
    return len(new)


def _matching(channel: Channel, events: Sequence[StatusChange]) -> dict[str | tuple[str, str], Message]:
    """Locked, by opaque id and by (address or phone, provider id)."""
    candidates = [event for event in events if not event.opaque_id or is_message(event.opaque_id)]
    people = {event.recipient for event in candidates if event.recipient}
    reached = Contact.objects.filter(Q(address__in=people) | Q(phone__in=people), channel=channel)
    by_opaque_id = Q(opaque_id__in={event.opaque_id for event in candidates if event.opaque_id})
    by_provider_id = Q(
        contact__in=list(reached.values_list("pk", flat=True)) if people else [],
        provider_id__in={event.provider_id for event in candidates if event.provider_id},
    )
    rows = (
        Message.objects.select_for_update(of=("self",))
        .filter(by_opaque_id | by_provider_id, direction=Direction.OUT)
        .select_related("contact", "conversation")
        .order_by("pk")
    )
    found: dict[str | tuple[str, str], Message] = {}
    for message in rows:
        if message.opaque_id:
            found[message.opaque_id] = message
        if message.provider_id:
            found[message.contact.phone, message.provider_id] = message
            found[message.contact.address, message.provider_id] = message
    return found


def _advance(message: Message, event: StatusChange) -> None:
    match event.status:
        case Delivery.READ:
            message.delivered_at = message.delivered_at or event.at
            _settle(message, "read_at", event.at)
        case Delivery.DELIVERED:
            _settle(message, "delivered_at", event.at)
        case Delivery.FAILED:
            if message.delivered_at is None and message.failed_at is None:
                message.reason = event.reason or Reason.UNEXPECTED_RESPONSE
                message.provider_code = event.provider_code
            _settle(message, "failed_at", event.at)
        case Delivery.SENT:
            _settle(message, "sent_at", event.at)


def _settle(message: Message, moment: str, at: datetime) -> None:
    """Note a moment, once; a report proves that the provider has the message, so there is nothing left to send."""
    if getattr(message, moment) is None:
        setattr(message, moment, at)
    message.due_at = message.leased_until = None
    if message.read_at:
        message.status = MessageStatus.READ
    elif message.delivered_at:
        message.status = MessageStatus.DELIVERED
    elif message.failed_at:
        message.status = MessageStatus.FAILED
    else:
        message.status = MessageStatus.ACCEPTED
    if message.delivered_at:
        message.reason = message.provider_code = ""


def _latest_conversations(channel: Channel, events: Sequence[Echo]) -> dict[str, Conversation]:
    """By the name the echo gives the person; the open conversation, else the one last ended. Locked."""
    people = {event.recipient for event in events}
    contacts = Contact.objects.filter(Q(address__in=people) | Q(phone__in=people), channel=channel)
    latest = (
        Conversation.objects.filter(contact__in=contacts)
        .order_by("contact", "-number")
        .distinct("contact")
        .values("pk")
    )
    rows = Conversation.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=latest)
    found: dict[str, Conversation] = {}
    for conversation in rows.select_related("contact").order_by("pk"):
        found[conversation.contact.phone] = conversation
        found[conversation.contact.address] = conversation
    return found


def _drop_stored(echoes: dict[str, Echo], threads: dict[str, Conversation]) -> None:
    """Forget echoes of messages that are stored already."""
    contacts = {conversation.contact_id for conversation in threads.values()}
    stored = Message.objects.filter(contact__in=contacts, provider_id__in=list(echoes))
    for provider_id in stored.values_list("provider_id", flat=True):
        echoes.pop(provider_id, None)


def _from_app(conversation: Conversation, event: Echo) -> Message:
    return Message(
        tenant_id=conversation.tenant_id,
        conversation=conversation,
        contact=conversation.contact,
        direction=Direction.OUT,
        author=Author.BUSINESS_APP,
        kind=event.kind,
        text=event.text,
        provider_id=event.provider_id,
        status=MessageStatus.ACCEPTED,
        at=event.at,
        sent_at=event.at,
    )

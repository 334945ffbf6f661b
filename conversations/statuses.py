"""What became of what we sent, as providers report it: early, late, twice, in any order.

Delivered and read beat failed; failed beats accepted; nothing steps back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from billing.services import End
from channels.adapters.base import Delivery, ReadUpTo, Reason, StatusChange
from channels.models import Channel
from conversations import charges
from conversations.models import Contact, Direction, Message, MessageStatus, is_message
from tenants.live import publish
from tenants.models import Tenant

PROGRESS = ["status", "sent_at", "delivered_at", "read_at", "failed_at", "reason", "provider_code"]
SENDING_SIDE = ["provider_id", "due_at", "leased_until"]
CLOCKS = timedelta(seconds=5)  # by which ours and the provider's may differ
# Perhaps with the provider, its own time of sending perhaps still to come by an echo.
ON_THE_WAY = frozenset({MessageStatus.SENDING, MessageStatus.UNCONFIRMED, MessageStatus.ACCEPTED})


@transaction.atomic(savepoint=False)  # the caller's undoes all of it anyway
def apply_status_changes(
    tenant: Tenant, channel: Channel, events: Sequence[StatusChange]
) -> list[StatusChange]:
    """Move the replies of `channel` forward; returns the events that are about none of them."""
    messages = _matching(channel, events)
    if not messages:
        return list(events)  # a campaign's, by the thousand
    unmatched: list[StatusChange] = []
    ended: list[tuple[Message, End, int]] = []
    for event in events:
        message = messages.get(event.opaque_id) or messages.get((event.recipient, event.provider_id))
        if message is None:
            unmatched.append(event)
            continue
        message.provider_id = message.provider_id or event.provider_id
        if event.status is Delivery.FAILED and message.delivered_at is None and message.failed_at is None:
            message.reason = event.reason or Reason.UNEXPECTED_RESPONSE
            message.provider_code = event.provider_code
        advance(message, event.status, event.at)
        ended += [(message, end, amount) for end, amount in charges.note_report(message, event)]
    touched = {message.pk: message for message in messages.values()}
    charges.settle_messages(tenant, ended)
    Message.objects.bulk_update(
        touched.values(), PROGRESS + SENDING_SIDE + (charges.CHARGED if ended else [])
    )
    for number in {message.conversation.number for message in touched.values()}:
        publish(tenant.pk, f"conversation-{number}")
    return unmatched


@transaction.atomic
def apply_watermarks(tenant: Tenant, channel: Channel, events: Sequence[ReadUpTo]) -> list[ReadUpTo]:
    """Move replies forward that were sent up to a time; returns the events that may cover one still on its way."""
    undecided: list[ReadUpTo] = []
    touched: dict[int, Message] = {}
    rows = _unread(channel, events)
    for event in sorted(events, key=lambda event: event.at):
        for message in rows.get(event.sender, ()):
            if message.sent_at is not None and message.sent_at <= event.up_to:
                advance(message, event.status, event.at)
                touched[message.pk] = message
            elif message.at <= event.up_to + CLOCKS and message.status in ON_THE_WAY:
                undecided.append(event)
                break
    Message.objects.bulk_update(touched.values(), PROGRESS + SENDING_SIDE)
    for number in {message.conversation.number for message in touched.values()}:
        publish(tenant.pk, f"conversation-{number}")
    return undecided


def _unread(channel: Channel, events: Sequence[ReadUpTo]) -> dict[str, list[Message]]:
    """What was sent to each person and is not known as read, locked."""
    rows = (
        Message.objects.select_for_update(of=("self",))
        .filter(
            contact__channel=channel,
            contact__address__in={event.sender for event in events},
            direction=Direction.OUT,
            read_at=None,
            at__lte=max(event.up_to for event in events) + CLOCKS,
        )
        .select_related("contact", "conversation")
        .order_by("pk")
    )
    found: dict[str, list[Message]] = {}
    for message in rows:
        found.setdefault(message.contact.address, []).append(message)
    return found


def _matching(channel: Channel, events: Sequence[StatusChange]) -> dict[str | tuple[str, str], Message]:
    """Locked, by opaque id and by (address or phone, provider id)."""
    candidates = [event for event in events if not event.opaque_id or is_message(event.opaque_id)]
    if not candidates:
        return {}
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
        .select_related("contact", "conversation__channel__tenant")
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


def advance(message: Message, status: Delivery, at: datetime) -> None:
    """Note on the row in hand what a provider reports of it."""
    match status:
        case Delivery.READ:
            message.delivered_at = message.delivered_at or at
            _settle(message, "read_at", at)
        case Delivery.DELIVERED:
            _settle(message, "delivered_at", at)
        case Delivery.FAILED:
            _settle(message, "failed_at", at)
        case Delivery.SENT:
            _settle(message, "sent_at", at)


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

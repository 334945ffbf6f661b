"""What the business itself wrote, as the provider shows it to us again: here, in the phone app, in the Page's inbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, Delivery, Echo, Idempotency
from channels.models import Channel
from conversations.models import (
    Author,
    Contact,
    Conversation,
    Direction,
    Message,
    MessageStatus,
)
from conversations.statuses import CLOCKS, PROGRESS, SENDING_SIDE, advance
from tenants.live import publish
from tenants.models import Tenant

LATE = timedelta(minutes=10)  # an echo in doubt comes within seconds of the message
LAST_LINE = ["last_message_at", "last_message_text", "last_message_author", "last_message_kind"]


@transaction.atomic
def apply_echoes(tenant: Tenant, channel: Channel, events: Sequence[Echo]) -> list[Echo]:
    """Settle the replies these are, and show what was written elsewhere in the contact's latest conversation.

    Returns the echoes that may be of a reply whose answer is still to come. A contact without any conversation has no
    thread to show it in: what was said before the customer wrote to us stays in the app (S4-17).
    """
    left, undecided = _settle_ours(channel, events)
    elsewhere = {event.provider_id: event for event in left}
    threads = _latest_conversations(channel, left)
    _drop_stored(elsewhere, threads)
    new = [(threads[event.recipient], event) for event in elsewhere.values() if event.recipient in threads]
    new.sort(key=lambda pair: pair[1].at)
    Message.objects.bulk_create(_from_app(conversation, event) for conversation, event in new)
    for conversation, event in new:
        conversation.note_last(event.text, author=Author.BUSINESS_APP, kind=event.kind, at=event.at)
    touched = {conversation.pk: conversation for conversation, _event in new}
    Conversation.objects.bulk_update(touched.values(), LAST_LINE)
    for conversation in touched.values():
        publish(tenant.pk, f"conversation-{conversation.number}")
    if touched:
        publish(tenant.pk, "inbox")
    return undecided


def _settle_ours(channel: Channel, events: Sequence[Echo]) -> tuple[list[Echo], list[Echo]]:
    """Those that are no reply of ours, and those that cannot be told yet."""
    replies = _replies(channel, events)
    anonymous = ADAPTERS[ChannelKind(channel.kind)].spec.idempotency is Idempotency.NONE
    meant = {
        event.event_id: _meant(event, replies.get(event.recipient, []), guess=anonymous) for event in events
    }
    claimed = Counter(message.pk for message in meant.values() if message)
    left: list[Echo] = []
    undecided: list[Echo] = []
    for event in events:
        message = meant[event.event_id]
        if message is not None and (message.opaque_id == event.opaque_id or claimed[message.pk] == 1):
            message.provider_id = message.provider_id or event.provider_id
            advance(message, Delivery.SENT, event.at)
            message.sent_at = event.at  # the provider's own time, which watermarks are measured by
            message.save(update_fields=PROGRESS + SENDING_SIDE)
        elif anonymous and _any_sending(replies.get(event.recipient, [])):
            undecided.append(event)
        else:
            left.append(event)
    return left, undecided


def _replies(channel: Channel, events: Sequence[Echo]) -> dict[str, list[Message]]:
    """Replies an echo may be of, by the name it gives the person. Locked."""
    people = {event.recipient for event in events}
    named = Q(opaque_id__in={event.opaque_id for event in events if event.opaque_id})
    named |= Q(provider_id__in={event.provider_id for event in events})
    on_the_way = Q(status__in=[MessageStatus.SENDING, MessageStatus.UNCONFIRMED])
    rows = (
        Message.objects.select_for_update(of=("self",))
        .filter(named | on_the_way, contact__in=_contacts(channel, people), direction=Direction.OUT)
        .select_related("contact")
        .order_by("pk")
    )
    found: dict[str, list[Message]] = {}
    for message in rows:
        for name in {message.contact.address, message.contact.phone} & people:
            found.setdefault(name, []).append(message)
    return found


def _meant(event: Echo, replies: Sequence[Message], *, guess: bool) -> Message | None:
    """The reply an echo names, by our id or the provider's; with `guess`, the only one in doubt it can be."""
    for message in replies:
        if event.opaque_id and message.opaque_id == event.opaque_id:
            return message
        if message.provider_id == event.provider_id and message.author != Author.BUSINESS_APP:
            return message
    if not guess or _any_sending(replies):
        return None
    alike = [message for message in replies if _in_doubt(message, event)]
    return alike[0] if len(alike) == 1 else None


def _any_sending(replies: Sequence[Message]) -> bool:
    return any(message.status == MessageStatus.SENDING for message in replies)


def _in_doubt(message: Message, event: Echo) -> bool:
    return (
        message.status == MessageStatus.UNCONFIRMED
        and not message.provider_id
        and (message.kind, message.text.strip()) == (event.kind, event.text.strip())
        and -CLOCKS <= event.at - message.at <= LATE
    )


def _contacts(channel: Channel, people: set[str]) -> list[int]:
    known = Contact.objects.filter(Q(address__in=people) | Q(phone__in=people - {""}), channel=channel)
    return list(known.values_list("pk", flat=True))


def _latest_conversations(channel: Channel, events: Sequence[Echo]) -> dict[str, Conversation]:
    """By the name the echo gives the person; the open conversation, else the one last ended. Locked."""
    people = {event.recipient for event in events}
    latest = (
        Conversation.objects.filter(contact__in=_contacts(channel, people))
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

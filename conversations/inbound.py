"""What customers and providers tell us, applied in batches: in any order, twice, early or late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from channels.adapters.base import ContactChange, InboundMessage, MessageWithdrawn
from channels.models import Channel
from conversations import contacts, windows
from conversations.contacts import Person
from conversations.hooks import hooks
from conversations.models import (
    Author,
    Contact,
    Conversation,
    Customer,
    Direction,
    Message,
    MessageStatus,
    OptOutSource,
)
from conversations.opening import open_conversations
from conversations.preferences import Preference, opt_in, opt_out, wish_of
from conversations.sessions import extend_sessions
from conversations.tasks import fetch_missing
from tenants.doorbell import ring_on_commit
from tenants.live import publish
from tenants.models import Tenant

CLOCK = ["last_inbound_at", "window_closes_at", "phone"]
WISHES = ["opted_out_at", "opt_out_source", "preference_at"]
LAST_LINE = ["last_message_at", "last_message_text", "last_message_author", "last_message_kind", "unread"]


@dataclass(frozen=True)
class Arrival:
    """One message that is new to us, with whom it is from."""

    event: InboundMessage
    contact: Contact


@transaction.atomic
def receive_messages(
    tenant: Tenant, channel: Channel, events: Sequence[InboundMessage]
) -> dict[int, datetime]:
    """Store what customers wrote on `channel`; returns contact id: time of the latest message that was new.

    Each provider id counts once. The customer's message sets the session clock and the reply window, never
    back; opens a conversation where none is open; opts the contact out or in when it is one of the words.
    """
    people = (Person(event.sender, event.phone, event.profile_name) for event in events)
    found = contacts.find_or_create(channel, people)
    arrivals = _unseen([Arrival(event, found[event.sender]) for event in events])
    if not arrivals:
        return {}
    conversations = _store(tenant, arrivals)
    _move_clocks(channel, arrivals)
    replies = {arrival.contact.pk: arrival.event.at for arrival in arrivals}
    hooks.customers_replied(tenant, replies)
    ring_on_commit(fetch_missing)
    for conversation in conversations:
        publish(tenant.pk, f"conversation-{conversation.number}")
    publish(tenant.pk, "inbox")
    return replies


@transaction.atomic
def apply_contact_changes(tenant: Tenant, channel: Channel, events: Iterable[ContactChange]) -> None:
    """Blocking and stopping marketing opt a contact out by themselves; their opposites lift what they set."""
    ordered = sorted(events, key=lambda event: event.at)
    for event in ordered:
        if event.change == "address_changed" and event.new_address:
            contacts.move_address(channel, event.sender, event.new_address)
    wishes = [event for event in ordered if event.change in OPTING_OUT or event.change in OPTING_IN]
    found = contacts.find_or_create(channel, (Person(event.sender, event.phone) for event in wishes))
    for event in wishes:
        contact = found[event.sender]
        if event.change in OPTING_OUT:
            opt_out(contact, OPTING_OUT[event.change], event.at)
        else:
            opt_in(contact, OPTING_IN[event.change], event.at)
    Contact.objects.bulk_update({contact.pk: contact for contact in found.values()}.values(), WISHES)
    if wishes:
        publish(tenant.pk, "inbox")


OPTING_OUT = {"blocked": OptOutSource.BLOCKED, "marketing_stopped": OptOutSource.PROVIDER}
OPTING_IN = {
    "followed": frozenset({OptOutSource.BLOCKED}),
    "marketing_resumed": frozenset({OptOutSource.PROVIDER, OptOutSource.KEYWORD}),
}


@transaction.atomic
def apply_withdrawals(
    tenant: Tenant, channel: Channel, events: Sequence[MessageWithdrawn]
) -> list[MessageWithdrawn]:
    """What customers took back is shown no more, only that it was; returns the events about messages unknown."""
    found = contacts.find_or_create(channel, (Person(event.sender) for event in events), create=False)
    unmatched: list[MessageWithdrawn] = []
    for event in events:
        contact = found.get(event.sender)
        named = Q(provider_id=event.provider_id) | Q(provider_id__startswith=f"{event.provider_id}:")
        rows = Message.objects.filter(named, contact=contact).select_related("conversation")
        messages = list(rows.select_for_update(of=("self",)).order_by("pk")) if contact else []
        if not messages:
            unmatched.append(event)
        for message in messages:
            _withdraw(message)
    return unmatched


def _withdraw(message: Message) -> None:
    conversation = message.conversation
    if conversation.last_message_at == message.at:
        Conversation.objects.filter(pk=conversation.pk).update(
            last_message_text="", last_message_kind=WITHDRAWN
        )
    message.kind, message.text, message.media, message.media_source = WITHDRAWN, "", None, None
    message.due_at = None
    message.save(update_fields=["kind", "text", "media", "media_source", "due_at"])
    publish(message.tenant_id, f"conversation-{conversation.number}")


WITHDRAWN = "withdrawn"


def _unseen(arrivals: list[Arrival]) -> list[Arrival]:
    """By time, without what is stored already or stands twice in the batch. The contacts are locked."""
    stored = set(
        Message.objects.filter(
            contact__in={arrival.contact.pk for arrival in arrivals},
            provider_id__in={arrival.event.provider_id for arrival in arrivals},
        ).values_list("contact_id", "provider_id")
    )
    fresh: dict[tuple[int, str], Arrival] = {}
    for arrival in sorted(arrivals, key=lambda arrival: arrival.event.at):
        key = (arrival.contact.pk, arrival.event.provider_id)
        if key not in stored:
            fresh.setdefault(key, arrival)
    return list(fresh.values())


def _store(tenant: Tenant, arrivals: list[Arrival]) -> list[Conversation]:
    """Messages, sessions and the last line of each conversation; `arrivals` are by time."""
    first_at: dict[int, datetime] = {}
    for arrival in arrivals:
        first_at.setdefault(arrival.contact.pk, arrival.event.at)
    writing = {arrival.contact.pk: arrival.contact for arrival in arrivals}
    by_contact = open_conversations(tenant, writing, first_at)
    times: dict[int, list[datetime]] = defaultdict(list)
    for arrival in arrivals:
        conversation, event = by_contact[arrival.contact.pk], arrival.event
        conversation.note_last(event.text, author=Author.CUSTOMER, kind=event.kind, at=event.at)
        conversation.unread += 1
        times[conversation.pk].append(event.at)
    Message.objects.bulk_create(_message(by_contact[a.contact.pk], a) for a in arrivals)
    conversations = {row.pk: row for row in by_contact.values()}
    extend_sessions(conversations, times)
    Conversation.objects.bulk_update(conversations.values(), LAST_LINE)
    return list(conversations.values())


def _message(conversation: Conversation, arrival: Arrival) -> Message:
    event = arrival.event
    return Message(
        tenant_id=conversation.tenant_id,
        conversation=conversation,
        contact=arrival.contact,
        direction=Direction.IN,
        author=Author.CUSTOMER,
        kind=event.kind,
        text=event.text or event.payload,
        media_source=asdict(event.media) if event.media else None,
        due_at=timezone.now() if event.media else None,
        reply_token=event.reply_token,
        provider_id=event.provider_id,
        quoted_provider_id=event.quoted_provider_id,
        status=MessageStatus.RECEIVED,
        at=event.at,
    )


def _move_clocks(channel: Channel, arrivals: list[Arrival]) -> None:
    """Session clock, reply window, and what the words of the message ask for."""
    window = windows.window_of(channel.kind)
    touched: dict[int, Contact] = {}
    for arrival in arrivals:
        contact, event = arrival.contact, arrival.event
        touched[contact.pk] = contact
        contact.phone = contact.phone or event.phone
        if contact.last_inbound_at is None or event.at > contact.last_inbound_at:
            contact.last_inbound_at = event.at
        if window is not None and event.opens_window:
            closes_at = event.at + window
            contact.window_closes_at = max(contact.window_closes_at or closes_at, closes_at)
        wish = wish_of(event.text, channel.kind)
        if wish is Preference.OUT:
            opt_out(contact, OptOutSource.KEYWORD, event.at)
        elif wish is Preference.IN:
            opt_in(contact, frozenset(OptOutSource), event.at)
    Contact.objects.bulk_update(touched.values(), [*CLOCK, *WISHES])
    _name_customers(arrivals)


def _name_customers(arrivals: list[Arrival]) -> None:
    """Customers without a name take the one their profile shows; a name given by a member stays."""
    named: dict[int, Customer] = {}
    for arrival in arrivals:
        customer = arrival.contact.customer
        if not customer.name and arrival.event.profile_name:
            customer.name = arrival.event.profile_name[:120]
            named[customer.pk] = customer
    Customer.objects.bulk_update(named.values(), ["name"])

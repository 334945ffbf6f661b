"""Whose address is this? Contacts found, made, re-addressed and merged, many at a time.

WhatsApp names a person by a business-scoped user id, by a phone number, or by both
(https://developers.facebook.com/docs/whatsapp/business-scoped-user-ids). Who was known by number alone takes
the user id as soon as an event carries both; if both were known as two people, they become one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from channels.adapters.base import ChannelKind
from channels.models import Channel
from channels.profiles import has_profiles
from conversations.markets import market_of
from conversations.models import Contact, Conversation, ConversationStatus, Customer, Message


@dataclass(frozen=True)
class Person:
    """Someone as an event names them; `address` is what replies go to, `phone` is +E.164 where known."""

    address: str
    phone: str = ""
    name: str = ""


def find_or_create(channel: Channel, people: Iterable[Person], *, create: bool = True) -> dict[str, Contact]:
    """The contacts of `people` by address, with their customers, locked until the transaction ends.

    Must run in a transaction. Unknown people get a contact and a customer of their own, or are left out
    when `create` is False.
    """
    wanted = _once_each(people)
    found = _find(channel, wanted)
    if any(_needs_writing(person, found) for person in wanted.values()):
        _lock_addresses(channel)
        found = _find(channel, wanted)
        for person in wanted.values():
            _join(person, found)
        if create:
            _create(channel, [person for address, person in wanted.items() if address not in found], found)
    return _locked(found)


def merge(keep: Contact, drop: Contact) -> None:
    """`drop` turned out to be `keep`: its conversations, clock and opt-out move over; its row stays, unused."""
    _merge_open_conversations(keep, drop)
    Conversation.objects.filter(contact=drop).update(contact=keep, customer=keep.customer)
    Message.objects.filter(contact=drop).update(contact=keep)
    keep.phone, keep.market = keep.phone or drop.phone, keep.market or drop.market
    keep.last_inbound_at = _later(keep.last_inbound_at, drop.last_inbound_at)
    keep.window_closes_at = _later(keep.window_closes_at, drop.window_closes_at)
    if keep.opted_out_at is None:
        keep.opted_out_at, keep.opt_out_source = drop.opted_out_at, drop.opt_out_source
    keep.preference_at = _later(keep.preference_at, drop.preference_at)
    keep.save()
    Contact.objects.filter(Q(pk=drop.pk) | Q(merged_into=drop)).update(merged_into=keep)
    _merge_customers(keep.customer, drop)


def move_address(channel: Channel, old: str, new: str) -> Contact | None:
    """The person at `old` is reached at `new` from now on. None where nobody is known at either address."""
    with transaction.atomic():
        _lock_addresses(channel)
        found = {contact.address: contact for contact in _rows(channel, [old, new], [])}
        before, after = found.get(old), found.get(new)
        if before is None or before.merged_into_id:
            return after
        if after is not None and after.pk != before.pk:
            merge(after, before)
            return after
        before.address = new
        if before.phone == old and new.startswith("+"):
            before.phone = new
        before.market = market_on(channel, before.address, before.phone)
        before.save(update_fields=["address", "phone", "market"])
        return before


def market_on(channel: Channel, address: str, phone: str) -> str:
    """Whose price a message to somebody on this channel has; "" where messages cost nothing."""
    return market_of(address, phone) if channel.kind == ChannelKind.WHATSAPP else ""


def _once_each(people: Iterable[Person]) -> dict[str, Person]:
    wanted: dict[str, Person] = {}
    for person in people:
        known = wanted.get(person.address, person)
        wanted[person.address] = Person(
            person.address, person.phone or known.phone, person.name or known.name
        )
    return wanted


def _rows(channel: Channel, addresses: Iterable[str], phones: Iterable[str]) -> list[Contact]:
    either = Q(address__in=list(addresses)) | Q(phone__in=list(phones))
    rows = Contact.objects.filter(either, channel=channel)
    return list(rows.select_related("merged_into", "customer").order_by("pk"))


def _find(channel: Channel, wanted: Mapping[str, Person]) -> dict[str, Contact]:
    """Known contacts by every name they go by: address, or a phone that names nobody else directly."""
    phones = {person.phone for person in wanted.values() if person.phone} | set(wanted)
    found: dict[str, Contact] = {}
    rows = _rows(channel, {*wanted, *phones}, phones)
    for contact in rows:
        if contact.phone and contact.merged_into_id is None:
            found[contact.phone] = contact
    for contact in rows:
        found[contact.address] = contact.merged_into or contact
    return found


def _needs_writing(person: Person, found: Mapping[str, Contact]) -> bool:
    return person.address not in found or _known_by_phone_alone(person, found) is not None


def _known_by_phone_alone(person: Person, found: Mapping[str, Contact]) -> Contact | None:
    """The contact that stands for this person's number only, while the event also tells the user id."""
    if person.phone in ("", person.address):
        return None
    contact = found.get(person.phone)
    return contact if contact is not None and contact.address == person.phone else None


def _join(person: Person, found: dict[str, Contact]) -> None:
    by_phone = _known_by_phone_alone(person, found)
    if by_phone is None:
        return
    by_id = found.get(person.address)
    if by_id is None:
        by_phone.address = person.address
        by_phone.save(update_fields=["address"])
        found[person.address] = by_phone
    else:
        merge(by_id, by_phone)
        found[person.phone] = by_id


def _create(channel: Channel, people: list[Person], found: dict[str, Contact]) -> None:
    customers = Customer.objects.bulk_create(
        Customer(tenant_id=channel.tenant_id, name=person.name[:120], phone=person.phone) for person in people
    )
    rows = [
        Contact(
            tenant_id=channel.tenant_id,
            channel=channel,
            customer=customer,
            address=person.address,
            phone=person.phone,
            market=market_on(channel, person.address, person.phone),
            profile_due_at=timezone.now() if not person.name and has_profiles(channel.kind) else None,
        )
        for person, customer in zip(people, customers, strict=True)
    ]
    for contact in Contact.objects.bulk_create(rows):
        found[contact.address] = contact


def _locked(found: Mapping[str, Contact]) -> dict[str, Contact]:
    ids = {contact.pk for contact in found.values()}
    # NO KEY: launching campaigns refer to these rows meanwhile and need not wait.
    rows = Contact.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids).order_by("pk")
    by_id = {contact.pk: contact for contact in rows.select_related("customer__bound_to")}
    return {address: by_id[contact.pk] for address, contact in found.items()}


def _lock_addresses(channel: Channel) -> None:
    """One at a time may add or move addresses of a channel; it is taken before any row lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('contacts of channel ' || %s, 0))", [channel.pk]
        )


def _merge_open_conversations(keep: Contact, drop: Contact) -> None:
    """At most one may stay open: the one last written in; the other ends, with its messages where they are."""
    both = list(
        Conversation.objects.open().filter(contact__in=[keep, drop]).order_by("-last_message_at", "-pk")
    )
    for older in both[1:]:
        older.status, older.ended_at = ConversationStatus.ENDED, older.last_message_at
        older.save(update_fields=["status", "ended_at"])


def _merge_customers(keep: Customer, drop: Contact) -> None:
    other = drop.customer
    if other.pk == keep.pk:
        return
    keep.name, keep.phone = keep.name or other.name, keep.phone or other.phone
    keep.bound_to = keep.bound_to or other.bound_to
    keep.tags = list(dict.fromkeys([*keep.tags, *other.tags]))
    keep.fields = other.fields | keep.fields
    keep.save()
    Contact.objects.filter(customer=other).update(customer=keep)
    Conversation.objects.filter(customer=other).update(customer=keep)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)

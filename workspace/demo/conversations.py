"""The planned chats as rows, in bulk: what the webhooks and replies of three weeks would have left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from campaigns.rehearsal.introducing import digits
from channels.adapters.base import ChannelKind
from channels.models import Channel, Media
from conversations.contacts import market_on
from conversations.models import (
    Author,
    Contact,
    Conversation,
    ConversationStatus,
    Customer,
    Direction,
    Message,
    MessageStatus,
    OptOutSource,
    Session,
)
from conversations.windows import window_of
from tenants.models import Member, Tenant
from tenants.numbers import next_number
from workspace.demo.accounts import line_id
from workspace.demo.script import FATEFUL, Chat, Said

SESSION = timedelta(hours=24)


@dataclass(frozen=True)
class Stored:
    """A chat and the rows it became."""

    chat: Chat
    conversation: Conversation


def store_chats(
    tenant: Tenant,
    chats: Sequence[Chat],
    channels: Sequence[Channel],
    members: Mapping[str, Member],
    pictures: Mapping[str, Media],
) -> list[Stored]:
    """Write customers, contacts, conversations, sessions and messages, inside the tenant's scope."""
    customers = Customer.objects.bulk_create(_customer(tenant, chat, members) for chat in chats)
    contacts = Contact.objects.bulk_create(
        _contact(customer, chat, channels[chat.group.account])
        for customer, chat in zip(customers, chats, strict=True)
    )
    first = next_number(tenant.pk, "conversation", len(chats))
    conversations = Conversation.objects.bulk_create(
        _conversation(contact, chat, first + place, members)
        for place, (contact, chat) in enumerate(zip(contacts, chats, strict=True))
    )
    stored = [Stored(chat, row) for chat, row in zip(chats, conversations, strict=True)]
    Session.objects.bulk_create(session for each in stored for session in _sessions(each))
    Message.objects.bulk_create(
        (message for each in stored for message in _messages(each, members, pictures)), batch_size=500
    )
    return stored


def _customer(tenant: Tenant, chat: Chat, members: Mapping[str, Member]) -> Customer:
    random = Random(f"customer {chat.serial}")  # noqa: S311
    bound = members.get(chat.group.assignee) if random.random() < 0.3 else None
    return Customer(
        tenant=tenant,
        name=chat.name,
        language=chat.language,
        phone=phone_of(chat, tenant),
        tags=list(chat.tags),
        bound_to=bound,
        created_at=chat.said[0].at,
    )


def phone_of(chat: Chat, tenant: Tenant) -> str:
    """A mobile number; it ends in the chat's fate, or in nothing the sandbox minds."""
    number = _digits_with_fate(f"{tenant.slug} {chat.serial}", 7, chat.fate)
    return f"+8529{number}" if chat.group.market == "hk" else f"+88692{number}"


def _digits_with_fate(seed: str, count: int, fate: str) -> str:
    for attempt in range(100):
        number = digits(f"{seed} {attempt}", count)
        if fate:
            return number[:-2] + fate
        if number[-2:] not in FATEFUL and number[-4] != "0":
            return number
    raise AssertionError("a hundred numbers in a row with a fate of their own")


def address_of(chat: Chat, channel: Channel) -> str:
    """What the customer is written to by: a user id on LINE, a number on WhatsApp, else an id of this account's."""
    seed = f"{channel.account_id} {chat.serial}"
    if channel.kind == ChannelKind.LINE:
        return line_id(seed)
    if channel.kind == ChannelKind.WHATSAPP:
        return phone_of(chat, channel.tenant)
    return _digits_with_fate(seed, 16, chat.fate)


def _contact(customer: Customer, chat: Chat, channel: Channel) -> Contact:
    last = max(said.at for said in chat.said if said.line.inbound)
    window = window_of(channel.kind)
    address = address_of(chat, channel)
    phone = customer.phone if channel.kind == ChannelKind.WHATSAPP else ""
    return Contact(
        tenant=customer.tenant,
        customer=customer,
        channel=channel,
        address=address,
        phone=phone,
        market=market_on(channel, address, phone),
        last_inbound_at=last,
        window_closes_at=None if window is None else last + window,
        opted_out_at=last if chat.opted_out else None,
        opt_out_source=OptOutSource.KEYWORD if chat.opted_out else "",
        preference_at=last if chat.opted_out else None,
        created_at=chat.said[0].at,
    )


def _conversation(contact: Contact, chat: Chat, number: int, members: Mapping[str, Member]) -> Conversation:
    ended = chat.group.status == ConversationStatus.ENDED
    last = chat.said[-1]
    unread = 0
    for said in reversed(chat.said):
        if not said.line.inbound or ended:
            break
        unread += 1
    row = Conversation(
        tenant=contact.tenant,
        number=number,
        customer=contact.customer,
        contact=contact,
        channel=contact.channel,
        assignee=members.get(chat.group.assignee),
        status=chat.group.status,
        unread=unread,
        created_at=chat.said[0].at,
        ended_at=last.at + timedelta(minutes=12) if ended else None,
    )
    author = Author.CUSTOMER if last.line.inbound else Author.MEMBER
    row.note_last(last.text, author=author, kind="image" if last.line.photo else "text", at=last.at)
    return row


def _sessions(stored: Stored) -> list[Session]:
    """Stretches of 24 hours that the customer's messages opened and prolonged."""
    found: list[Session] = []
    for said in stored.chat.said:
        if not said.line.inbound:
            continue
        if found and said.at < found[-1].closes_at:
            found[-1].closes_at = said.at + SESSION
            continue
        row = stored.conversation
        found.append(
            Session(tenant=row.tenant, conversation=row, opened_at=said.at, closes_at=said.at + SESSION)
        )
    return found


def _messages(stored: Stored, members: Mapping[str, Member], pictures: Mapping[str, Media]) -> list[Message]:
    chat, row = stored.chat, stored.conversation
    answering = members.get(chat.group.assignee) or next(iter(members.values()))
    return [
        _message(row, said, place, answering, pictures[chat.product.shape] if said.line.photo else None)
        for place, said in enumerate(chat.said)
    ]


def _message(row: Conversation, said: Said, place: int, answering: Member, media: Media | None) -> Message:
    inbound = said.line.inbound
    message = Message(
        tenant=row.tenant,
        conversation=row,
        contact=row.contact,
        direction=Direction.IN if inbound else Direction.OUT,
        author=Author.CUSTOMER if inbound else Author.MEMBER,
        member=None if inbound else answering,
        kind="image" if media else "text",
        text=said.text,
        media=media,
        provider_id=f"demo-{row.number}-{place}",
        status=MessageStatus.RECEIVED,
        at=said.at,
    )
    if not inbound:
        _report(message, said.at)
    return message


def _report(message: Message, at: datetime) -> None:
    """How far a reply came: LINE does not tell, the others report it read, Instagram without a delivery before."""
    kind = message.conversation.channel.kind
    message.sent_at = at + timedelta(seconds=1)
    message.status = MessageStatus.ACCEPTED
    if kind in (ChannelKind.WHATSAPP, ChannelKind.FACEBOOK):
        message.delivered_at = at + timedelta(seconds=3)
    if kind != ChannelKind.LINE:
        message.read_at = at + timedelta(seconds=41)
        message.status = MessageStatus.READ

"""A demo that is started again days later: customers whose reply window has closed meanwhile write again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from channels.adapters.base import ChannelKind, InboundMessage
from channels.models import Channel
from conversations.inbound import receive_messages
from conversations.models import Contact, Conversation
from tenants.models import Tenant
from workspace.demo.conversations import address_of
from workspace.demo.dialogues import LATEST
from workspace.demo.script import Chat

WRITTEN_WITHIN = timedelta(hours=9)


def write_again(tenant: Tenant, channels: Sequence[Channel], chats: Sequence[Chat], now: datetime) -> int:
    """One message of everybody whose window the plan left open and time has closed; returns how many.

    Goes the way of real messages, inside the tenant's scope. Chats that somebody ended stay ended.
    """
    written = 0
    for place, channel in enumerate(channels):
        if channel.kind == ChannelKind.LINE:
            continue  # has no window
        here = (chat for chat in chats if chat.group.account == place and not (chat.closed or chat.opted_out))
        written += _write_on(tenant, channel, {address_of(chat, channel): chat for chat in here}, now)
    return written


def _write_on(tenant: Tenant, channel: Channel, expected: Mapping[str, Chat], now: datetime) -> int:
    late = Contact.objects.filter(
        channel=channel, address__in=expected, window_closes_at__lte=now, opted_out_at=None
    )
    open_chats = Conversation.objects.in_progress().filter(contact__in=late).select_related("contact")
    events = [
        _message(channel, row.contact, expected[row.contact.address], now)
        for row in open_chats.order_by("contact")
    ]
    receive_messages(tenant, channel, events)
    return len(events)


def _message(channel: Channel, contact: Contact, chat: Chat, now: datetime) -> InboundMessage:
    random = Random(f"again {chat.serial} {now.date()}")  # noqa: S311  believable, not secret
    lines = (script[0].text for script in LATEST[chat.language] if "{" not in script[0].text)
    at = now - WRITTEN_WITHIN * random.uniform(0.01, 1)
    event_id = f"demo-again-{contact.pk}-{now:%Y%m%d%H%M%S}"
    return InboundMessage(
        account_id=channel.account_id,
        event_id=event_id,
        at=at,
        raw={},
        sender=contact.address,
        provider_id=event_id,
        text=random.choice(list(lines)),
        phone=contact.phone,
    )

"""The reply window: how long after a customer's message a plain message is allowed (D-6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind
from channels.models import Channel
from conversations.models import Contact


def window_of(kind: str) -> timedelta | None:
    """How long a customer's message keeps the window of such a channel open; None = it never closes."""
    adapter = ADAPTERS.get(ChannelKind(kind))
    hours = adapter.spec.window_hours if adapter else None
    return None if hours is None else timedelta(hours=hours)


def kinds_without_window() -> list[str]:
    return [kind.value for kind in ChannelKind if window_of(kind) is None]


def is_open(contact: Contact, kind: str, now: datetime) -> bool:
    """Whether a plain message to `contact`, on a channel of `kind`, is allowed at `now`."""
    if window_of(kind) is None:
        return True
    return contact.window_closes_at is not None and contact.window_closes_at > now


def is_open_to_members(contact: Contact, channel: Channel, now: datetime) -> bool:
    """Whether a member's own answer is allowed at `now`; a campaign or the bot has only `is_open`."""
    return is_open(contact, channel.kind, now) or needs_human_agent(contact, channel, now)


def needs_human_agent(contact: Contact, channel: Channel, now: datetime) -> bool:
    """Whether a member's own answer is allowed only as one of a person, marked as that."""
    adapter = ADAPTERS.get(ChannelKind(channel.kind))
    if adapter is None or not adapter.spec.human_hours or is_open(contact, channel.kind, now):
        return False
    app, wrote = channel.meta_app, contact.last_inbound_at
    until = wrote + timedelta(hours=adapter.spec.human_hours) if wrote else now
    return app is not None and app.human_agent and until > now


def open_at(now: datetime) -> Q:
    """Conversations whose window is open at `now`, those of channels without one included."""
    return Q(channel__kind__in=kinds_without_window()) | Q(contact__window_closes_at__gt=now)

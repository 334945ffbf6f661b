"""The reply window: how long after a customer's message a plain message is allowed (D-6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind
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


def open_at(now: datetime) -> Q:
    """Conversations whose window is open at `now`, those of channels without one included."""
    return Q(channel__kind__in=kinds_without_window()) | Q(contact__window_closes_at__gt=now)

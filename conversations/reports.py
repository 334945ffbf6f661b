"""Counts for the inbox: bounded, so that a tenant with a million conversations opens it as fast as one with ten."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Count

from channels.adapters.base import ChannelKind
from conversations.models import Conversation, ConversationQuerySet, ConversationStatus
from tenants.models import Member

MOST = 999  # a tab counts no further


def tab_counts(member: Member) -> dict[bool, dict[str, int]]:
    """Visible conversations by status, for mine (True) and for all I may see (False); MOST + 1 means "more"."""
    seen = Conversation.objects.visible_to(member)
    bounded = [
        seen.filter(status=status, **narrowed).order_by().values("status")[: MOST + 1]
        for narrowed in ({"assignee": member}, {})
        for status in ConversationStatus
    ]
    counts = iter([part.count() for part in bounded])
    return {mine: {status.value: next(counts) for status in ConversationStatus} for mine in (True, False)}


def counts_by_channel(conversations: ConversationQuerySet) -> Mapping[ChannelKind, int]:
    """How many there are on each kind of channel; kinds without any are left out."""
    rows = conversations.order_by().values_list("channel__kind").annotate(count=Count("pk"))
    return {ChannelKind(kind): count for kind, count in rows.order_by("channel__kind")}

"""Whom a broadcast is for, as the inbox hands it over and as the composer shows it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.audience import Audience, sendable_by
from campaigns.errors import EmptySelection
from channels.adapters.base import ChannelKind
from channels.models import KIND_LABELS
from conversations.filters import ConversationFilter
from tenants.errors import Invalid
from tenants.models import Member

OF_THE_PAGE = frozenset({"select", "cursor"})  # in the inbox's address, yet no conditions


@dataclass(frozen=True)
class Share:
    """How many chosen chats are on one kind of channel."""

    kind: str
    label: str
    count: int


@dataclass(frozen=True)
class Chosen:
    """A selection as people read it: "128 chats: LINE 60 · WhatsApp 68"."""

    total: int
    shares: list[Share]


def read_audience(form: QueryDict) -> Audience:
    """`conversations` holds chat numbers separated by commas, or `filter` the inbox's query string.

    Raises EmptySelection where both are missing, Invalid where they cannot be read.
    """
    if numbers := form.get("conversations", "").strip():
        try:
            return Audience.from_dict({"conversations": [int(number) for number in numbers.split(",")]})
        except ValueError as error:
            detail = _("Chat numbers are digits separated by commas.")
            raise Invalid(
                errors=[{"field": "audience.conversations", "code": "not_numbers", "detail": detail}]
            ) from error
    if "filter" in form:
        query = QueryDict(form.get("filter", ""))
        params = {name: value for name, value in query.items() if name not in OF_THE_PAGE}
        return Audience(filter=ConversationFilter.parse(params))
    raise EmptySelection


def describe(audience: Audience, member: Member) -> Chosen:
    """Count the chosen chats per kind of channel. Raises Invalid naming chats that cannot be sent to."""
    counts = (
        audience.conversations_for(member)
        .order_by()
        .values_list("channel__kind")
        .annotate(count=Count("pk"))
        .order_by("channel__kind")
    )
    shares = [Share(kind, str(KIND_LABELS[ChannelKind(kind)]), count) for kind, count in counts]
    return Chosen(sum(share.count for share in shares), shares)


def without_faulty(audience: Audience, member: Member) -> Audience:
    """The picked numbers that can still be sent to; a filter chooses anew by itself."""
    if audience.filter is not None:
        return audience
    good = set(sendable_by(member).filter(number__in=audience.numbers).values_list("number", flat=True))
    return Audience(numbers=tuple(number for number in audience.numbers if number in good))


def change_selection() -> str:
    """The inbox where one chooses for whom: own chats in progress, ready to select."""
    return f"{reverse('inbox:list')}?mine=true&status=in_progress&select=message"

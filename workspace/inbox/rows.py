"""The list of conversations, read in pages that stay right while rows come and go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations import windows
from conversations.filters import ConversationFilter
from conversations.models import Contact, Conversation, ConversationQuerySet, Message
from conversations.search import lines_with
from tenants.errors import Invalid

PAGE = 40
MOST_ROWS = 200  # of one answer, when an open list is brought up to date
SOON = timedelta(hours=2)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.get_fixed_timezone(0))
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class ReplyWindow:
    """What is left of a contact's reply window: `state` is "none" (no such window), "open", "soon" or "closed"."""

    state: str
    closes_at: datetime | None = None


@dataclass(frozen=True)
class Row:
    """`said` is the latest message with the words that were searched for."""

    conversation: Conversation
    window: ReplyWindow
    said: Message | None = None


@dataclass(frozen=True)
class Page:
    """Rows by last message, newest first; `next` is the cursor of what follows, "" at the end."""

    rows: Sequence[Row]
    next: str


def read_page(
    conversations: ConversationQuerySet, wanted: ConversationFilter, *, cursor: str = "", size: int = PAGE
) -> Page:
    """Up to `size` rows after `cursor` of what `wanted` found, with everything a row shows, in one query, or two where
    words were searched for. Raises Invalid."""
    ordered = conversations.order_by("-last_message_at", "-pk")
    if cursor:
        at, pk = _decode(cursor)
        ordered = ordered.filter(Q(last_message_at__lt=at) | Q(last_message_at=at, pk__lt=pk))
    # First which, then what a row shows of them: what many match must not be joined before it is cut.
    rows = Conversation.objects.filter(pk__in=wanted.first(ordered, size + 1))
    rows = rows.select_related("customer", "contact", "channel", "assignee")
    found = list(rows.order_by("-last_message_at", "-pk")[: size + 1])
    now = timezone.now()
    said = lines_with(wanted.q, found[:size], found[0].tenant_id) if wanted.q and found else {}
    shown = [
        Row(row, window_of(row.contact, row.channel.kind, now), said.get(row.pk)) for row in found[:size]
    ]
    return Page(shown, _encode(found[size - 1]) if len(found) > size else "")


def window_of(contact: Contact, kind: str, now: datetime) -> ReplyWindow:
    """The reply window of `contact`, on a channel of `kind`, as it stands at `now`."""
    if windows.window_of(kind) is None:
        return ReplyWindow("none")
    closes_at = contact.window_closes_at
    if closes_at is None or closes_at <= now:
        return ReplyWindow("closed", closes_at)
    return ReplyWindow("soon" if closes_at - now < SOON else "open", closes_at)


def _encode(row: Conversation) -> str:
    return f"{(row.last_message_at - EPOCH) // MICROSECOND}-{row.pk}"


def _decode(cursor: str) -> tuple[datetime, int]:
    try:
        at, pk = (int(part) for part in cursor.split("-"))
        return EPOCH + at * MICROSECOND, pk
    except (ValueError, OverflowError) as error:
        raise Invalid(_("This page of the list no longer exists. Start again from the top.")) from error

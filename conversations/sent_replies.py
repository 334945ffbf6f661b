"""How many messages members sent in chats, by day and member: replies, and templates sent one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from conversations.models import Author, Direction, Message, MessageStatus
from tenants.models import Member

SENT = [MessageStatus.ACCEPTED, MessageStatus.DELIVERED, MessageStatus.READ]


def sent_replies(
    since: datetime, until: datetime, by: Member | None = None
) -> Iterator[tuple[date, int, int]]:
    """(day of the current time zone, member's id, messages) of what providers have accepted, `since` ≤ time < `until`;
    only those `by` a member where one is named. Tests of broadcasts are no replies. Inside a tenant's scope."""
    rows = Message.objects.filter(
        direction=Direction.OUT,
        at__gte=since,
        at__lt=until,
        author=Author.MEMBER,
        status__in=SENT,
        test=False,
    )
    if by is not None:
        rows = rows.filter(member=by)
    day = TruncDate("at", tzinfo=timezone.get_current_timezone())
    found = rows.annotate(day=day).values_list("day", "member_id").annotate(count=Count("pk")).order_by()
    yield from found

"""People in doubt on the campaign page: what is known, what would settle it, and when a member may decide (B-3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from campaigns.models import Campaign, PartState, Recipient
from campaigns.reports import place_of
from campaigns.retrying import doubtful_people, patience
from channels.catalogue import SETTLED_BY
from channels.models import Channel
from tenants.models import Member
from workspace.broadcasts.access import obstacle

MOST = 10


@dataclass(frozen=True)
class ShownDoubt:
    """`offered`: a member may send again now; `from_` is when that begins where only time is missing; `retry` is the
    number of the broadcast in which it was sent again."""

    pk: int
    name: str
    channel: Channel
    asked: str
    left_at: datetime | None
    settled_by: str | Promise
    offered: bool
    from_: datetime | None
    retry: int | None


@dataclass(frozen=True)
class Doubts:
    """`offered` counts everybody who may be sent to again, listed here or not."""

    listed: list[ShownDoubt]
    more: int
    offered: int


def doubts_of(campaign: Campaign, member: Member, count: int) -> Doubts | None:
    """The first people in doubt, the longest first; None where there are none."""
    if not count:
        return None
    allowed = doubtful_people(campaign, member) if obstacle(member) is None else Recipient.objects.none()
    there = place_of(campaign, "unconfirmed")
    rows = list(
        Recipient.objects.filter(there, campaign=campaign)
        .select_related("contact__customer", "channel", "retried_in")
        .order_by("marked_at", "pk")[:MOST]
    )
    offered = set(allowed.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    listed = [_shown(row, row.pk in offered) for row in rows]
    return Doubts(listed, max(0, count - len(listed)), allowed.filter(there).count())


def _shown(row: Recipient, offered: bool) -> ShownDoubt:
    may = row.marked_at + patience() if row.marked_at else None
    return ShownDoubt(
        pk=row.pk,
        name=row.contact.customer.name or row.contact.phone or _("Customer without a name"),
        channel=row.channel,
        asked=_asked(row),
        left_at=row.marked_at,
        settled_by=SETTLED_BY.get(row.channel.kind, ""),
        offered=offered,
        from_=may if may and may > timezone.now() else None,
        retry=row.retried_in.number if row.retried_in else None,
    )


def _asked(row: Recipient) -> str:
    """Which of the messages were on the way."""
    doubtful = [n for n, state in enumerate(row.part_states, 1) if state == PartState.UNCONFIRMED]
    if len(row.part_states) == 1 or not doubtful:
        return ""
    if len(doubtful) > 1:
        return _("all messages")
    return _("message %(n)d of %(all)d") % {"n": doubtful[0], "all": len(row.part_states)}

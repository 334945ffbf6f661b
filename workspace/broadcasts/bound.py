"""Bound customers (S2-36..41): choose among one's own, on one channel at a time, whatever the state of their chats."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns.audience.bound import bound_on
from channels.adapters import ADAPTERS
from channels.models import Channel
from conversations.models import Contact, Conversation, ConversationStatus
from conversations.windows import is_open
from tenants.models import Member
from tenants.requests import TenantRequest
from tenants.roles import Permission
from workspace.broadcasts.access import for_senders

PAGE = 100
MAX_SEARCH = 100  # characters


@dataclass(frozen=True)
class Row:
    """A bound customer on the channel; `status` is that of their latest chat, "" where they never had one."""

    contact: Contact
    chat: int | None
    status: str
    window_open: bool


@require_GET
@for_senders
def choose(request: TenantRequest) -> HttpResponse:
    """Channel, search, and the customers to tick; as a fragment (`#further`), those after a customer."""
    owner = _owner(request)
    channels = _channels(owner)
    channel = _chosen_channel(request, channels)
    words = unicodedata.normalize("NFKC", request.GET.get("q", ""))[:MAX_SEARCH].strip()
    context: dict[str, Any] = {"channels": channels, "channel": channel, "owner": owner, "q": words}
    if channel is not None:
        context |= _rows(channel, owner, words, request.GET.get("after", ""))
    if request.htmx and request.htmx.target == "further":
        return render(request, "bound/choose.html#further", context)
    mine = owner.pk == request.member.pk
    context |= {"mine": mine, "whose": "" if mine else owner.pk, "colleagues": _colleagues(request.member)}
    return render(request, "bound/choose.html", context)


def _owner(request: TenantRequest) -> Member:
    """Whose customers are shown: one's own, or for those who may send to the team's, a colleague's; else 404."""
    whose = request.GET.get("whose", "")
    if not whose or whose == str(request.member.pk):
        return request.member
    allowed = Member.objects.all() if request.member.may(Permission.SEND_TO_TEAM) else Member.objects.none()
    return get_object_or_404(allowed, pk=int(whose) if whose.isdecimal() and len(whose) < 19 else 0)


def _colleagues(member: Member) -> list[Member]:
    """Whose customers one may choose among; empty where only one's own."""
    if not member.may(Permission.SEND_TO_TEAM):
        return []
    bound = Member.objects.filter(Q(active=True) | Q(pk=member.pk))
    return list(bound.order_by("name"))


def _channels(owner: Member) -> list[tuple[Channel, int]]:
    """Every channel that broadcasts go over, with how many of the owner's customers are on it."""
    counts = dict(
        Contact.objects.current()
        .filter(customer__bound_to=owner)
        .order_by()
        .values_list("channel")
        .annotate(count=Count("customer", distinct=True))
    )
    channels = Channel.objects.filter(kind__in=list(ADAPTERS)).order_by("kind", "pk")
    return [(channel, counts.get(channel.pk, 0)) for channel in channels]


def _chosen_channel(request: TenantRequest, channels: list[tuple[Channel, int]]) -> Channel | None:
    """The one of the address (else 404); without one, the first with anybody on it."""
    if wanted := request.GET.get("channel", ""):
        known = {str(channel.pk): channel for channel, _count in channels}
        pk = known[wanted].pk if wanted in known else 0
        return get_object_or_404(Channel, pk=pk)
    filled = [channel for channel, count in channels if count]
    return filled[0] if filled else next((channel for channel, _count in channels), None)


def _rows(channel: Channel, owner: Member, words: str, after: str) -> dict[str, Any]:
    found = _found(bound_on(channel.pk, owner.pk), words)
    total = found.order_by().values("customer").distinct().count()
    rows = found.order_by("customer__name", "customer_id", "-pk").distinct("customer__name", "customer_id")
    if after.isdecimal() and len(after) < 19 and (last := found.filter(customer=int(after)).first()):
        name = last.customer.name
        rows = rows.filter(Q(customer__name__gt=name) | Q(customer__name=name, customer__gt=int(after)))
    latest = Conversation.objects.filter(contact=OuterRef("pk")).order_by("-pk")
    rows = rows.select_related("customer", "channel").annotate(
        chat_number=Subquery(latest.values("number")[:1]), chat_status=Subquery(latest.values("status")[:1])
    )
    contacts = list(rows[: PAGE + 1])
    query = {"channel": channel.pk, "whose": owner.pk, "q": words}
    more = query | {"after": contacts[PAGE - 1].customer_id} if len(contacts) > PAGE else None
    return {
        "total": total,
        "rows": [_row(contact) for contact in contacts[:PAGE]],
        "next": f"{reverse('campaigns:bound')}?{urlencode(more)}" if more else "",
    }


def _found(contacts: QuerySet[Contact], words: str) -> QuerySet[Contact]:
    """By name, phone or tag."""
    if not words:
        return contacts
    where = Q(customer__name__icontains=words) | Q(customer__tags__contains=[words])
    digits = "".join(filter(str.isdecimal, words))
    if len(digits) >= 3:
        where |= Q(phone__contains=digits) | Q(customer__phone__contains=digits)
    return contacts.filter(where)


def _row(contact: Contact) -> Row:
    status = getattr(contact, "chat_status", None)
    return Row(
        contact=contact,
        chat=getattr(contact, "chat_number", None),
        status=str(ConversationStatus(status).label) if status else "",
        window_open=is_open(contact, contact.channel.kind, timezone.now()),
    )

"""Whom a broadcast is for: as the pages hand it over, as the composer shows it, and the way back to change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.audience import Audience, BoundCustomers, Filtered, FollowUp, Picked
from campaigns.errors import EmptySelection
from campaigns.preflight import Preflight
from channels.adapters.base import ChannelKind
from channels.models import KIND_LABELS
from conversations.filters import ConversationFilter
from tenants.errors import Invalid
from workspace.broadcasts.purposes import MESSAGES, Purpose

OF_THE_PAGE = frozenset({"select", "cursor"})  # in the inbox's address, yet no conditions


@dataclass(frozen=True)
class Share:
    """How many chosen people are on one kind of channel."""

    kind: str
    label: str
    count: int


@dataclass(frozen=True)
class Chosen:
    """A selection as people read it: "128 chats: LINE 60 · WhatsApp 68". `change` is where one chooses anew, `note`
    says how they were chosen where that is not plain."""

    total: int
    shares: list[Share]
    change: str
    note: str = ""
    chats: bool = True  # whether chats were chosen, or customers


def read_audience(form: QueryDict) -> Audience:
    """What a page handed over: `conversations` (chat numbers separated by commas), `filter` (the inbox's query
    string), `customers` of a `channel`, or `states` of a former `campaign`.

    Raises EmptySelection where all are missing, Invalid where they cannot be read.
    """
    for name, read in READERS.items():
        if form.get(name, "").strip():
            return read(form)
    if "filter" in form:
        return Filtered(ConversationFilter())
    raise EmptySelection


def described(audience: Audience, found: Preflight | None, purpose: Purpose = MESSAGES) -> Chosen:
    """The selection as the composer heads it. `found` is its preflight; None where the selection is at fault."""
    counts = found.by_channel if found else {}
    shares = [Share(kind, str(KIND_LABELS[ChannelKind(kind)]), n) for kind, n in sorted(counts.items())]
    chats = not isinstance(audience, BoundCustomers | FollowUp)
    return Chosen(sum(counts.values()), shares, change_selection(audience, purpose), _note(audience), chats)


def change_selection(audience: Audience | None = None, purpose: Purpose = MESSAGES) -> str:
    """Where this audience is chosen; without one, the inbox with one's own chats in progress, ready to select for
    `purpose`."""
    if isinstance(audience, BoundCustomers):
        query = {"channel": audience.channel} | ({"whose": audience.bound_to} if audience.bound_to else {})
        return f"{reverse('campaigns:bound')}?{urlencode(query)}"
    if isinstance(audience, FollowUp):
        return f"{reverse('campaigns:detail', args=[audience.number])}?state={audience.states[0]}#recipients"
    return f"{reverse('inbox:list')}?mine=true&status=in_progress&select={purpose}"


def _note(audience: Audience) -> str:
    if isinstance(audience, BoundCustomers):
        return _("Bound customers of one channel, whatever the state of their chats.")
    if isinstance(audience, FollowUp):
        return _("People of broadcast №%(number)d.") % {"number": audience.number}
    return ""


def _read_picked(form: QueryDict) -> Audience:
    detail = _("Chat numbers are digits separated by commas.")
    return Picked.read(_ids(form.get("conversations", ""), "audience.conversations", detail))


def _read_filter(form: QueryDict) -> Audience:
    query = QueryDict(form.get("filter", ""))
    params = {name: value for name, value in query.items() if name not in OF_THE_PAGE}
    return Filtered(ConversationFilter.parse(params))


def _read_bound(form: QueryDict) -> Audience:
    customers = form.get("customers", "")
    detail = _("Give a list of customers, or “all”.")
    ids = customers if customers == "all" else _ids(customers, "audience.bound_customers.customers", detail)
    value = {"channel": _id(form.get("channel", "")), "customers": ids}
    if whose := form.get("whose", ""):
        value["bound_to"] = _id(whose)
    return BoundCustomers.read(value)


def _read_follow_up(form: QueryDict) -> Audience:
    return FollowUp.read({"id": _id(form.get("campaign", "")), "states": form.getlist("states")})


def _ids(text: str, field: str, detail: str) -> list[int]:
    try:
        return [int(number) for number in text.split(",")]
    except ValueError as error:
        raise Invalid(errors=[{"field": field, "code": "not_numbers", "detail": detail}]) from error


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


READERS: dict[str, Callable[[QueryDict], Audience]] = {
    "conversations": _read_picked,
    "filter": _read_filter,
    "customers": _read_bound,
    "states": _read_follow_up,
}

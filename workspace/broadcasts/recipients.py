"""The people of a campaign: the table of its page, and the drawer of one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.history import timeline_of
from campaigns.models import Campaign, DeliveryRank, Part, Recipient, State
from campaigns.reasons import explanation_of
from campaigns.reports import reading, recipients_of
from channels.models import Channel
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.broadcasts.equation import KINDS, Kind
from workspace.broadcasts.person_parts import ShownPersonPart, person_parts, progress_of
from workspace.broadcasts.visible import campaign_or_404

PAGE = 50
REPORTS = ("read_at", "delivered_at", "sent_at", "failed_at")  # the latest news of a person, best first


@dataclass(frozen=True)
class Person:
    """A recipient as the table and the drawer show it. `words` are the provider's own."""

    pk: int
    name: str
    channel: Channel
    chat: int | None
    chat_url: str
    kind: Kind
    label: str | Promise
    at: datetime | None
    reason: str | Promise = ""
    cause: str | Promise = ""
    cure: str | Promise = ""
    words: str = ""
    parts: list[ShownPersonPart] = field(default_factory=list)


@dataclass(frozen=True)
class PeoplePage:
    people: list[Person]
    first: str
    next: str


def people_page(campaign: Campaign, *, state: str, words: str, after: str) -> PeoplePage:
    """One page of the table in the order of contacts; `after` is the last contact of the page before."""
    found = recipients_of(campaign, state, words)
    if after.isdigit():
        found = found.filter(contact_id__gt=int(after[:18]))
    with reading(state, words):
        rows = list(found.defer("provider_answer")[: PAGE + 1])
    query = {name: value for name, value in (("state", state), ("q", words)) if value}
    more = _link(campaign, query | {"after": str(rows[PAGE - 1].contact_id)}) if len(rows) > PAGE else ""
    return PeoplePage([shown(row) for row in rows[:PAGE]], _link(campaign, query) if after else "", more)


@require_GET
@require_permission(Permission.VIEW_CAMPAIGNS)
def recipient(request: TenantRequest, number: int, pk: int) -> HttpResponse:
    """The drawer of one person, with everything that happened to them in this campaign."""
    campaign = campaign_or_404(request, number)
    found = get_object_or_404(
        Recipient.objects.select_related(
            "campaign", "contact__customer", "channel", "conversation", "shard", "retried_in__created_by"
        ),
        campaign=campaign,
        pk=pk,
    )
    parts = list(campaign.parts.order_by("position"))
    context = {"person": shown(found, parts), "timeline": timeline_of(found)}
    return render(request, "broadcasts/recipient.html", context)


def shown(recipient: Recipient, parts: Sequence[Part] = ()) -> Person:
    state = state_of(recipient)
    chat = recipient.conversation
    reason = explanation_of(recipient)
    return Person(
        pk=recipient.pk,
        name=recipient.contact.customer.name or recipient.contact.phone or _("Customer without a name"),
        channel=recipient.channel,
        chat=chat.number if chat else None,
        chat_url=reverse("inbox:conversation", args=[chat.number]) if chat else "",
        kind=KINDS[state],
        label=_partly(recipient) if state == "partial" else KINDS[state].label,
        at=_latest(recipient),
        reason=reason.title if reason else "",
        cause=reason.cause if reason else "",
        cure=reason.cure if reason else "",
        words="\n".join(filter(None, (recipient.provider_code, _answer(recipient)))),
        parts=person_parts(recipient, reason.title if reason else "", parts),
    )


def state_of(recipient: Recipient) -> str:
    """The term of the equation this person stands in."""
    if recipient.state == State.ACCEPTED:
        return DeliveryRank(recipient.delivery).name.lower()
    return State(recipient.state).name.lower()


def _partly(recipient: Recipient) -> str:
    """ "partial, 2 of 5" (D-14)."""
    arrived, meant = progress_of(recipient)
    return _("partial, %(arrived)d of %(all)d") % {"arrived": arrived, "all": meant}


def _answer(recipient: Recipient) -> str:
    """Read only for the drawer: tables defer it."""
    return "" if "provider_answer" in recipient.get_deferred_fields() else recipient.provider_answer or ""


def _latest(recipient: Recipient) -> datetime | None:
    for name in REPORTS:
        times: list[datetime | None] = getattr(recipient, name) or []
        if reported := [at for at in times if at]:
            return max(reported)
    return recipient.accepted_at or recipient.marked_at


def _link(campaign: Campaign, query: dict[str, str]) -> str:
    return f"{reverse('campaigns:detail', args=[campaign.number])}?{urlencode(query)}#recipients"

"""By chats (S3): a text for the chats whose numbers are typed, with the list of sent broadcasts as its home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from campaigns.audience import ChatNumbers
from campaigns.audience.chat_numbers import DETAILS, Examined, NumberFault
from campaigns.drafts import CampaignDraft, PartDraft, draft_of
from campaigns.models import Campaign, Status
from campaigns.reports import campaigns_visible_to
from campaigns.services import send_campaign, update_draft
from channels.adapters.base import PartKind
from tenants.errors import Invalid, WrongStatus
from tenants.models import Member
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.broadcasts.access import for_senders, obstacle
from workspace.broadcasts.drafting import Check, check, open_draft, own_campaign
from workspace.broadcasts.selection import described
from workspace.broadcasts.short_links import short_link_of, wants_short_links
from workspace.broadcasts.status import page_of

SHOWN = 30  # entries of one fault; the others are counted
TITLES: dict[str, str | Promise] = {
    "not_a_number": _("Not a chat number"),
    "not_found": _("Does not exist, or you may not see it"),
    "repeated": _("Given more than once"),
    "same_customer": _("The same customer as another number of the list"),
    "whatsapp": _("On WhatsApp, which is not sent to by chat number"),
    "too_many": _("Too many entries for one broadcast"),
    "not_sendable": _("On a channel that takes no broadcasts yet"),
}
assert TITLES.keys() == DETAILS.keys()  # noqa: S101


@dataclass(frozen=True)
class FaultGroup:
    """Entries with the same fault: the first of them and how many more there are."""

    title: str | Promise
    count: int
    shown: Sequence[NumberFault]

    @property
    def more(self) -> int:
        return self.count - len(self.shown)


@dataclass(frozen=True)
class ListCheck:
    """A list of numbers judged, and what would happen to those that can be sent to."""

    examined: Examined
    groups: list[FaultGroup]
    check: Check
    kept: str  # the list without its faults

    @property
    def ready(self) -> bool:
        return not self.groups and self.check.ready


@require_GET
@require_permission(Permission.VIEW_CAMPAIGNS)
def overview(request: TenantRequest) -> HttpResponse:
    """The list of sent broadcasts, how this works, and the button that begins a new one."""
    sent = campaigns_visible_to(request.member).exclude(status=Status.DRAFT)
    context = page_of(sent, request.GET.get("before", ""), reverse("campaigns:by_chats"), {})
    context |= {"obstacle": obstacle(request.member), "sent": request.GET.get("sent", "")}
    return render(request, "by_chats/list.html" + ("#rows" if request.htmx else ""), context)


@require_POST
@for_senders
def begin(request: TenantRequest) -> HttpResponse:
    """A new list of numbers."""
    draft = open_draft(request.member, ChatNumbers(""))
    return redirect("campaigns:by_chats_write", number=draft.number)


def writes(draft: CampaignDraft) -> bool:
    """Whether this page can show all of the draft: chat numbers and one text at most."""
    texts = [part for part in draft.parts if part.kind is PartKind.TEXT]
    return isinstance(draft.audience, ChatNumbers) and len(draft.parts) == len(texts) <= 1


@require_GET
@for_senders
def write(request: TenantRequest, number: int) -> HttpResponse:
    """The two fields of a draft."""
    campaign = own_campaign(request, number)
    if campaign.status != Status.DRAFT or not writes(draft_of(campaign)):
        return redirect("campaigns:edit", number=number)
    return _form(request, campaign)


@require_POST
@for_senders
def save(request: TenantRequest, number: int) -> HttpResponse:
    """Keep what is typed and answer with what is wrong with the list, and what would happen."""
    campaign = own_campaign(request, number)
    try:
        update_draft(campaign, request.member, _typed(request))
    except WrongStatus:
        return _on_its_way(number)
    if not request.htmx:
        onwards = "rehearse" if request.POST.get("then") == "rehearse" else "by_chats_write"
        return redirect(f"campaigns:{onwards}", number=number)
    return render(request, "by_chats/checked.html", _checked(request, campaign))


@require_POST
@for_senders
def send(request: TenantRequest, number: int) -> HttpResponse:
    """Send what stands in the fields, once, and show it in the list."""
    campaign = own_campaign(request, number)
    try:
        update_draft(campaign, request.member, _typed(request))
        send_campaign(campaign, request.member)
    except WrongStatus:
        return redirect("campaigns:detail", number=number)  # the first click was faster
    except Invalid:
        return _form(request, campaign, status=400)
    messages.success(request, str(_("Broadcast №%(number)d is on its way.") % {"number": number}))
    return redirect(f"{reverse('campaigns:by_chats')}?sent={number}#broadcast-{number}")


def judge(member: Member, draft: CampaignDraft) -> ListCheck:
    """Judge the numbers, and preflight the text to those that are good."""
    audience = draft.audience
    assert isinstance(audience, ChatNumbers)  # noqa: S101  `writes` has seen to it
    examined = audience.examine(member)
    kept = ", ".join(map(str, examined.good))
    found = check(member, replace(draft, audience=ChatNumbers(kept)))
    return ListCheck(examined, _grouped(examined.faults), found, kept)


def _grouped(faults: list[NumberFault]) -> list[FaultGroup]:
    order = list(TITLES)
    by_code = groupby(sorted(faults, key=lambda each: order.index(each.code)), key=lambda each: each.code)
    groups = []
    for code, group in by_code:
        found = list(group)
        groups.append(FaultGroup(TITLES[code], len(found), found[:SHOWN]))
    return groups


def _typed(request: TenantRequest) -> CampaignDraft:
    numbers = ChatNumbers.read(request.POST.get("chat_numbers", ""))
    text = request.POST.get("text", "").replace("\r\n", "\n")
    parts = (PartDraft(PartKind.TEXT, text),)
    return CampaignDraft(numbers, parts, track_links=wants_short_links(request.POST))


def _form(request: TenantRequest, campaign: Campaign, *, status: int = 200) -> HttpResponse:
    return render(request, "by_chats/write.html", _checked(request, campaign), status=status)


def _checked(request: TenantRequest, campaign: Campaign) -> dict[str, Any]:
    draft = draft_of(campaign)
    found = judge(request.member, draft)
    return {
        "campaign": campaign,
        "numbers": draft.audience.value(),
        "text": draft.parts[0].text if draft.parts else "",
        "short_link": short_link_of(draft),
        "found": found,
        "check": found.check,
        "chosen": described(draft.audience, found.check.preflight),
        "reason": _reason(found),
    }


def _reason(found: ListCheck) -> str:
    """Why the broadcast cannot be sent yet; "" where it can."""
    if found.ready:
        return ""
    if count := sum(group.count for group in found.groups):
        said = ngettext(
            "%(n)d entry of the list must be mended first. Nothing is sent until the list is clean.",
            "%(n)d entries of the list must be mended first. Nothing is sent until the list is clean.",
            count,
        )
        return said % {"n": count}
    if not found.examined.good:
        return str(_("Give at least one chat number."))
    return found.check.reason


def _on_its_way(number: int) -> HttpResponse:
    response = HttpResponse(status=204)
    response["HX-Redirect"] = reverse("campaigns:detail", args=[number])
    return response

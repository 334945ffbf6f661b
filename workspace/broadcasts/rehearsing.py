"""Rehearse: what is to go wrong is chosen, then the broadcast is sent to nobody, in the team that rehearses (B-10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from billing.money import shown as money
from campaigns.models import Campaign, Rehearsal, Status
from campaigns.rehearsal.performing import may_be_rehearsed, obstacle_to_rehearsing, rehearse
from campaigns.rehearsal.results import Result, rehearsal_behind, result_of, result_of_copy
from campaigns.rehearsal.scenario import SHARES, Scenario
from campaigns.reports import campaigns_visible_to
from tenants.errors import DomainError, NotFound, WrongStatus
from tenants.middleware import SESSION_KEY
from tenants.models import Tenant
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.broadcasts.access import for_senders
from workspace.broadcasts.visible import campaign_or_404

MOST_SHOWN = 10
PLACES = 4  # as elsewhere: a message costs less than a cent
WORDS = {
    "throttled": gettext_lazy("The provider slows us down"),
    "late": gettext_lazy("Reports come late, twice and in disorder"),
    "outage": gettext_lazy("The provider fails for a while"),
}


class ScenarioForm(forms.Form):
    unreachable = forms.TypedChoiceField(
        label=gettext_lazy("People who cannot be reached"),
        choices=[
            (0, gettext_lazy("Nobody")),
            *((share, gettext_lazy("%(share)d %%") % {"share": share}) for share in SHARES[1:]),
        ],
        coerce=int,
        initial=0,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "They fail for reasons that their channel knows. LINE tells nobody who was not reached."
        ),
    )
    throttled = forms.BooleanField(
        label=WORDS["throttled"],
        required=False,
        help_text=gettext_lazy("One request in five is refused as too many; it goes again, more slowly."),
    )
    late = forms.BooleanField(
        label=WORDS["late"],
        required=False,
        help_text=gettext_lazy("As after a disturbance: each comes within a minute, and once more."),
    )
    outage = forms.BooleanField(
        label=WORDS["outage"],
        required=False,
        help_text=gettext_lazy(
            "Three seconds without proper answers. Some of what was sent then has arrived all the same."
        ),
    )

    def scenario(self) -> Scenario:
        return Scenario(**self.cleaned_data)


@dataclass(frozen=True)
class ShownRehearsal:
    """`here`: whether its page can still be opened; `told`: how it came out, in one line."""

    number: int
    campaign: int
    at: datetime
    by: str
    scenario: str
    people: int
    left_out: int
    status: str | Promise
    told: str
    here: bool


@require_http_methods(["GET", "POST"])
@for_senders
def rehearsal(request: TenantRequest, number: int) -> HttpResponse:
    """Asks for the scenario, and shows how earlier rehearsals of the broadcast came out. Posted, it begins, and one is
    in the team that rehearses from then on."""
    campaign = campaign_or_404(request, number)
    form = ScenarioForm(request.POST or None)
    if request.method == "GET":
        obstacle = obstacle_to_rehearsing()
        return _page(request, campaign, ScenarioForm(), obstacle, closed=obstacle is not None)
    if not form.is_valid():
        return _page(request, campaign, form, None, status=422)
    try:
        made = rehearse(campaign, request.member, form.scenario())
    except WrongStatus:
        raise
    except DomainError as error:
        return _page(request, campaign, form, error, status=error.status)
    return _go_there(request, made)


@require_POST
@require_permission(Permission.VIEW_CAMPAIGNS)
def open_rehearsal(request: TenantRequest, rehearsal: int) -> HttpResponse:
    """Work in the team that rehearses from now on, beginning with the page of this rehearsal."""
    seen = campaigns_visible_to(request.member).values("pk")
    kept = Rehearsal.objects.filter(cleared_at=None, campaign__in=seen)
    return _go_there(request, get_object_or_404(kept, number=rehearsal))


def _go_there(request: TenantRequest, made: Rehearsal) -> HttpResponse:
    team = Tenant.objects.filter(rehearses=request.tenant).first()
    if team is None:
        raise NotFound
    request.session[SESSION_KEY] = team.slug
    return redirect("campaigns:detail", number=made.copy)


def _page(
    request: TenantRequest,
    campaign: Campaign,
    form: ScenarioForm,
    obstacle: DomainError | None,
    *,
    status: int = 200,
    closed: bool = False,
) -> HttpResponse:
    """`obstacle`: why it did not begin, or, where it is `closed`, cannot."""
    earlier = campaign.rehearsals.select_related("campaign", "created_by").order_by("-number")[:MOST_SHOWN]
    context: dict[str, Any] = {
        "campaign": campaign,
        "form": form,
        "obstacle": obstacle.message if obstacle else "",
        "faults": [fault["detail"] for fault in obstacle.errors if fault.get("detail")] if obstacle else [],
        "sent": not may_be_rehearsed(campaign),
        "possible": may_be_rehearsed(campaign) and not closed,
        "earlier": [shown(each, result_of(each)) for each in earlier],
        "back": reverse("campaigns:detail", args=[campaign.number]),
    }
    return render(request, "rehearsals/rehearse.html", context, status=status)


def shown(rehearsal: Rehearsal, result: Result) -> ShownRehearsal:
    return ShownRehearsal(
        number=rehearsal.number,
        campaign=rehearsal.campaign.number,
        at=rehearsal.created_at,
        by=rehearsal.created_by.name,
        scenario=scenario_text(Scenario(**rehearsal.scenario)),
        people=rehearsal.people,
        left_out=rehearsal.left_out,
        status=Status(result.status).label,
        told=result_text(result),
        here=rehearsal.cleared_at is None,
    )


def behind(copy: Campaign, team: Tenant) -> ShownRehearsal | None:
    """Of what a broadcast of a team that rehearses is the rehearsal; None in a real team."""
    found = rehearsal_behind(copy, team) if team.is_rehearsal else None
    return shown(found, result_of_copy(copy)) if found else None


def scenario_text(scenario: Scenario) -> str:
    """What goes wrong, in words."""
    said = [str(words) for name, words in WORDS.items() if getattr(scenario, name)]
    if scenario.unreachable:
        said.insert(0, _("%(share)d %% cannot be reached") % {"share": scenario.unreachable})
    return " · ".join(said) or _("All goes well")


def result_text(result: Result) -> str:
    """ "188 of 200 reached, 12 not, 0 in doubt · would have cost 2.2600 USD at most · took 42 s"."""
    if not result.total:
        return ""
    figures = {
        "reached": result.reached,
        "total": result.total,
        "failed": result.failed,
        "doubt": result.in_doubt,
    }
    pieces = [_("%(reached)d of %(total)d reached, %(failed)d not, %(doubt)d in doubt") % figures]
    if result.cost:
        cost = money(result.cost, result.currency, places=PLACES)
        pieces.append(_("would have cost %(amount)s at most") % {"amount": cost})
    if result.ended and result.seconds:
        pieces.append(_("took %(seconds)d s") % {"seconds": max(1, round(result.seconds))})
    return " · ".join(pieces)

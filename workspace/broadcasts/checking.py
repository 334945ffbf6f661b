"""*Check this campaign*: our account of a broadcast beside the sandbox's journal (B-29)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import urlencode

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET

from campaigns.checking import WRONG, Check, Line, NotCheckable, Verdict, check_campaign
from campaigns.models import PartState
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from tenants.spreadsheets import Cell, Form, write
from workspace.broadcasts.visible import campaign_or_404

PAGE = 100
COLUMNS = ("recipient", "name", "address", "channel", "kind", "part", "ours", "journal", "verdict")


@dataclass(frozen=True)
class Kind:
    label: str | Promise
    meaning: str | Promise
    icon: str
    tone: str


VERDICTS: Mapping[Verdict, Kind] = {
    Verdict.AGREED: Kind(
        pgettext_lazy("verdict", "agreed"), _("Both say the same."), "circle-check", "success"
    ),
    Verdict.OPEN: Kind(
        _("being checked"),
        _("The answer was lost, so we say neither. The journal knows."),
        "circle-help",
        "warning",
    ),
    Verdict.MISSING: Kind(
        pgettext_lazy("verdict", "missing"),
        _("We say accepted; the journal has nothing."),
        "circle-x",
        "error",
    ),
    Verdict.DOUBLED: Kind(
        pgettext_lazy("verdict", "doubled"), _("It arrived more than once."), "copy", "error"
    ),
    Verdict.EXTRA: Kind(
        pgettext_lazy("verdict", "extra"), _("It arrived; we say that it did not."), "circle-alert", "error"
    ),
}
OURS: Mapping[PartState, str | Promise] = {
    PartState.WAITING: _("not sent"),
    PartState.SENDING: _("sending"),
    PartState.UNCONFIRMED: _("being checked"),
    PartState.ACCEPTED: _("accepted"),
    PartState.FAILED: _("failed"),
    PartState.DROPPED: _("left out"),
}
JOURNAL: Mapping[str, str | Promise] = {
    "accepted": _("arrived"),
    "sent": _("arrived"),
    "delivered": _("arrived, delivered"),
    "read": _("arrived, read"),
    "failed": _("taken, then failed"),
    "dropped": _("taken, reached nobody"),
}


@dataclass(frozen=True)
class ShownLine:
    line: Line
    ours: str | Promise
    journal: Sequence[str | Promise]
    kind: Kind


@require_GET
@require_permission(Permission.VIEW_CAMPAIGNS)
def check(request: TenantRequest, number: int) -> HttpResponse:
    """The comparison, all of it or one verdict, in pages."""
    campaign = campaign_or_404(request, number)
    context: dict[str, Any] = {"campaign": campaign}
    try:
        found = check_campaign(campaign)
    except NotCheckable as error:
        return render(
            request, "checking/check.html", context | {"obstacle": error.message}, status=error.status
        )
    verdict = request.GET.get("verdict", "")
    lines = (
        [line for line in found.lines if line.verdict == verdict] if verdict in set(Verdict) else found.lines
    )
    context |= {
        "found": found,
        "verdict": verdict,
        "terms": [(each, VERDICTS[each], found.counts[each]) for each in Verdict],
        "wrong": sum(found.counts[each] for each in WRONG),
        **_page(request, lines, verdict),
    }
    return render(request, "checking/check.html", context)


@require_GET
@require_permission(Permission.VIEW_CAMPAIGNS)
def download(request: TenantRequest, number: int) -> FileResponse:
    """Every line as CSV. Raises NotCheckable."""
    campaign = campaign_or_404(request, number)
    return FileResponse(
        as_csv(check_campaign(campaign)),
        as_attachment=True,
        filename=f"broadcast-{campaign.number}-check.csv",
        content_type=Form.CSV.content_type,
    )


def as_csv(found: Check) -> IO[bytes]:
    """Every line, as a file at its beginning."""
    return write(Form.CSV, COLUMNS, map(_row, found.lines), len(found.lines))


def _row(line: Line) -> list[Cell]:
    who: list[Cell] = [line.recipient_id, line.name, line.address, line.channel, line.kind, line.part]
    return [*who, line.ours.name.lower(), " + ".join(line.journal), line.verdict.value]


def _page(request: TenantRequest, lines: Sequence[Line], verdict: str) -> dict[str, Any]:
    given = request.GET.get("from", "")
    start = int(given[:9]) if given.isdigit() else 0
    address = reverse("campaigns:check", args=[request.resolver_match.kwargs["number"]])  # type: ignore[union-attr]

    def at(place: int) -> str:
        return f"{address}?{urlencode({'verdict': verdict, 'from': place})}"

    return {
        "lines": [_shown(line) for line in lines[start : start + PAGE]],
        "shown": len(lines),
        "previous": at(max(0, start - PAGE)) if start else "",
        "next": at(start + PAGE) if start + PAGE < len(lines) else "",
    }


def _shown(line: Line) -> ShownLine:
    journal = [JOURNAL.get(state, state) for state in line.journal]
    return ShownLine(line, OURS[line.ours], journal or [_("nothing")], VERDICTS[line.verdict])

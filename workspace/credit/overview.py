"""The credit page: what is left, what is on hold, what was spent, and every movement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from billing.models import Entry
from billing.money import MILLIONTHS, shown
from billing.reports import KINDS, Line, balance_of, lines_of, movements
from tenants import audit
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from tenants.spreadsheets import Cell, Form, write

PAGE = 50
PLACES = 4  # a message costs less than a cent
LABELS: dict[str, tuple[str | Promise, str]] = {
    "top_up": (gettext_lazy("Topped up"), "plus"),
    "reserve": (gettext_lazy("Put on hold"), "pause"),
    "capture": (gettext_lazy("Spent"), "check"),
    "release": (gettext_lazy("Given back"), "rotate-ccw"),
    "taken_back": (gettext_lazy("Paid back"), "arrow-left"),
}


@dataclass(frozen=True)
class Row:
    """A movement in words; `url` opens what it is about."""

    line: Line
    label: str | Promise
    icon: str
    about: str
    url: str
    change: str
    held: str
    after: str


@require_GET
@require_permission(Permission.VIEW_CREDIT)
def overview(request: TenantRequest) -> HttpResponse:
    currency = request.tenant.currency
    kind, before = request.GET.get("kind", ""), request.GET.get("before", "")
    entries = _filtered(currency, kind)
    if before.isdigit():
        entries = entries.filter(pk__lt=int(before[:18]))
    found = list(entries[: PAGE + 1])
    query = {"kind": kind} if kind in LABELS else {}
    more = _link(query | {"before": str(found[PAGE - 1].pk)}) if len(found) > PAGE else ""
    balance = balance_of(currency)
    context = {
        "balance": balance,
        "tiles": [
            (_("Available"), shown(balance.available, currency)),
            (_("On hold"), shown(balance.reserved, currency)),
            (_("Spent this month"), shown(balance.spent_this_month, currency)),
        ],
        "rows": [_row(line) for line in lines_of(found[:PAGE], currency)],
        "older": more,
        "newest": _link(query) if before else "",
        "kind": kind,
        "kinds": LABELS,
        "export_query": urlencode(query),
        "may_top_up": request.member.may(Permission.TOP_UP),
    }
    return render(request, "credit/overview.html", context)


@require_GET
@require_permission(Permission.VIEW_CREDIT)
def statement(request: TenantRequest, form: str) -> FileResponse:
    """Every movement as a file, under the page's filter."""
    currency, kind = request.tenant.currency, request.GET.get("kind", "")
    entries = _filtered(currency, kind)
    count = entries.count()
    head = [
        f"{_('Time')} ({timezone.get_current_timezone_name()})",
        _("What"),
        _("About"),
        f"{_('Amount')} ({currency})",
        f"{_('On hold')} ({currency})",
        f"{_('Balance after')} ({currency})",
    ]
    file = write(Form(form), head, _cells(lines_of(list(entries), currency)), count)
    audit.record(request.member, "credit.exported", request.tenant, form=form, rows=count, kind=kind)
    return FileResponse(
        file, as_attachment=True, filename=f"credit.{form}", content_type=Form(form).content_type
    )


def _filtered(currency: str, kind: str) -> QuerySet[Entry]:
    entries = movements(currency)
    pairs = [pair for pair, name in KINDS.items() if name == kind]
    return entries.filter(Q(source=pairs[0][0], target=pairs[0][1])) if pairs else entries


def _cells(lines: Iterable[Line]) -> Iterator[list[Cell]]:
    for line in lines:
        row = _row(line)
        yield [
            line.entry.at,
            str(row.label),
            row.about,
            _plain(line.change),
            _plain(line.held),
            _plain(line.after),
        ]


def _plain(amount: int) -> str:
    """Digits with six decimals: a statement must add up exactly."""
    sign = "\u2212" if amount < 0 else ""
    return f"{sign}{abs(amount) // MILLIONTHS}.{abs(amount) % MILLIONTHS:06d}"


def _row(line: Line) -> Row:
    label, icon = LABELS[line.kind]
    name, _colon, number = line.entry.subject.partition(":")
    about, url = "", ""
    if name == "campaign":
        about = _("Broadcast №%(number)s") % {"number": number}
        url = reverse("campaigns:detail", args=[int(number)])
    elif name == "top_up":
        about = _("Top-up №%(number)s") % {"number": number}
    currency = line.entry.currency
    return Row(
        line,
        label,
        icon,
        about,
        url,
        _signed(line.change, currency),
        _signed(line.held, currency),
        _left(line),
    )


def _signed(amount: int, currency: str) -> str:
    if amount == 0:
        return ""
    return f"{'+' if amount > 0 else '−'}{shown(abs(amount), currency, places=PLACES)}"


def _left(line: Line) -> str:
    return shown(line.after, line.entry.currency, places=PLACES)


def _link(query: dict[str, str]) -> str:
    return f"{reverse('credit:overview')}?{urlencode(query)}"

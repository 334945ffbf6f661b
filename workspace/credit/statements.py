"""What an owner hands to the bookkeeper: the movements as a file, and the statement of a month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from billing.money import shown
from billing.reports import Line, lines_of
from billing.statements import Statement, bounds, months, statement_of
from tenants import audit
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from tenants.spreadsheets import Cell, Form, write
from workspace.credit.movements import PLACES, Filter, month_of, row_of, signed
from workspace.credit.usage import CATEGORIES, by_category


@require_GET
@require_permission(Permission.VIEW_CREDIT)
def movements_file(request: TenantRequest, form: str) -> FileResponse:
    """Every movement as a file, under the page's filter."""
    currency, asked = request.tenant.currency, Filter.of(request.GET)
    entries = asked.entries(currency)
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
    audit.record(request.member, "credit.exported", request.tenant, form=form, rows=count, **asked.query)
    name = f"credit-{asked.query['month']}" if asked.month else "credit"
    return FileResponse(
        file, as_attachment=True, filename=f"{name}.{form}", content_type=Form(form).content_type
    )


@require_GET
@require_permission(Permission.VIEW_CREDIT)
def month(request: TenantRequest) -> HttpResponse:
    """One month (`?month=2026-11`, else the present one) on one page, ready to be printed."""
    known = months()
    first = month_of(request.GET.get("month", f"{known[0]:%Y-%m}"))
    if first is None or first not in known:
        raise Http404
    currency = request.tenant.currency
    found = statement_of(first, currency)
    context = {
        "statement": found,
        "lines": _lines(found),
        "opening": shown(found.opening, currency, places=PLACES),
        "closing": shown(found.closing, currency, places=PLACES),
        "held_at_start": shown(found.held_at_start, currency, places=PLACES),
        "held_at_end": shown(found.held_at_end, currency, places=PLACES),
        "spent": shown(found.spent, currency, places=PLACES),
        "borne": shown(found.borne, currency, places=PLACES) if found.borne else "",
        "categories": _categories(first, currency),
        "zone": timezone.get_current_timezone_name(),
        "months": known,
    }
    return render(request, "credit/month.html", context)


def _lines(found: Statement) -> list[tuple[str, str]]:
    """What changed the available credit."""
    moves = [
        (_("Paid in"), found.paid_in),
        (_("Paid back to you"), -found.taken_back),
        (_("Put on hold for messages"), -found.reserved),
        (_("Given back from hold"), found.released),
    ]
    return [(label, signed(amount, found.currency)) for label, amount in moves if amount]


def _categories(first: date, currency: str) -> list[tuple[object, str]]:
    """What was spent, by what it was billed as."""
    begin, end = bounds(first)
    days = by_category(currency, begin, end)
    sums = {name: sum(of_day.get(name, 0) for of_day in days.values()) for name in CATEGORIES}
    return [
        (label, shown(sums[name], currency, places=PLACES))
        for name, label in CATEGORIES.items()
        if sums[name]
    ]


def _cells(lines: Iterable[Line]) -> Iterator[list[Cell]]:
    for line in lines:
        row = row_of(line)
        yield [
            line.entry.at,
            str(row.label),
            row.about,
            plain(line.change),
            plain(line.held),
            plain(line.after),
        ]


def plain(amount: int) -> Decimal:
    """All six decimals: a statement must add up exactly."""
    return Decimal(amount).scaleb(-6)

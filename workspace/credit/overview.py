"""The credit page: what is left, what is on hold, what was spent, and every movement."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from billing.alerts import alert_level
from billing.money import shown
from billing.recharge import recharge_of
from billing.reports import balance_of, lines_of
from billing.statements import months
from billing.topups import awaited_transfers
from tenants.models import Member
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.credit.lacking import lacking
from workspace.credit.movements import LABELS, Filter, rows_of
from workspace.credit.recharge import described
from workspace.credit.usage import chart

PAGE = 50


@require_GET
@require_permission(Permission.VIEW_CREDIT)
def overview(request: TenantRequest) -> HttpResponse:
    currency, asked = request.tenant.currency, Filter.of(request.GET)
    entries, before = asked.entries(currency), request.GET.get("before", "")
    if before.isdecimal():
        entries = entries.filter(pk__lt=int(before[:18]))
    found = list(entries[: PAGE + 1])
    balance, level = balance_of(currency), alert_level(currency)
    context = {
        "balance": balance,
        "tiles": [
            (_("Available"), shown(balance.available, currency)),
            (_("On hold"), shown(balance.reserved, currency)),
            (_("Spent this month"), shown(balance.spent_this_month, currency)),
        ],
        "chart": chart(currency),
        "awaited": [(row, shown(row.amount, row.currency)) for row in awaited_transfers()],
        "rows": rows_of(lines_of(found[:PAGE], currency)),
        "older": _link(asked.query | {"before": str(found[PAGE - 1].pk)}) if len(found) > PAGE else "",
        "newest": _link(asked.query) if before else "",
        "asked": asked,
        "kinds": LABELS,
        "months": months(),
        "export_query": urlencode(asked.query),
        "may_top_up": request.member.may(Permission.TOP_UP),
        "alert_level": None if level is None else shown(level, currency),
        "recharge": described(recharge_of(currency)),
        "lacking": lacking(),
        "owed": shown(balance.owed, currency) if balance.owed else "",
        "owners": [owner.name for owner in Member.objects.owners()],
    }
    return render(request, "credit/overview.html", context)


def _link(query: dict[str, str]) -> str:
    return f"{reverse('credit:overview')}?{urlencode(query)}"

"""The shopping-link report: messages, links and taps of a period, in all, by day, and by who or what (S1-18..23)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from campaigns.links.report import LinkReport, Sums, days_of, link_report
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.broadcasts.tiles import TileLine
from workspace.charts import Chart, Series, stacked
from workspace.reports.periods import period_in, shortcuts
from workspace.reports.tables import TABLES

MESSAGES = (
    Series("messages", gettext_lazy("In broadcasts"), "primary"),
    Series("replies", gettext_lazy("In chats"), "success"),
)
LINKS = (
    Series("official", gettext_lazy("To official sites"), "info"),
    Series("other", gettext_lazy("To other sites"), "warning"),
)
SHOWN = 200  # rows of a table; a file has them all


@dataclass(frozen=True)
class Tile:
    name: str
    label: str
    count: int
    lines: list[TileLine]


@dataclass(frozen=True)
class Tab:
    label: str | Promise
    query: str
    chosen: bool


@require_GET
@require_permission(Permission.VIEW_CAMPAIGNS)
def links(request: TenantRequest) -> HttpResponse:
    """`?by=` broadcast, member or address chooses the table."""
    asked = period_in(request.GET)
    by = request.GET.get("by", "")
    by = by if by in TABLES else "broadcast"
    report = link_report(request.member, asked.period)
    table = TABLES[by][1](report)
    context = {
        "asked": asked,
        "by": by,
        "shortcuts": shortcuts(asked.period),
        "tiles": tiles_of(report.total),
        "message_chart": _chart(report, MESSAGES),
        "link_chart": _chart(report, LINKS),
        "uncounted": report.uncounted,
        "table": table,
        "rows": table.rows[:SHOWN],
        "more": max(0, len(table.rows) - SHOWN),
        "tabs": [
            Tab(label, urlencode(asked.query | {"by": name}), name == by)
            for name, (label, _table) in TABLES.items()
        ],
        "export_query": urlencode(asked.query | {"by": by}),
        "zone": timezone.get_current_timezone_name(),
        "team": request.member.may(Permission.VIEW_ALL_CONVERSATIONS),
        "sites": request.tenant.official_sites,
        "may_set_sites": request.member.may(Permission.MANAGE_TENANT),
    }
    return render(request, "reports/links.html", context, status=422 if asked.fault else 200)


def tiles_of(total: Sums) -> list[Tile]:
    """The overview: total messages and number of shopping links stand here (S1-22)."""
    return [
        Tile(
            "messages",
            _("Total messages"),
            total.total_messages,
            [TileLine(_("In broadcasts"), total.messages), TileLine(_("In chats"), total.replies)],
        ),
        Tile(
            "links",
            _("Shopping links"),
            total.links,
            [
                TileLine(_("To official sites"), total.official),
                TileLine(_("To other sites"), total.other),
            ],
        ),
        Tile(
            "taps",
            _("People who tapped"),
            total.people,
            [TileLine(_("Taps in all"), total.taps), TileLine(_("Previews and robots"), total.robots)],
        ),
    ]


def _chart(report: LinkReport, series: tuple[Series, ...]) -> Chart | None:
    days = [(day, {one.name: getattr(sums, one.name) for one in series}) for day, sums in days_of(report)]
    return stacked(days, series, "{:,}".format)

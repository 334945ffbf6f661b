"""A table of the report as a file: what the page shows, whole."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.links.report import link_report
from tenants import audit
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from tenants.spreadsheets import Cell, Form, write
from workspace.reports.periods import period_in
from workspace.reports.tables import TABLES, Table


@require_GET
@require_permission(Permission.VIEW_CAMPAIGNS)
def links_file(request: TenantRequest, form: str) -> FileResponse:
    """Download as `form`, "csv" or "xlsx"; who took how many rows of which period stands in the audit log."""
    asked = period_in(request.GET)
    by = request.GET.get("by", "")
    by = by if by in TABLES else "broadcast"
    table = TABLES[by][1](link_report(request.member, asked.period))
    file = write(Form(form), _head(table), _cells(table), len(table.rows))
    audit.record(
        request.member, "report.exported", request.tenant, form=form, rows=len(table.rows), **asked.query
    )
    name = f"links-{by}-{asked.query['from']}-{asked.query['to']}.{form}"
    return FileResponse(file, as_attachment=True, filename=name, content_type=Form(form).content_type)


def _head(table: Table) -> list[str]:
    return [
        str(table.head),
        _("Sender"),
        f"{_('Started')} ({timezone.get_current_timezone_name()})",
        _("Site"),
        *map(str, table.columns),
    ]


def _cells(table: Table) -> Iterator[list[Cell]]:
    for row in table.rows:
        official = "" if row.official is None else _("Official site") if row.official else _("Other site")
        yield [row.title, row.under, row.at, official, *row.numbers]

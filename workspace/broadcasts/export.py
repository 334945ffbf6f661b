"""The people of a broadcast as a file: what the table shows, under the same filter, whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.models import Recipient
from campaigns.reports import recipients_of
from tenants import audit
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from tenants.spreadsheets import Cell, Form, write
from workspace.broadcasts.equation import SHOWN
from workspace.broadcasts.recipients import Person, shown
from workspace.broadcasts.visible import campaign_or_404

BATCH = 2000  # rows read at once


@require_GET
@require_permission(Permission.VIEW_CAMPAIGNS)
def people_file(request: TenantRequest, number: int, form: str) -> FileResponse:
    """Download as `form`, "csv" or "xlsx"; who took how many rows stands in the audit log."""
    campaign = campaign_or_404(request, number)
    state, words = request.GET.get("state", ""), request.GET.get("q", "").strip()[:100]
    state = state if state in SHOWN else ""
    people = recipients_of(campaign, state, words).defer("provider_answer")
    count = people.count()
    file = write(Form(form), _head(), _rows(people.iterator(BATCH)), count)
    audit.record(request.member, "campaign.exported", campaign, form=form, rows=count, state=state)
    name = f"broadcast-{number}{'-' + state if state else ''}.{form}"
    return FileResponse(file, as_attachment=True, filename=name, content_type=Form(form).content_type)


def _head() -> list[str]:
    zone = timezone.get_current_timezone_name()
    return [
        _("Customer"),
        _("Address"),
        _("Channel"),
        _("Chat"),
        _("Outcome"),
        _("Reason"),
        _("Cause"),
        _("Provider's code"),
        *[
            f"{title} ({zone})"
            for title in (_("Accepted"), _("Delivered"), _("Read"), _("Failed"), _("Replied"), _("Tapped"))
        ],
    ]


def _rows(people: Iterator[Recipient]) -> Iterator[list[Cell]]:
    for row in people:
        person: Person = shown(row)
        yield [
            person.name,
            row.address,
            person.channel.name,
            person.chat,
            str(person.label),
            str(person.reason),
            str(person.cause),
            row.provider_code,
            row.accepted_at,
            _last(row.delivered_at),
            _last(row.read_at),
            _last(row.failed_at),
            row.replied_at,
            row.clicked_at,
        ]


def _last(times: list[datetime | None] | None) -> datetime | None:
    """When the last of the parts got there; None while one of them has not."""
    return max((at for at in times if at), default=None) if times else None

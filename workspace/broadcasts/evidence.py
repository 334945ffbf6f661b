"""The evidence of a broadcast as a file: who, what, when, what came of it, at what cost, by which entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.models import Campaign, Part, Recipient
from campaigns.reports import recipients_of
from tenants import audit
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from tenants.spreadsheets import Cell, Form, write
from workspace.broadcasts.export import BATCH
from workspace.broadcasts.person_parts import person_parts
from workspace.broadcasts.recipients import shown
from workspace.broadcasts.visible import campaign_or_404

T = TypeVar("T")
TIMES = ("sent_at", "delivered_at", "read_at", "failed_at")


@require_GET
@require_permission(Permission.VIEW_CAMPAIGNS)
def evidence_file(request: TenantRequest, number: int, form: str) -> FileResponse:
    """One row for each message of each person, whole, whatever the page filters."""
    campaign = campaign_or_404(request, number)
    parts = list(campaign.parts.select_related("template", "media").order_by("position"))
    people = recipients_of(campaign).defer("provider_answer")
    count = people.count() * len(parts)
    rows = _rows(campaign, parts, people.iterator(BATCH))
    file = write(Form(form), _head(campaign.currency), rows, count)
    audit.record(request.member, "campaign.exported", campaign, form=form, rows=count, evidence=True)
    name = f"broadcast-{number}-evidence.{form}"
    return FileResponse(file, as_attachment=True, filename=name, content_type=Form(form).content_type)


def _head(currency: str) -> list[str]:
    zone = timezone.get_current_timezone_name()
    times = (_("Accepted"), _("Sent"), _("Delivered"), _("Read"), _("Failed"))
    return [
        _("Customer"),
        _("Address"),
        _("Channel"),
        _("Chat"),
        _("Message"),
        _("What"),
        _("Outcome"),
        _("Reason"),
        _("Provider's code"),
        _("Provider's id"),
        *[f"{title} ({zone})" for title in times],
        f"{_('Held')} ({currency})",
        f"{_('Cost')} ({currency})",
        _("What became of it"),
        _("Entry in the ledger"),
    ]


def _rows(campaign: Campaign, parts: Sequence[Part], people: Iterator[Recipient]) -> Iterator[list[Cell]]:
    for row in people:
        person = shown(row)
        for position, part in enumerate(person_parts(row, person.reason)):
            held = _at(row.prices, position) or 0
            charge = _at(row.charges, position)
            yield [
                person.name,
                row.address,
                person.channel.name,
                person.chat,
                part.number,
                _what(parts, position),
                str(part.kind.label),
                str(part.reason),
                row.provider_code if part.reason else "",
                _at(row.provider_ids, position) or "",
                row.accepted_at,
                *[_time(row, name, position) for name in TIMES],
                _decimal(held),
                _decimal(_paid(campaign, row, held, charge or 0)),
                _became(campaign, row, held, charge),
                _at(row.entries, position) or None,
            ]


def _what(parts: Sequence[Part], position: int) -> str:
    part = parts[position]
    return part.template.name if part.template else part.text or (part.media.name if part.media else "")


def _became(campaign: Campaign, row: Recipient, held: int, charge: int | None) -> str:
    if not held:
        return _("free")
    if charge is None:
        return _("on hold")
    if charge < 0:
        return _("borne by the platform")
    if row.channel_id in campaign.direct:
        return _("billed by Meta directly") if charge else _("not billed")
    if charge > held:
        return _("spent, and the rest borne by the platform")
    return _("spent") if charge else _("given back")


def _paid(campaign: Campaign, row: Recipient, held: int, charge: int) -> int:
    """By the team: our credit pays no more than was held, Meta bills a team directly whatever it is."""
    return max(0, charge if row.channel_id in campaign.direct else min(charge, held))


def _time(row: Recipient, name: str, position: int) -> datetime | None:
    times: Sequence[datetime | None] | None = getattr(row, name)
    return _at(times, position)


def _at(values: Sequence[T] | None, position: int) -> T | None:
    """Arrays are as long as they were needed."""
    return values[position] if values and position < len(values) else None


def _decimal(amount: int) -> Decimal:
    return Decimal(amount).scaleb(-6)

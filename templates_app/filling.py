"""Whether a template can be sent as somebody filled it in, every objection at its field.

Fields are as the API writes them: `template`, `template.parameters.<name>`, `template.header_media`,
`template.location`, and `template.header`, `template.body` for what becomes too long.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind
from channels.media import is_kept, outgoing_media, problems_for
from channels.models import Media
from templates_app.content import HeaderKind
from templates_app.lifecycle import Status
from templates_app.models import Template
from templates_app.rendering import HeaderValue, Values, problems_of_values
from templates_app.rules import Problem
from templates_app.wording import read_place

Fault = dict[str, str]  # {"field", "code", "detail"}
NOT_SENDABLE = "not_sendable"  # by its state alone: it may come back
MEDIA_FIELD, PLACE_FIELD = "template.header_media", "template.location"


def state_faults(template: Template) -> Iterator[Fault]:
    if not template.sendable:
        detail = _("The template “%(name)s” cannot be sent now. Its state at WhatsApp: %(status)s.")
        values = {"name": template.name, "status": Status(template.status).label}
        yield _fault("template", NOT_SENDABLE, detail % values)


def header_of(
    media: Media | None, place: Mapping[str, Any] | None, *, gone: bool = False
) -> tuple[HeaderValue, list[Fault]]:
    """What fills the header, and why it cannot. `gone`: a file was named that does not exist."""
    if gone or (media is not None and not is_kept(media)):
        return None, [_fault(MEDIA_FIELD, "not_found", _("This file is no longer here. Choose it again."))]
    if media is not None:
        problems = problems_for(media, ADAPTERS[ChannelKind.WHATSAPP].spec)
        return outgoing_media(media), [_fault(MEDIA_FIELD, each.code, each.text) for each in problems]
    if place is None:
        return None, []
    try:
        return read_place(place), []
    except ValueError as error:
        return None, [_fault(PLACE_FIELD, "place", str(error))]


def value_faults(
    template: Template, values: Values, header: HeaderValue, *, but: Collection[str] = ()
) -> Iterator[Fault]:
    """What Meta would refuse. `but`: fields about which enough has been said."""
    for problem in problems_of_values(template.content, values, header):
        field = _field(template, problem)
        if field not in but:
            yield _fault(field, problem.code, problem.text)


def _field(template: Template, problem: Problem) -> str:
    header = template.content.header
    if problem.field == "template":
        return problem.field
    if problem.field != "header" or header is None or header.kind is HeaderKind.TEXT:
        return f"template.{problem.field}"
    return PLACE_FIELD if header.kind is HeaderKind.LOCATION else MEDIA_FIELD


def _fault(field: str, code: str, detail: str) -> Fault:
    return {"field": field, "code": code, "detail": detail}

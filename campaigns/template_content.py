"""A template and the values a broadcast gives it, before anything is written or sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.utils.translation import gettext as _

from campaigns.content import FITS, Content, Fault, fault, is_kept
from campaigns.drafts import PartDraft, TemplateDraft
from campaigns.rendering import VARIABLE, VARIABLES, render_line, variables_in
from campaigns.template_values import unfit_of
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, PartKind
from channels.media import outgoing_media, problems_for
from channels.models import Media
from templates_app.content import HeaderKind
from templates_app.lifecycle import Status
from templates_app.models import Template
from templates_app.rendering import HeaderValue, problems_of_values
from templates_app.rules import Problem
from templates_app.wording import read_place

NOT_SENDABLE = "not_sendable"  # by its state alone: it may come back
MEDIA_FIELD, PLACE_FIELD = "template.header_media", "template.location"
ANY = "字"  # stands for whatever a variable becomes


def examine_template(draft: TemplateDraft | None) -> tuple[Content, list[Fault]]:
    """The template as it is sent, and what is wrong with it and its values whoever gets it, one entry per field."""
    if draft is None:
        return _content({}, {}, None), [fault("template", "required", _("Choose a template."))]
    template = Template.objects.select_related("account").filter(pk=draft.template).first()
    media = (
        {row.key: row for row in Media.objects.filter(key=draft.header_media)} if draft.header_media else {}
    )
    content = _content(draft.values, media, template)
    if template is None:
        detail = _("This template is no longer here. Choose another.")
        return content, [fault("template", "not_found", detail)]
    header, faults = _header_of(draft, media)
    return content, [
        *_state_faults(template),
        *faults,
        *_value_faults(template, draft.values, header, faults),
    ]


def _content(values: Mapping[str, str], media: Mapping[str, Media], template: Template | None) -> Content:
    return Content(
        parts=(PartDraft(PartKind.TEMPLATE),),
        media=media,
        refused={},
        variables=tuple(name for name in variables_in(values.values()) if name in VARIABLES),
        template=template,
        unfit=unfit_of(template.content, values) if template else FITS,
    )


def _state_faults(template: Template) -> Iterator[Fault]:
    if not template.sendable:
        detail = _("The template “%(name)s” cannot be sent now. Its state at WhatsApp: %(status)s.")
        values = {"name": template.name, "status": Status(template.status).label}
        yield fault("template", NOT_SENDABLE, detail % values)


def _header_of(draft: TemplateDraft, media: Mapping[str, Media]) -> tuple[HeaderValue, list[Fault]]:
    """What fills the header, and why it cannot."""
    if draft.header_media:
        found = media.get(draft.header_media)
        if found is None or not is_kept(found):
            detail = _("This file is no longer here. Choose it again.")
            return None, [fault(MEDIA_FIELD, "not_found", detail)]
        problems = problems_for(found, ADAPTERS[ChannelKind.WHATSAPP].spec)
        return outgoing_media(found), [fault(MEDIA_FIELD, each.code, each.text) for each in problems]
    if draft.place is None:
        return None, []
    try:
        return read_place(draft.place), []
    except ValueError as error:
        return None, [fault(PLACE_FIELD, "place", str(error))]


def _value_faults(
    template: Template, values: Mapping[str, str], header: HeaderValue, known: Sequence[Fault]
) -> Iterator[Fault]:
    """What Meta would refuse whoever it is for. What depends on the person is counted, not refused."""
    for name, text in values.items():
        for variable in variables_in([text]):
            if variable not in VARIABLES:
                detail = _("There is no variable “%(name)s”.") % {"name": variable}
                yield fault(f"template.parameters.{name}", "unknown_variable", detail)
    filled = {name: VARIABLE.sub(ANY, text) for name, text in values.items()}
    problems = problems_of_values(template.content, filled, header)
    # Where a variable is empty, the blanks around it stand together.
    empty = {name: render_line(text, {}) or ANY for name, text in values.items()}
    problems += [
        problem
        for problem in problems_of_values(template.content, empty, header)
        if problem.code == "characters" and problem not in problems
    ]
    blamed = {entry["field"] for entry in known}
    for problem in problems:
        field = _field(template, problem)
        if field not in blamed:
            yield fault(field, problem.code, problem.text)


def _field(template: Template, problem: Problem) -> str:
    header = template.content.header
    if problem.field != "header" or header is None or header.kind is HeaderKind.TEXT:
        return problem.field if problem.field == "template" else f"template.{problem.field}"
    return PLACE_FIELD if header.kind is HeaderKind.LOCATION else MEDIA_FIELD

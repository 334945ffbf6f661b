"""A template and the values a broadcast gives it, before anything is written or sent."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from campaigns.content import FITS, Content, fault
from campaigns.drafts import PartDraft, TemplateDraft
from campaigns.gaps import gaps_in
from campaigns.rendering import VARIABLE, VARIABLES, render_line, variables_in
from campaigns.template_values import unfit_of
from channels.adapters.base import PartKind
from channels.models import Media
from conversations.templates import variable_faults
from templates_app.filling import Fault, header_of, state_faults, value_faults
from templates_app.models import Template

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
    gone = bool(draft.header_media) and not media
    header, faults = header_of(media.get(draft.header_media), draft.place, gone=gone)
    said = {entry["field"] for entry in faults}
    found = [*state_faults(template), *faults, *variable_faults(draft.values)]
    # Whatever depends on the person is counted, not refused: here every variable is one character, …
    found += value_faults(template, _filled(draft.values, ANY), header, but=said)
    # … and then empty, for the blanks around it then stand together.
    found += [
        entry
        for entry in value_faults(template, _filled(draft.values, ""), header, but=said)
        if entry["code"] == "characters" and entry not in found
    ]
    return content, found


def _content(values: Mapping[str, str], media: Mapping[str, Media], template: Template | None) -> Content:
    return Content(
        parts=(PartDraft(PartKind.TEMPLATE),),
        media=media,
        refused={},
        variables=tuple(name for name in variables_in(values.values()) if name in VARIABLES),
        template=template,
        unfit=unfit_of(template.content, values) if template else FITS,
        gaps=gaps_in(text for text in values.values() if not render_line(text, {}).strip()),
    )


def _filled(values: Mapping[str, str], variable: str) -> dict[str, str]:
    """With something in every variable's place; "" for its fallback or nothing."""
    if variable:
        return {name: VARIABLE.sub(variable, text) for name, text in values.items()}
    return {name: render_line(text, {}) or ANY for name, text in values.items()}

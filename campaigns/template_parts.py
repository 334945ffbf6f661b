"""The template of a campaign: kept as it was asked for, frozen when sending begins, and still to be had or not."""

from __future__ import annotations

from django.utils.translation import gettext as _

from campaigns.content import fault
from campaigns.drafts import TemplateDraft
from campaigns.errors import InvalidCampaign, TemplateChanged, TemplateStopped
from campaigns.models import Campaign, Part
from channels.adapters.base import PartKind
from channels.models import Media
from templates_app.filling import MEDIA_FIELD, Fault
from templates_app.models import Template
from templates_app.rendering import show
from templates_app.wording import Wording


def write_template_part(campaign: Campaign, draft: TemplateDraft) -> None:
    """Keep it as the campaign's one part, complete or not. Raises InvalidCampaign where template or file are gone."""
    template, media = named_in(draft)
    Part.objects.create(
        tenant_id=campaign.tenant_id,
        campaign=campaign,
        position=0,
        kind=PartKind.TEMPLATE,
        template=template,
        values=dict(draft.values),
        media=media,
        place=dict(draft.place) if draft.place is not None else None,
    )


def named_in(draft: TemplateDraft) -> tuple[Template, Media | None]:
    """What the draft names. Raises InvalidCampaign where it does not exist."""
    template = Template.objects.filter(pk=draft.template).first()
    media = Media.objects.filter(key=draft.header_media).first() if draft.header_media else None
    faults: list[Fault] = []
    if template is None:
        faults.append(fault("template", "not_found", _("This template is no longer here. Choose another.")))
    if draft.header_media and media is None:
        faults.append(fault(MEDIA_FIELD, "not_found", _("This file is no longer here. Choose it again.")))
    if template is None or faults:
        raise InvalidCampaign(errors=faults)
    return template, media


def freeze_wording(campaign: Campaign) -> None:
    """From now on the campaign says what its template says now, to everybody."""
    for part in campaign.parts.filter(template__isnull=False).select_related("template"):
        assert part.template is not None  # noqa: S101  for the type
        wording = Wording.of(part.template)
        part.wording, part.text = wording.as_json(), show(wording.content, part.values).text
        part.save(update_fields=["wording", "text"])


def is_stopped(campaign: Campaign) -> bool:
    """Whether the campaign's template cannot be sent now; it stays as found until the transaction ends."""
    return any(not template.sendable for template in _templates(campaign))


def require_sendable(campaign: Campaign) -> None:
    """Raises TemplateStopped, or TemplateChanged where it has other words than when the campaign began."""
    for part in campaign.parts.filter(template__isnull=False):
        template = _locked(part)
        if not template.sendable:
            raise TemplateStopped
        if part.wording is not None and not Wording.read(part.wording).says_as(template):
            raise TemplateChanged


def _templates(campaign: Campaign) -> list[Template]:
    return [_locked(part) for part in campaign.parts.filter(template__isnull=False)]


def _locked(part: Part) -> Template:
    """Whoever stores news of it waits, and pauses the campaign afterwards."""
    assert part.template_id is not None  # noqa: S101  for the type
    return Template.objects.select_for_update().get(pk=part.template_id)

"""The composer of a template broadcast: its fields with what is wrong with each, and the phones of the first people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse
from django.utils import timezone

from campaigns.affected import first_reached
from campaigns.audience import Audience
from campaigns.drafts import CampaignDraft, TemplateDraft, draft_of
from campaigns.models import Campaign
from campaigns.rendering import LABELS, render_line
from channels.adapters.base import ChannelKind
from channels.models import Media
from templates_app.filling import MEDIA_FIELD, PLACE_FIELD
from templates_app.models import Template
from tenants.models import Member
from workspace.broadcasts.drafting import Check, Fault, check
from workspace.broadcasts.purposes import TEMPLATES
from workspace.broadcasts.scheduling import named_zone, proposed_start
from workspace.broadcasts.selection import described
from workspace.templates.choosing import obstacle_of
from workspace.templates.filling import form_of
from workspace.templates.looks import Preview, preview_of, status_look

PARAMETERS = "template.parameters."
PHONES = 5  # people whose phones can be looked at


@dataclass(frozen=True)
class Phone:
    """What one of the chosen people will see."""

    person: str
    preview: Preview


def is_stale(campaign: Campaign, draft: CampaignDraft) -> bool:
    """Whether a page that is still open has the fields of another template than was picked meanwhile."""
    picked = draft_of(campaign).template
    return draft.template is not None and picked is not None and draft.template.template != picked.template


def filling_context(draft: CampaignDraft, found: Check, member: Member) -> dict[str, Any]:
    """What changes with every save: fields with their faults, phones."""
    said = draft.template
    template = Template.objects.select_related("account").filter(pk=said.template).first() if said else None
    if said is None or template is None:
        return {"template": None}
    media = Media.objects.filter(key=said.header_media).first() if said.header_media else None
    faults = faults_by_field(found.faults)
    form = form_of(template.content, said.values, faults, media, said.place)
    return {
        "template": template,
        "form": form,
        "reason": form.named(found.faults[0]) if found.faults else "",
        "phones": _phones(template, said, media, _people(draft, found, member)),
    }


def page_context(campaign: Campaign, draft: CampaignDraft, found: Check, member: Member) -> dict[str, Any]:
    """What the composer's page shows beside that."""
    template = Template.objects.get(pk=draft.template.template) if draft.template else Template()
    audience: Audience = draft.audience
    if found.preflight is None:
        audience = audience.without_faulty(member)
        found = check(member, replace(draft, audience=audience))
    others = Template.objects.present().filter(account=template.account_id, name=template.name)
    return {
        "chosen": described(audience, found.preflight, TEMPLATES),
        "look": status_look(template.status),
        "languages": [(one, obstacle_of(one)) for one in others.order_by("language")],
        "upload": reverse("campaigns:upload", args=[campaign.number]),
        "variables": LABELS.items(),
        "start": proposed_start(),
        "zone": named_zone(),
        "zone_name": timezone.get_current_timezone_name(),
    }


def faults_by_field(faults: list[Fault]) -> dict[str, Fault]:
    """The first fault of each parameter by its name, that of the header as "header"."""
    found: dict[str, Fault] = {}
    for fault in faults:
        if fault["field"].startswith(PARAMETERS):
            found.setdefault(fault["field"].removeprefix(PARAMETERS), fault)
        elif fault["field"] in (MEDIA_FIELD, PLACE_FIELD):
            found.setdefault("header", fault)
    return found


def _people(draft: CampaignDraft, found: Check, member: Member) -> list[dict[str, str]]:
    if found.preflight is None:
        return []
    return first_reached(member, draft, ChannelKind.WHATSAPP, PHONES)


def _phones(
    template: Template, said: TemplateDraft, media: Media | None, people: list[dict[str, str]]
) -> list[Phone]:
    """One a person; without anybody one with the fallbacks."""
    return [
        Phone(
            person.get("name", ""),
            preview_of(template.content, media, _filled(said.values, person), said.place),
        )
        for person in people or [{}]
    ]


def _filled(values: Mapping[str, str], person: Mapping[str, str]) -> dict[str, str]:
    return {name: render_line(text, person) for name, text in values.items()}

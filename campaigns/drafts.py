"""A campaign as somebody asks for it, before anything is written: the same value behind page and API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from campaigns.audience import Audience
from campaigns.errors import InvalidCampaign
from campaigns.models import MAX_PARTS, Campaign, CampaignKind, OnUnsupported
from channels.adapters.base import PartKind

CLIENTS = ("web", "app")


@dataclass(frozen=True)
class PartDraft:
    """`media` is the key of an uploaded file; texts may hold variables."""

    kind: PartKind
    text: str = ""
    media: str = ""


@dataclass(frozen=True)
class CampaignDraft:
    audience: Audience
    parts: tuple[PartDraft, ...]
    kind: CampaignKind = CampaignKind.MESSAGE
    client: str = "web"
    on_unsupported: str = OnUnsupported.SKIP_RECIPIENT
    scheduled_at: datetime | None = None

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> CampaignDraft:
        """Read the API's campaign body. Raises InvalidCampaign with one error per faulty field."""
        faults: list[dict[str, str]] = []
        kind = _choice(body, "kind", [CampaignKind.MESSAGE.value], CampaignKind.MESSAGE.value, faults)
        client = _choice(body, "client", CLIENTS, "web", faults)
        on_unsupported = _choice(
            body, "on_unsupported", OnUnsupported.values, OnUnsupported.SKIP_RECIPIENT.value, faults
        )
        scheduled_at = _instant(body.get("scheduled_at"), faults)
        parts = _parts(body.get("parts"), faults)
        if faults:
            raise InvalidCampaign(errors=faults)
        return cls(
            audience=Audience.from_dict(body.get("audience")),
            parts=parts,
            kind=CampaignKind(kind),
            client=client,
            on_unsupported=on_unsupported,
            scheduled_at=scheduled_at,
        )


def draft_of(campaign: Campaign) -> CampaignDraft:
    """What was asked for, as the value the campaign was made from."""
    return CampaignDraft(
        audience=Audience.from_dict(campaign.audience),
        parts=tuple(
            PartDraft(PartKind(part.kind), part.text, part.media.key if part.media else "")
            for part in campaign.parts.select_related("media")
        ),
        kind=CampaignKind(campaign.kind),
        client=campaign.client,
        on_unsupported=campaign.on_unsupported,
        scheduled_at=campaign.scheduled_at,
    )


def _parts(value: Any, faults: list[dict[str, str]]) -> tuple[PartDraft, ...]:
    if not isinstance(value, list):
        faults.append(_fault("parts", "required", _("Add at least one message.")))
        return ()
    if len(value) > MAX_PARTS:
        faults.append(
            _fault("parts", "too_many", _("A broadcast has at most %(most)d messages.") % {"most": MAX_PARTS})
        )
    parts = []
    for position, item in enumerate(value[:MAX_PARTS]):
        where = f"parts.{position}"
        kinds = [kind.value for kind in PartKind]
        if not isinstance(item, Mapping) or item.get("kind") not in kinds:
            faults.append(_fault(f"{where}.kind", "unknown", _("This kind of message is not known.")))
            continue
        text, media = item.get("text") or "", item.get("media") or ""
        if not isinstance(text, str) or not isinstance(media, str):
            faults.append(_fault(where, "not_text", _("Text and media are given as text.")))
            continue
        parts.append(PartDraft(PartKind(item["kind"]), text, media))
    return tuple(parts)


def _choice(
    body: Mapping[str, Any], field: str, allowed: Any, default: str, faults: list[dict[str, str]]
) -> str:
    value = body.get(field, default)
    if value not in allowed:
        faults.append(
            _fault(field, "unknown", _("Choose one of: %(allowed)s.") % {"allowed": ", ".join(allowed)})
        )
        return default
    return str(value)


def _instant(value: Any, faults: list[dict[str, str]]) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        at = parse_datetime(value)
    except (TypeError, ValueError):
        at = None
    if at is None or timezone.is_naive(at):
        faults.append(
            _fault(
                "scheduled_at", "not_a_time", _("Give a time with its zone, like 2026-11-21T09:00:00+08:00.")
            )
        )
        return None
    if at <= timezone.now():
        faults.append(_fault("scheduled_at", "past", _("This time has passed.")))
        return None
    return at


def _fault(field: str, code: str, detail: str) -> dict[str, str]:
    return {"field": field, "code": code, "detail": detail}

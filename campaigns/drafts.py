"""A campaign as somebody asks for it, before anything is written: the same value behind page and API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from campaigns.audience import Audience, audience_of
from campaigns.errors import InvalidCampaign
from campaigns.models import MAX_PARTS, Campaign, CampaignKind, OnUnsupported, Part
from channels.adapters.base import PLAIN_KINDS, ChannelKind, PartKind
from channels.capabilities import BROADCAST_CHANNELS

CLIENTS = ("web", "app")
MOST_VALUES, LONGEST_TEXT = 50, 4000  # of a template; more than any takes
PLACE = {"latitude": 90, "longitude": 180, "name": 0, "address": 0}  # degrees at most, 0 for words


@dataclass(frozen=True)
class PartDraft:
    """`media` is the key of an uploaded file; texts may hold variables."""

    kind: PartKind
    text: str = ""
    media: str = ""


@dataclass(frozen=True)
class TemplateDraft:
    """`template` is its id; `values` are by the names of its parameters and may hold variables, as texts do. Its header
    is filled by `header_media`, the key of an uploaded file, or by `place`: latitude, longitude, name, address."""

    template: int
    values: Mapping[str, str] = field(default_factory=dict)
    header_media: str = ""
    place: Mapping[str, Any] | None = None

    @classmethod
    def from_dict(cls, body: Any) -> TemplateDraft:
        """Read the API's `template` object. Raises InvalidCampaign with one error per faulty field."""
        faults: list[dict[str, str]] = []
        found = _template(body, faults)
        if found is None or faults:
            raise InvalidCampaign(
                errors=faults or [_fault("template.id", "required", _("Choose a template."))]
            )
        return found


@dataclass(frozen=True)
class CampaignDraft:
    """`on_unsupported_by`: kinds of channel for which something else than `on_unsupported` was chosen. Of a kind
    "template" there are no `parts`; `template` is None until one was picked. `scheduled_zone` is the IANA name of the
    zone in which the start time was picked, "" for the team's. `track_links`: addresses in its texts become short
    links that tell who tapped (`campaigns.links`)."""

    audience: Audience
    parts: tuple[PartDraft, ...]
    kind: CampaignKind = CampaignKind.MESSAGE
    client: str = "web"
    on_unsupported: str = OnUnsupported.SKIP_RECIPIENT
    scheduled_at: datetime | None = None
    on_unsupported_by: Mapping[str, str] = field(default_factory=dict)
    template: TemplateDraft | None = None
    scheduled_zone: str = ""
    track_links: bool = True

    def choice_for(self, kind: ChannelKind) -> str:
        """What becomes of people on this kind of channel where it refuses a part: an OnUnsupported."""
        return self.on_unsupported_by.get(kind, self.on_unsupported)

    @classmethod
    def from_dict(cls, body: Mapping[str, Any]) -> CampaignDraft:
        """Read the API's campaign body. Raises InvalidCampaign with one error per faulty field."""
        faults: list[dict[str, str]] = []
        kind = _choice(body, "kind", CampaignKind.values, CampaignKind.MESSAGE.value, faults)
        client = _choice(body, "client", CLIENTS, "web", faults)
        on_unsupported = _choice(
            body, "on_unsupported", OnUnsupported.values, OnUnsupported.SKIP_RECIPIENT.value, faults
        )
        on_unsupported_by = _choices_by(body.get("on_unsupported_by"), faults)
        scheduled_at = _instant(body.get("scheduled_at"), faults)
        scheduled_zone = _zone(body.get("scheduled_zone"), faults)
        track_links = _flag(body, "track_links", faults, default=True)
        template: TemplateDraft | None = None
        parts: tuple[PartDraft, ...] = ()
        if kind == CampaignKind.TEMPLATE:
            _refuse(body, "parts", faults)
            template = _template(body.get("template"), faults)
        else:
            _refuse(body, "template", faults)
            parts = _parts(body.get("parts"), faults)
        if faults:
            raise InvalidCampaign(errors=faults)
        return cls(
            audience=audience_of(body.get("audience")),
            parts=parts,
            kind=CampaignKind(kind),
            client=client,
            on_unsupported=on_unsupported,
            scheduled_at=scheduled_at,
            on_unsupported_by=on_unsupported_by,
            template=template,
            scheduled_zone=scheduled_zone,
            track_links=track_links,
        )


def read_start(body: Mapping[str, Any]) -> tuple[datetime, str]:
    """The API's `scheduled_at` and `scheduled_zone` ("" for the team's). Raises InvalidCampaign."""
    faults: list[dict[str, str]] = []
    at, zone = _instant(body.get("scheduled_at"), faults), _zone(body.get("scheduled_zone"), faults)
    if at is None or faults:
        raise InvalidCampaign(
            errors=faults or [_fault("scheduled_at", "required", _("Give the time at which it is to start."))]
        )
    return at, zone


def draft_of(campaign: Campaign) -> CampaignDraft:
    """What was asked for, as the value the campaign was made from."""
    parts = list(campaign.parts.select_related("media"))
    return CampaignDraft(
        audience=audience_of(campaign.audience),
        parts=tuple(
            PartDraft(PartKind(part.kind), part.text, part.media.key if part.media else "")
            for part in parts
            if part.template_id is None
        ),
        template=next((_template_of(part) for part in parts if part.template_id is not None), None),
        kind=CampaignKind(campaign.kind),
        client=campaign.client,
        on_unsupported=campaign.on_unsupported,
        scheduled_at=campaign.scheduled_at,
        on_unsupported_by=campaign.on_unsupported_by,
        scheduled_zone=campaign.scheduled_zone,
        track_links=campaign.track_links,
    )


def _template_of(part: Part) -> TemplateDraft:
    assert part.template_id is not None  # noqa: S101  for the type
    return TemplateDraft(part.template_id, part.values, part.media.key if part.media else "", part.place)


def _refuse(body: Mapping[str, Any], name: str, faults: list[dict[str, str]]) -> None:
    """A broadcast says messages of one's own or a template, not both."""
    if body.get(name) is not None or (name == "parts" and name in body):
        faults.append(_fault(name, "unexpected", _("This kind of broadcast has none.")))


def _template(value: Any, faults: list[dict[str, str]]) -> TemplateDraft | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or type(value.get("id")) is not int or not 0 < value["id"] < 2**63:
        faults.append(_fault("template.id", "required", _("Choose a template.")))
        return None
    values, media, place = value.get("parameters", {}), value.get("header_media"), value.get("location")
    if (
        not isinstance(values, Mapping)
        or len(values) > MOST_VALUES
        or not all(map(_is_text, values.values()))
    ):
        faults.append(
            _fault("template.parameters", "not_text", _("Values are given as text, by their names."))
        )
        values = {}
    if media is not None and not _is_text(media):
        faults.append(_fault("template.header_media", "not_text", _("Name the file by its id.")))
    if place is not None and not _is_place(place):
        detail = _("Give latitude, longitude, name and address of the place.")
        faults.append(_fault("template.location", "not_a_place", detail))
    plain = {_plain(name): _plain(text) for name, text in values.items()}
    return TemplateDraft(value["id"], plain, _plain(str(media or "")), place)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _is_place(value: Any) -> bool:
    """What is given in degrees and words; whether the header wants one is another matter."""
    if not isinstance(value, Mapping) or value.keys() != PLACE.keys():
        return False
    degrees, words = (
        [(value[name], most) for name, most in PLACE.items() if most],
        (value["name"], value["address"]),
    )
    return all(type(one) in (int, float) and -most <= one <= most for one, most in degrees) and all(
        _is_text(one) and one.strip() and "\x00" not in one for one in words
    )


def _plain(text: str) -> str:
    return text.replace("\x00", "")


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
        kinds = [kind.value for kind in PLAIN_KINDS]
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


def _flag(body: Mapping[str, Any], field: str, faults: list[dict[str, str]], *, default: bool) -> bool:
    value = body.get(field, default)
    if isinstance(value, bool):
        return value
    faults.append(_fault(field, "not_a_flag", _("Give true or false.")))
    return default


def _choices_by(value: Any, faults: list[dict[str, str]]) -> dict[str, str]:
    if value in (None, ""):
        return {}
    kinds = [kind.value for kind in BROADCAST_CHANNELS]
    if isinstance(value, Mapping) and all(
        kind in kinds and choice in OnUnsupported.values for kind, choice in value.items()
    ):
        return dict(value)
    allowed = {"kinds": ", ".join(kinds), "choices": ", ".join(OnUnsupported.values)}
    detail = _("Name for each of %(kinds)s one of: %(choices)s.") % allowed
    faults.append(_fault("on_unsupported_by", "unknown", detail))
    return {}


def _zone(value: Any, faults: list[dict[str, str]]) -> str:
    """An IANA name, or "" where none is given; else a fault is added."""
    if value in (None, ""):
        return ""
    if not isinstance(value, str) or value not in available_timezones():
        faults.append(_fault("scheduled_zone", "unknown", _("Name a time zone, like Asia/Taipei.")))
        return ""
    return value


def _instant(value: Any, faults: list[dict[str, str]]) -> datetime | None:
    """A moment to come; where it is none, or past, a fault is added."""
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

"""Templates as people see them: states with tone and icon, the phone's preview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from channels.media import outgoing_media
from channels.media.rules import public_url
from channels.models import Media
from templates_app.content import ButtonKind, Content, Header, HeaderKind
from templates_app.lifecycle import Quality, Status
from templates_app.markup import Span, spans
from templates_app.models import Template
from templates_app.rendering import examples_of
from templates_app.variables import variables_in

STATUS_LOOKS = {
    Status.DRAFT: ("neutral", "pencil"),
    Status.UNCONFIRMED: ("warning", "hourglass"),
    Status.PENDING: ("info", "clock"),
    Status.APPROVED: ("success", "circle-check"),
    Status.FLAGGED: ("warning", "triangle-alert"),
    Status.REJECTED: ("error", "circle-x"),
    Status.PAUSED: ("warning", "pause"),
    Status.DISABLED: ("error", "ban"),
    Status.IN_APPEAL: ("info", "clock"),
    Status.LIMIT_EXCEEDED: ("error", "circle-alert"),
    Status.LOCKED: ("error", "lock"),
    Status.ARCHIVED: ("neutral", "circle-dashed"),
    Status.PENDING_DELETION: ("neutral", "loader-circle"),
    Status.DELETED: ("neutral", "trash-2"),
    Status.UNKNOWN: ("warning", "circle-help"),
}
QUALITY_LOOKS = {
    Quality.UNKNOWN: ("neutral", "circle-dashed"),
    Quality.HIGH: ("success", "signal"),
    Quality.MEDIUM: ("warning", "signal"),
    Quality.LOW: ("error", "signal"),
}
HEADER_ICONS = {
    HeaderKind.IMAGE: "image",
    HeaderKind.VIDEO: "video",
    HeaderKind.DOCUMENT: "file-text",
    HeaderKind.LOCATION: "map-pin",
}
BUTTON_ICONS = {
    ButtonKind.QUICK_REPLY: "reply",
    ButtonKind.URL: "external-link",
    ButtonKind.PHONE: "phone",
    ButtonKind.COPY_CODE: "copy",
}


@dataclass(frozen=True)
class Look:
    label: str | Promise
    tone: str
    icon: str


def status_look(status: str) -> Look:
    known = Status(status)
    return Look(known.label, *STATUS_LOOKS[known])


def quality_look(quality: str) -> Look:
    known = Quality(quality)
    return Look(known.label, *QUALITY_LOOKS[known])


@dataclass(frozen=True)
class ShownButton:
    label: str
    icon: str


@dataclass(frozen=True)
class Preview:
    """What the customer's phone shows. `header_name` is what stands in a header without a picture, such as a document's
    name or a place's; `header_note` its second line."""

    header: list[Span]
    header_icon: str
    header_name: str
    header_note: str
    picture: str
    body: list[Span]
    footer: str
    buttons: list[ShownButton]

    @property
    def empty(self) -> bool:
        return not (self.header or self.header_icon or self.body or self.footer or self.buttons)


def preview_of(
    content: Content,
    media: Media | None = None,
    values: Mapping[str, str] | None = None,
    place: Mapping[str, Any] | None = None,
) -> Preview:
    """With examples in place of the variables, or with `values` by the parameters' names; one without a value shows its
    name. `media` or `place` fill the header."""
    header = content.header
    values = examples_of(content) if values is None else values
    heading = header.text if header and header.kind is HeaderKind.TEXT else ""
    in_heading = {name: values.get(content.header_key(name), "") for name in variables_in(heading)}
    name, note = _header_words(header, media, place or {})
    return Preview(
        header=spans(heading, in_heading),
        header_icon=HEADER_ICONS.get(header.kind, "") if header else "",
        header_name=name,
        header_note=note,
        picture=_picture(header, media),
        body=spans(content.body, values),
        footer=content.footer,
        buttons=[
            ShownButton(button.text or _("Copy code"), BUTTON_ICONS[button.kind])
            for button in content.buttons
        ],
    )


def _header_words(header: Header | None, media: Media | None, place: Mapping[str, Any]) -> tuple[str, str]:
    if header is None:
        return "", ""
    if header.kind is HeaderKind.LOCATION:
        return str(place.get("name", "")), str(place.get("address", ""))
    return (media.name if media and header.kind is HeaderKind.DOCUMENT else ""), ""


def _picture(header: Header | None, media: Media | None) -> str:
    """The header's picture, or the one that stands for its video."""
    if header is None or media is None:
        return ""
    if header.kind is HeaderKind.IMAGE:
        return picture_path(media)
    return urlsplit(outgoing_media(media).preview_url).path if header.kind is HeaderKind.VIDEO else ""


def picture_path(media: Media) -> str:
    """On our own host, whatever address providers are given."""
    return "/m/" + public_url(media).partition("/m/")[2]


def in_one_line(template: Template) -> str:
    """The body as a list shows it."""
    body = (template.content if template.meta_id else template.written).body
    return " ".join(body.split())[:140]

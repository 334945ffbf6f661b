"""Templates as people see them: states with tone and icon, the phone's preview."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from channels.media.rules import public_url
from channels.models import Media
from templates_app.content import ButtonKind, Content, HeaderKind
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
    """What the customer's phone shows: examples stand where the variables are."""

    header: list[Span]
    header_icon: str
    header_name: str
    picture: str
    body: list[Span]
    footer: str
    buttons: list[ShownButton]

    @property
    def empty(self) -> bool:
        return not (self.header or self.header_icon or self.body or self.footer or self.buttons)


def preview_of(content: Content, media: Media | None = None) -> Preview:
    header = content.header
    values = examples_of(content)
    heading = header.text if header and header.kind is HeaderKind.TEXT else ""
    in_heading = {name: values.get(content.header_key(name), "") for name in variables_in(heading)}
    picture = media is not None and header is not None and header.kind is HeaderKind.IMAGE
    return Preview(
        header=spans(heading, in_heading),
        header_icon=HEADER_ICONS.get(header.kind, "") if header else "",
        header_name=media.name if media and header and header.kind is HeaderKind.DOCUMENT else "",
        picture=picture_path(media) if media and picture else "",
        body=spans(content.body, values),
        footer=content.footer,
        buttons=[
            ShownButton(button.text or _("Copy code"), BUTTON_ICONS[button.kind])
            for button in content.buttons
        ],
    )


def picture_path(media: Media) -> str:
    """On our own host, whatever address providers are given."""
    return "/m/" + public_url(media).partition("/m/")[2]


def in_one_line(template: Template) -> str:
    """The body as a list shows it."""
    body = (template.content if template.meta_id else template.written).body
    return " ".join(body.split())[:140]

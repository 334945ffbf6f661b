"""What a campaign says, as its page shows it: texts with their variables marked."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from campaigns.models import Campaign, Part
from campaigns.rendering import LABELS, VARIABLE, render
from templates_app.models import Template
from templates_app.wording import Wording
from workspace.broadcasts.files import about, path_of, poster_path
from workspace.templates.looks import Preview, preview_of


@dataclass(frozen=True)
class Piece:
    """A stretch of text; with `variable` it stands for that field of the customer."""

    text: str | Promise
    variable: bool = False


@dataclass(frozen=True)
class ShownPart:
    """`path` is where the file lies, `poster` a picture that stands for it, `name` what its sender called it.
    `bubble` is a template as it looks."""

    kind: str
    pieces: list[Piece]
    path: str = ""
    poster: str = ""
    name: str = ""
    about: str = ""
    bubble: Preview | None = None


def parts_of(campaign: Campaign) -> list[ShownPart]:
    return [_shown(part) for part in campaign.parts.select_related("media", "template")]


def template_of(campaign: Campaign) -> Template | None:
    """The template it sends; None of messages."""
    return Template.objects.filter(pk__in=campaign.parts.values("template")).first()


def _shown(part: Part) -> ShownPart:
    if part.template is not None:
        return ShownPart(part.kind, [], bubble=_bubble(part, part.template))
    if part.media is not None:
        media = part.media
        return ShownPart(part.kind, [], path_of(media), poster_path(media), media.name, about(media))
    return ShownPart(part.kind, pieces_of(part.text))


def _bubble(part: Part, template: Template) -> Preview:
    """The template as it is sent: in the words it had when sending began, with the names of variables in its values."""
    content = Wording.read(part.wording).content if part.wording else template.content
    values = {
        name: "".join(str(piece.text) for piece in pieces_of(text)) for name, text in part.values.items()
    }
    return preview_of(content, part.media, values, part.place)


def pieces_of(text: str) -> list[Piece]:
    """The text cut at its variables, which are named in the reader's language."""
    pieces: list[Piece] = []
    end = 0
    for match in VARIABLE.finditer(text):
        pieces += [Piece(text[end : match.start()]), Piece(LABELS.get(match[1], match[1]), variable=True)]
        end = match.end()
    return [piece for piece in [*pieces, Piece(text[end:])] if piece.text]


def in_one_line(text: str) -> str:
    """For a list: every variable by its fallback, blanks joined."""
    return " ".join(render(text, {}).split())

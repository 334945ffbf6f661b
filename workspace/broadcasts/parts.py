"""What a campaign says, as its page shows it: texts with their variables marked."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from campaigns.models import Campaign
from campaigns.rendering import LABELS, VARIABLE, render
from workspace.broadcasts.files import about, path_of, poster_path


@dataclass(frozen=True)
class Piece:
    """A stretch of text; with `variable` it stands for that field of the customer."""

    text: str | Promise
    variable: bool = False


@dataclass(frozen=True)
class ShownPart:
    """`path` is where the file lies, `poster` a picture that stands for it, `name` what its sender called it."""

    kind: str
    pieces: list[Piece]
    path: str = ""
    poster: str = ""
    name: str = ""
    about: str = ""


def parts_of(campaign: Campaign) -> list[ShownPart]:
    return [
        ShownPart(
            part.kind, [], path_of(part.media), poster_path(part.media), part.media.name, about(part.media)
        )
        if part.media
        else ShownPart(part.kind, pieces_of(part.text))
        for part in campaign.parts.select_related("media")
    ]


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

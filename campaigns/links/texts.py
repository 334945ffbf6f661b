"""What a text says to one person, with their variables and their short links: the same wherever it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from campaigns.links.codes import short_link
from campaigns.links.finding import Found
from campaigns.models import Link, Part
from campaigns.rendering import render
from channels.adapters.base import PartKind

Position = tuple[int, int]  # campaign id, position of the part


@dataclass(frozen=True)
class Text:
    """A part's words before they meet a person. `links`: each tracked one's words before it, and its place; `words` are
    what follows the last of them, all of it where none is tracked."""

    words: str
    links: tuple[tuple[str, int], ...] = ()

    def to(self, recipient: int, fields: Mapping[str, str]) -> str:
        """As the recipient with this id gets it."""
        if not self.links:
            return render(self.words, fields)
        said: list[str] = []
        for before, place in self.links:
            said += (render(before, fields), short_link(recipient, place))
        return "".join([*said, render(self.words, fields)])


def texts_of(parts: Iterable[Part]) -> dict[Position, Text]:
    """By the parts' campaigns and positions. Asks for links only where a text has an address in it."""
    listed = list(parts)
    campaigns = {part.campaign_id for part in listed if may_hold_links(part.kind, part.text)}
    links: dict[Position, list[Link]] = {}
    if campaigns:
        for link in Link.objects.filter(campaign__in=campaigns).order_by("place"):
            links.setdefault((link.campaign_id, link.part), []).append(link)
    return {
        place: _cut(part.text, links.get(place, []))
        for part in listed
        if (place := (part.campaign_id, part.position))
    }


def may_hold_links(kind: str, text: str) -> bool:
    return kind == PartKind.TEXT and "://" in text


def _cut(text: str, links: Iterable[Link]) -> Text:
    pieces, end = [], 0
    for link in links:
        found = Found(link.start, link.url)
        pieces.append((text[end : found.start], link.place))
        end = found.end
    return Text(text[end:], tuple(pieces))

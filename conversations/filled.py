"""A template as it was filled in for one conversation: what is kept with the message, and sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from channels.adapters.base import OutgoingMedia, OutgoingTemplate, Unsupported
from templates_app.rendering import show
from templates_app.wording import Wording, read_place


@dataclass(frozen=True)
class Filled:
    """`values` by the parameters' names, without variables; `place`: see `templates_app.wording.read_place`."""

    wording: Wording
    values: Mapping[str, str]
    place: Mapping[str, Any] | None = None

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Filled:
        """What `as_json` wrote."""
        return cls(Wording.read(value["wording"]), value["values"], value["place"])

    def as_json(self) -> dict[str, Any]:
        return {"wording": self.wording.as_json(), "values": dict(self.values), "place": self.place}

    @property
    def text(self) -> str:
        """Its words, as the chat shows them."""
        return show(self.wording.content, self.values).text

    def outgoing(self, media: OutgoingMedia | None) -> OutgoingTemplate:
        """Raises Unsupported for what Meta would refuse; it was asked before the message was written."""
        try:
            return self.wording.outgoing(
                self.values, media or (read_place(self.place) if self.place else None)
            )
        except ValueError as error:
            raise Unsupported(str(error)) from error

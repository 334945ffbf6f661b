"""A template's words as they were at one moment, so that whatever goes on for a while says the same to everybody."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from channels.adapters.base import OutgoingTemplate
from templates_app.content import Content
from templates_app.models import Template, content_of
from templates_app.rendering import HeaderValue, Location, Values, render


@dataclass(frozen=True)
class Wording:
    """`components` are Meta's, `named` whether variables have names; `category` is what it counted as then."""

    name: str
    language: str
    category: str
    named: bool
    components: Sequence[Any]

    @classmethod
    def of(cls, template: Template) -> Wording:
        """What Meta has of it now."""
        return cls(template.name, template.language, template.category, template.named, template.components)

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Wording:
        """What `as_json` wrote."""
        return cls(**value)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @cached_property
    def content(self) -> Content:
        return content_of(self.components, self.named)

    def says_as(self, template: Template) -> bool:
        """Whether the template has the same words still."""
        return self.content.words == content_of(template.components, template.named).words

    def outgoing(self, values: Values, header: HeaderValue = None) -> OutgoingTemplate:
        """The message to one person. Raises ValueError where Meta would refuse the values."""
        return OutgoingTemplate(self.name, self.language, render(self.content, values, header))


def read_place(value: Any) -> Location:
    """A place as the API and the forms give it: latitude and longitude in degrees, name, address.

    Raises ValueError, in the reader's language.
    """
    if not isinstance(value, Mapping) or not value.keys() <= {"latitude", "longitude", "name", "address"}:
        raise ValueError(_("Give latitude, longitude, name and address of the place."))
    name, address = value.get("name", ""), value.get("address", "")
    if not isinstance(name, str) or not isinstance(address, str) or "\x00" in name + address:
        raise ValueError(_("Name and address of the place are given as text."))
    try:
        latitude, longitude = float(value.get("latitude", "")), float(value.get("longitude", ""))
    except (TypeError, ValueError) as error:
        raise ValueError(_("These are no degrees of latitude and longitude.")) from error
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        raise ValueError(_("These are no degrees of latitude and longitude."))
    return Location(latitude, longitude, name, address)

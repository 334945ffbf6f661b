"""A template with its values filled in: for the provider, for a preview, for a chat.

https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates

`problems_of_values` finds everything that Meta would refuse a message for (132000 number of parameters, 132012 their
kind, 132005 length, 132018 characters), so that none of these is ever our doing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from channels.adapters.base import OutgoingMedia
from templates_app.content import (
    MEDIA_HEADERS,
    Button,
    ButtonKind,
    Content,
    Header,
    HeaderKind,
    Place,
    button_key,
)
from templates_app.rules import HEADER_FILES, MAX_BODY, MAX_CODE, MAX_HEADER, MAX_URL, Problem
from templates_app.variables import URL_VARIABLE, fill, variables_in

Values = Mapping[str, str]  # by the parameters' names; see content.Parameter
_FORBIDDEN = re.compile(r"[\n\r\t]| {5,}")


@dataclass(frozen=True)
class Location:
    """Where a header of that kind points; degrees, north and east positive."""

    latitude: float
    longitude: float
    name: str
    address: str


HeaderValue = OutgoingMedia | Location | None


@dataclass(frozen=True)
class Shown:
    """A filled-in template as people read it; `buttons` are their labels."""

    header: str
    body: str
    footer: str
    buttons: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of its words, as a chat shows them in one bubble."""
        return "\n\n".join(filter(None, (self.header, self.body, self.footer)))


def show(content: Content, values: Values) -> Shown:
    """The words a person reads; parameters without a value stay as they are written."""
    header = content.header
    return Shown(
        fill(header.text, _header_values(content, values)) if header else "",
        fill(content.body, values),
        content.footer,
        tuple(button.text for button in content.buttons if button.text),
    )


def examples_of(content: Content) -> dict[str, str]:
    """The examples, as values for `show` and `render`."""
    return {parameter.name: parameter.example for parameter in content.parameters}


# --- For the provider -----------------------------------------------------------------------------------------


def render(content: Content, values: Values, header: HeaderValue = None) -> list[dict[str, Any]]:
    """`components` of the message; empty where there is nothing to fill in.

    Raises ValueError where `problems_of_values` finds anything.
    """
    if problems := problems_of_values(content, values, header):
        raise ValueError(f"{problems[0].field}: {problems[0].code}")
    return list(_components(content, values, header))


def _components(content: Content, values: Values, header: HeaderValue) -> Iterator[dict[str, Any]]:
    if parameters := _header_parameters(content, values, header):
        yield {"type": "header", "parameters": parameters}
    if names := variables_in(content.body):
        yield {"type": "body", "parameters": _text_parameters(names, values, content.named)}
    for index, button in enumerate(content.buttons):
        if button.dynamic:
            yield {
                "type": "button",
                "sub_type": button.kind.value.lower(),
                "index": str(index),
                "parameters": [_button_parameter(button, values[button_key(index)])],
            }


def _header_parameters(content: Content, values: Values, value: HeaderValue) -> list[dict[str, Any]]:
    header = content.header
    if header is None:
        return []
    if header.kind is HeaderKind.TEXT:
        names = variables_in(header.text)
        return _text_parameters(names, _header_values(content, values), content.named)
    kind = header.kind.value.lower()
    if isinstance(value, Location):
        where = {
            "latitude": str(value.latitude),
            "longitude": str(value.longitude),
            "name": value.name,
            "address": value.address,
        }
        return [{"type": kind, "location": where}]
    if not isinstance(value, OutgoingMedia):
        raise ValueError("header: missing")
    file = {"id": value.provider_media_id} if value.provider_media_id else {"link": value.url}
    if header.kind is HeaderKind.DOCUMENT and value.filename:
        file["filename"] = value.filename
    return [{"type": kind, kind: file}]


def _header_values(content: Content, values: Values) -> dict[str, str]:
    """The values of the header's variables, by the variables themselves."""
    names = variables_in(content.header.text) if content.header else ()
    return {name: values[key] for name in names if (key := content.header_key(name)) in values}


def _text_parameters(names: tuple[str, ...], values: Values, named: bool) -> list[dict[str, Any]]:
    if named:
        return [{"type": "text", "parameter_name": name, "text": values[name]} for name in names]
    return [{"type": "text", "text": values[name]} for name in sorted(names, key=int)]


def _button_parameter(button: Button, value: str) -> dict[str, str]:
    if button.kind is ButtonKind.COPY_CODE:
        return {"type": "coupon_code", "coupon_code": value}
    return {"type": "text", "text": quote(value, safe="/?&=#%+-._~:@!$'()*,;")}


# --- What would be refused ------------------------------------------------------------------------------------


def problems_of_values(content: Content, values: Values, header: HeaderValue = None) -> list[Problem]:
    """Why Meta would refuse the message; empty where it may be sent. Fields are `parameters.<name>` and `header`."""
    if content.foreign:
        text = _("This template has parts that cannot be sent from here: {parts}.")
        return [Problem("template", "foreign", text.format(parts=", ".join(content.foreign)))]
    found = [
        *_header_value_problems(content.header, header),
        *(problem for parameter in content.parameters for problem in _value_problems(parameter.name, values)),
        *_unknown_values(content, values),
    ]
    return found or [*_length_problems(content, values)]


def _header_value_problems(header: Header | None, value: HeaderValue) -> Iterator[Problem]:
    needs = header.kind if header is not None and header.kind is not HeaderKind.TEXT else None
    if needs is None:
        if value is not None:
            yield Problem("header", "unexpected", _("This template's header takes no file and no place."))
    elif needs is HeaderKind.LOCATION:
        yield from _place_problems(value)
    elif not isinstance(value, OutgoingMedia):
        yield Problem("header", "missing", _("Choose the file for the header."))
    elif not _fits(needs, value):
        yield Problem("header", "type", _("This file is of another kind than the header's."))


def _fits(kind: HeaderKind, file: OutgoingMedia) -> bool:
    """A document may be of any kind WhatsApp sends; pictures and videos only of theirs."""
    if kind is HeaderKind.DOCUMENT:
        return not file.mime.startswith(("image/", "video/", "audio/"))
    return kind in MEDIA_HEADERS and file.mime in HEADER_FILES[kind][0]


def _place_problems(value: HeaderValue) -> Iterator[Problem]:
    if not isinstance(value, Location) or not value.name.strip() or not value.address.strip():
        yield Problem("header", "missing", _("Name the place the header shows, with its address."))
    elif not (-90 <= value.latitude <= 90 and -180 <= value.longitude <= 180):
        yield Problem("header", "place", _("These are no degrees of latitude and longitude."))


def _value_problems(name: str, values: Values) -> Iterator[Problem]:
    field, value = f"parameters.{name}", values.get(name, "")
    if not value.strip():
        yield Problem(field, "missing", _("This value is empty."))
    elif _FORBIDDEN.search(value):
        text = _("A value takes no line breaks, no tabs and at most four spaces in a row.")
        yield Problem(field, "characters", text)


def _unknown_values(content: Content, values: Values) -> Iterator[Problem]:
    for name in sorted(values.keys() - {parameter.name for parameter in content.parameters}):
        yield Problem(f"parameters.{name}", "unknown", _("The template has no variable of this name."))


def _length_problems(content: Content, values: Values) -> Iterator[Problem]:
    """Once every value is there: what the message becomes with them."""
    shown = show(content, values)
    for place, text, most in ((Place.HEADER, shown.header, MAX_HEADER), (Place.BODY, shown.body, MAX_BODY)):
        if len(text) > most:
            words = _("With these values the text has {count} characters; {most} at most are allowed.")
            yield Problem(place.value, "too_long", words.format(count=len(text), most=most))
    for index, button in enumerate(content.buttons):
        value = values.get(button_key(index), "")
        long_code = button.kind is ButtonKind.COPY_CODE and len(value) > MAX_CODE
        if long_code or len(button.url.replace(URL_VARIABLE, value)) > MAX_URL:
            yield Problem(f"parameters.{button_key(index)}", "too_long", _("This value is too long."))

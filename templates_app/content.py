"""What a template says, as values, and the same as Meta writes it (`components`).

https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/components
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from channels.adapters.parsing import Json, Malformed, as_object, items, text
from templates_app.variables import URL_VARIABLE, variables_in


class HeaderKind(StrEnum):
    TEXT = "TEXT"
    IMAGE = "IMAGE"
    VIDEO = "VIDEO"
    DOCUMENT = "DOCUMENT"
    LOCATION = "LOCATION"


MEDIA_HEADERS = frozenset({HeaderKind.IMAGE, HeaderKind.VIDEO, HeaderKind.DOCUMENT})


class ButtonKind(StrEnum):
    QUICK_REPLY = "QUICK_REPLY"
    URL = "URL"
    PHONE = "PHONE_NUMBER"
    COPY_CODE = "COPY_CODE"


@dataclass(frozen=True)
class Header:
    """`handle`: Meta's name for the example of a picture, video or document, or an address it shows it at."""

    kind: HeaderKind
    text: str = ""
    examples: Mapping[str, str] = field(default_factory=dict)
    handle: str = ""


@dataclass(frozen=True)
class Button:
    """`example`: of a web address the part that takes the variable's place, of a code the code."""

    kind: ButtonKind
    text: str = ""
    url: str = ""
    phone: str = ""
    example: str = ""

    @property
    def dynamic(self) -> bool:
        """Whether every message needs a value of its own here."""
        return self.kind is ButtonKind.COPY_CODE or URL_VARIABLE in self.url


class Place(StrEnum):
    """Where a parameter stands."""

    HEADER = "header"
    BODY = "body"
    BUTTON = "button"


@dataclass(frozen=True)
class Parameter:
    """A value every message needs. `name` is unique in the template: the variable's own; of numbered ones `1` for the
    body and `header.1`; `button.<position among all buttons>`. A name in header and body is one parameter."""

    name: str
    place: Place
    example: str


@dataclass(frozen=True)
class Content:
    """A template's words in one language. `named`: whether variables have names or numbers. `foreign`: parts that this
    product neither writes nor sends, in Meta's words; such a template can be looked at only."""

    body: str = ""
    body_examples: Mapping[str, str] = field(default_factory=dict)
    header: Header | None = None
    footer: str = ""
    buttons: tuple[Button, ...] = ()
    named: bool = True
    foreign: tuple[str, ...] = ()

    @property
    def words(self) -> Content:
        """The content without what stands for its example file, which Meta names anew every time."""
        return replace(self, header=replace(self.header, handle="")) if self.header else self

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """In the order of reading: header, body, buttons."""
        found = {parameter.name: parameter for parameter in reversed(list(self._parameters()))}
        return tuple(reversed(found.values()))

    def _parameters(self) -> Iterator[Parameter]:
        if self.header is not None:
            for name in variables_in(self.header.text):
                yield Parameter(self.header_key(name), Place.HEADER, self.header.examples.get(name, ""))
        for name in variables_in(self.body):
            yield Parameter(name, Place.BODY, self.body_examples.get(name, ""))
        for index, button in enumerate(self.buttons):
            if button.dynamic:
                yield Parameter(button_key(index), Place.BUTTON, button.example)

    def header_key(self, variable: str) -> str:
        """The parameter's name of a variable in the header."""
        return variable if self.named else f"header.{variable}"


def button_key(index: int) -> str:
    """The parameter's name of the button at a position among all buttons."""
    return f"button.{index}"


# --- From Meta's components -----------------------------------------------------------------------------------


def read_content(components: Sequence[Any], *, named: bool) -> Content:
    """Raises Malformed, naming the place, where something is not of the documented shape."""
    values: dict[str, Any] = {"named": named}
    foreign: list[str] = []
    for raw in components:
        component = as_object(raw)
        kind = text(component, "type").upper()
        if kind == "BODY":
            values["body"] = text(component, "text")
            values["body_examples"] = _examples(component, "body_text", values["body"], named)
        elif kind == "FOOTER":
            values["footer"] = text(component, "text")
        elif kind == "HEADER":
            shape = text(component, "format").upper() or "TEXT"
            if shape in HeaderKind.__members__:
                values["header"] = _header(component, HeaderKind(shape), named)
            else:
                foreign.append(shape)
        elif kind == "BUTTONS":
            values["buttons"], others = _buttons(items(component, "buttons"))
            foreign += others
        else:
            foreign.append(kind or "?")
    return Content(**values, foreign=tuple(foreign))


def _header(component: Json, kind: HeaderKind, named: bool) -> Header:
    if kind is HeaderKind.TEXT:
        words = text(component, "text")
        return Header(kind, words, _examples(component, "header_text", words, named))
    example = component.get("example")
    handles = example.get("header_handle") if isinstance(example, dict) else None
    first = handles[0] if isinstance(handles, list) and handles else ""
    return Header(kind, handle=first if isinstance(first, str) else "")


def _examples(component: Json, key: str, words: str, named: bool) -> dict[str, str]:
    """The examples by variable; those of numbered ones are told by their order."""
    example = component.get("example")
    if not isinstance(example, dict):
        return {}
    if named:
        return {
            text(one, "param_name"): text(one, "example")
            for one in map(as_object, items(example, f"{key}_named_params"))
        }
    listed = items(example, key)
    if listed and isinstance(listed[0], list):  # the body's are a list of lists
        listed = listed[0]
    by_number = sorted(variables_in(words), key=lambda name: (len(name), name))
    return {name: str(value) for name, value in zip(by_number, listed, strict=False)}


def _buttons(raws: Sequence[Any]) -> tuple[tuple[Button, ...], list[str]]:
    buttons, foreign = [], []
    for raw in map(as_object, raws):
        kind = text(raw, "type").upper()
        if kind not in {known.value for known in ButtonKind}:
            foreign.append(kind or "?")
            continue
        url = text(raw, "url")
        buttons.append(
            Button(
                ButtonKind(kind),
                text(raw, "text") if kind != ButtonKind.COPY_CODE else "",
                url,
                text(raw, "phone_number"),
                _button_example(raw, url),
            )
        )
    return tuple(buttons), foreign


def _button_example(raw: Json, url: str) -> str:
    example = raw.get("example")
    first = example[0] if isinstance(example, list) and example else example
    if first is None:
        return ""
    if not isinstance(first, str):
        raise Malformed("a button's example is not text")
    return first.removeprefix(url.removesuffix(URL_VARIABLE)) if url else first


# --- To Meta's components -------------------------------------------------------------------------------------


def write_components(content: Content) -> list[dict[str, Any]]:
    """As Meta takes them; `read_content` reads the same content again. Not for content with `foreign` parts."""
    written: list[dict[str, Any]] = []
    if content.header is not None:
        written.append(_written_header(content.header, content.named))
    body: dict[str, Any] = {"type": "BODY", "text": content.body}
    if variables_in(content.body):
        body["example"] = _written_examples("body_text", content.body, content.body_examples, content.named)
    written.append(body)
    if content.footer:
        written.append({"type": "FOOTER", "text": content.footer})
    if content.buttons:
        buttons = [_written_button(button) for button in content.buttons]
        written.append({"type": "BUTTONS", "buttons": buttons})
    return written


def _written_header(header: Header, named: bool) -> dict[str, Any]:
    written: dict[str, Any] = {"type": "HEADER", "format": header.kind.value}
    if header.kind is HeaderKind.TEXT:
        written["text"] = header.text
        if variables_in(header.text):
            written["example"] = _written_examples("header_text", header.text, header.examples, named)
    elif header.handle:
        written["example"] = {"header_handle": [header.handle]}
    return written


def _written_examples(key: str, words: str, examples: Mapping[str, str], named: bool) -> dict[str, Any]:
    names = variables_in(words)
    if named:
        pairs = [{"param_name": name, "example": examples.get(name, "")} for name in names]
        return {f"{key}_named_params": pairs}
    values = [examples.get(name, "") for name in sorted(names, key=lambda name: (len(name), name))]
    return {key: [values] if key == "body_text" else values}


def _written_button(button: Button) -> dict[str, Any]:
    written: dict[str, Any] = {"type": button.kind.value}
    if button.kind is ButtonKind.COPY_CODE:
        return written | {"example": button.example}
    written["text"] = button.text
    if button.kind is ButtonKind.URL:
        written["url"] = button.url
        if button.dynamic:
            written["example"] = [button.url.replace(URL_VARIABLE, button.example)]
    if button.kind is ButtonKind.PHONE:
        written["phone_number"] = button.phone
    return written

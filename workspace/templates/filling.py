"""The fields of a template that is to be sent: named by what they mean, each beside the words it stands in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from campaigns.drafts import LONGEST_TEXT, TemplateDraft
from channels.adapters.base import PartKind
from channels.models import Media
from templates_app.content import ButtonKind, Content, HeaderKind, Parameter, Place, button_key
from templates_app.variables import VARIABLE
from templates_app.wording import read_place
from workspace.broadcasts.files import about
from workspace.templates.drafting import SUGGESTED, Slot

_MARKS = re.compile(r"[*~`]|(?<!\w)_|_(?!\w)")
AROUND = 28  # characters shown on either side of a variable
Fault = Mapping[str, str]  # {"field", "code", "detail"}
PLACE_FIELDS = ("name", "address", "latitude", "longitude")
UPLOADS = {
    HeaderKind.IMAGE: PartKind.IMAGE,
    HeaderKind.VIDEO: PartKind.VIDEO,
    HeaderKind.DOCUMENT: PartKind.FILE,
}
ACCEPTED = {HeaderKind.IMAGE: "image/*", HeaderKind.VIDEO: "video/*", HeaderKind.DOCUMENT: ""}


@dataclass(frozen=True)
class ValueField:
    """One value. `before` and `after`: the template's words around it, `inside` what stands for it there; `slot`: where
    what is wrong with it stands."""

    id: str
    name: str
    label: str | Promise
    before: str
    inside: str | Promise
    after: str
    example: str
    value: str
    slot: Slot


@dataclass(frozen=True)
class FileField:
    """The header's picture, video or document; `kind` is what an upload is asked for."""

    kind: str
    header: str
    accept: str
    key: str
    name: str
    about: str
    slot: Slot


@dataclass(frozen=True)
class PlaceField:
    """The place a header shows: (name, value) of each of its inputs."""

    values: Mapping[str, str]
    slot: Slot


@dataclass(frozen=True)
class Form:
    """All there is to fill in. `slots` are those of all its fields."""

    fields: list[ValueField]
    file: FileField | None
    place: PlaceField | None

    @property
    def slots(self) -> list[Slot]:
        header = [one.slot for one in (self.file, self.place) if one is not None]
        return header + [field.slot for field in self.fields]

    def named(self, fault: Fault) -> str:
        """What is wrong, with the field it is about."""
        labels = {f"template.parameters.{field.name}": field.label for field in self.fields}
        label = labels.get(fault["field"])
        return _("{field}: {fault}").format(field=label, fault=fault["detail"]) if label else fault["detail"]

    @property
    def empty(self) -> bool:
        return not (self.fields or self.file or self.place)


def read_draft(form: QueryDict) -> TemplateDraft | None:
    """What was filled in, whether it is complete or not; None where no template is named."""
    given = form.get("template", "")
    if not given.isascii() or not given.isdigit():
        return None
    values = {
        name.removeprefix("value."): _typed(form.get(name, "")) for name in form if name.startswith("value.")
    }
    return TemplateDraft(int(given[:18]), values, _typed(form.get("header_media", "")), _place(form))


def _place(form: QueryDict) -> dict[str, Any] | None:
    """As the API takes it once it is whole, else as it was typed."""
    typed = {name: _typed(form.get(f"place.{name}", "")).strip() for name in PLACE_FIELDS}
    try:
        return asdict(read_place(typed))
    except ValueError:
        return typed if any(typed.values()) else None


def _typed(text: str) -> str:
    return text.replace("\x00", "")[:LONGEST_TEXT]


def form_of(
    content: Content,
    values: Mapping[str, str],
    faults: Mapping[str, Fault],
    media: Media | None = None,
    place: Mapping[str, Any] | None = None,
) -> Form:
    """`faults`: what is wrong, by parameter name, or "header"."""
    fields = [_value_field(one, content, values, faults) for one in content.parameters]
    kind = content.header.kind if content.header else None
    header = _slot("fault-header", faults.get("header"))
    file = None
    if kind in UPLOADS:
        file = FileField(
            UPLOADS[kind].value,
            kind.value,
            ACCEPTED[kind],
            media.key if media else "",
            media.name if media else "",
            about(media) if media else "",
            header,
        )
    where = None
    if kind is HeaderKind.LOCATION:
        where = PlaceField({name: str((place or {}).get(name, "")) for name in PLACE_FIELDS}, header)
    return Form(fields, file, where)


def _value_field(
    parameter: Parameter, content: Content, values: Mapping[str, str], faults: Mapping[str, Fault]
) -> ValueField:
    name = parameter.name
    plain = name.replace(".", "-")
    label = _meaning(parameter, content)
    before, after = _around(parameter, content)
    return ValueField(
        f"value-{plain}",
        name,
        label,
        before,
        label if parameter.place is not Place.BUTTON else "…",
        after,
        parameter.example,
        values.get(name, ""),
        _slot(f"fault-value-{plain}", faults.get(name)),
    )


def _slot(id: str, fault: Fault | None) -> Slot:
    return Slot(id, fault["detail"], fault["code"] == "missing") if fault else Slot(id, "")


def _meaning(parameter: Parameter, content: Content) -> str | Promise:
    """What the value is: a variable's name in words, the number of one without, what a button does."""
    name = parameter.name
    for index, button in enumerate(content.buttons):
        if name == button_key(index):
            if button.kind is ButtonKind.COPY_CODE:
                return _("Code to copy")
            return _("End of the address behind “{button}”").format(button=button.text)
    number = name.removeprefix("header.")
    if number.isdecimal():
        words = _("Value {number} of the heading") if parameter.place is Place.HEADER else _("Value {number}")
        return words.format(number=number)
    return SUGGESTED.get(name) or name.replace("_", " ").strip().capitalize() or name


def _around(parameter: Parameter, content: Content) -> tuple[str, str]:
    """The words before and after the variable where it first stands."""
    if parameter.place is Place.BUTTON:
        index = int(parameter.name.removeprefix("button."))
        return content.buttons[index].url.partition("{{")[0], ""
    text = content.header.text if parameter.place is Place.HEADER and content.header else content.body
    name = parameter.name.removeprefix("header.")
    found = next((one for one in VARIABLE.finditer(text) if one[1].strip() == name), None)
    if found is None:
        return "", ""
    return _cut(text[: found.start()], end=True), _cut(text[found.end() :], end=False)


def _cut(text: str, *, end: bool) -> str:
    """The last or the first words, on one line and without formatting, with dots where more was said."""
    line = " ".join(_MARKS.sub("", VARIABLE.sub("…", text)).split())
    if len(line) <= AROUND:
        return line
    if end:
        cut = line[-AROUND:]
        return "…" + (cut.partition(" ")[2] or cut)
    cut = line[:AROUND]
    return (cut.rpartition(" ")[0] or cut) + "…"

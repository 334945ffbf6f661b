"""What stands in the builder: read from its form, and what is still wrong with it.

A button is `button.<n>.kind`, `.text`, `.url`, `.phone`, `.example`; an example is `example.header.<variable>` or
`example.body.<variable>`. `do` asks for a change of the buttons: `add:URL`, `remove:0`, `up:1`.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from templates_app.content import Button, ButtonKind, Content, Header, HeaderKind
from templates_app.models import Template
from templates_app.rules import MAX_BUTTONS, Problem
from templates_app.services import problems_of
from templates_app.variables import variables_in
from workspace.templates.looks import BUTTON_ICONS


def read_form(form: QueryDict, former: Content) -> Content:
    """The content in the form; what it cannot hold (a header's handle) stays as it was."""
    return Content(
        body=_text(form, "body"),
        body_examples=_examples(form, "body", _text(form, "body")),
        header=_header(form, former.header),
        footer=_text(form, "footer").strip(),
        buttons=_changed(_buttons(form), form.get("do", "")),
        named=former.named,
    )


def _text(form: QueryDict, name: str) -> str:
    return form.get(name, "").replace("\r\n", "\n").replace("\x00", "")


def _examples(form: QueryDict, place: str, text: str) -> dict[str, str]:
    return {name: _text(form, f"example.{place}.{name}").strip() for name in variables_in(text)}


def _header(form: QueryDict, former: Header | None) -> Header | None:
    kind = form.get("header_kind", "")
    if kind not in HeaderKind.__members__:
        return None
    if kind == HeaderKind.TEXT:
        words = _text(form, "header_text").strip()
        return Header(HeaderKind.TEXT, words, _examples(form, "header", words))
    handle = former.handle if former and former.kind == kind else ""
    return Header(HeaderKind(kind), handle=handle)


def _buttons(form: QueryDict) -> list[Button]:
    found = []
    for number in range(MAX_BUTTONS + 1):
        kind = form.get(f"button.{number}.kind", "")
        if kind not in {known.value for known in ButtonKind}:
            continue
        said = {
            key: _text(form, f"button.{number}.{key}").strip() for key in ("text", "url", "phone", "example")
        }
        found.append(Button(ButtonKind(kind), **said))
    return found


def _changed(buttons: list[Button], asked: str) -> tuple[Button, ...]:
    act, _colon, what = asked.partition(":")
    if act == "add" and what in {known.value for known in ButtonKind} and len(buttons) < MAX_BUTTONS:
        return tuple(_placed(buttons, Button(ButtonKind(what))))
    place = int(what) if what.isdecimal() else -1
    if not 0 <= place < len(buttons):
        return tuple(buttons)
    if act == "remove":
        del buttons[place]
    elif act == "up" and place > 0:
        buttons[place - 1], buttons[place] = buttons[place], buttons[place - 1]
    return tuple(buttons)


def _placed(buttons: list[Button], added: Button) -> list[Button]:
    """Beside its like: quick replies must stand together."""
    quick = [one for one in [*buttons, added] if one.kind is ButtonKind.QUICK_REPLY]
    others = [one for one in [*buttons, added] if one.kind is not ButtonKind.QUICK_REPLY]
    begins_quick = not buttons or buttons[0].kind is ButtonKind.QUICK_REPLY
    return quick + others if begins_quick else others + quick


# Variables people want most often, by their meaning.
SUGGESTED = {
    "first_name": _("First name"),
    "order_no": _("Order number"),
    "amount": _("Amount"),
    "date": _("Date"),
    "time": _("Time"),
    "shop": _("Shop"),
}


@dataclass(frozen=True)
class Slot:
    """A place beside a field where what is wrong with it stands; `text` is "" where nothing is. What is only `missing`
    is shown once somebody has left the field."""

    id: str
    text: str
    missing: bool = False


@dataclass(frozen=True)
class Faults:
    """What is wrong, by field; what is only missing is counted, and shown once somebody has tried to submit."""

    problems: list[Problem]
    tried: bool
    name_fault: str = ""

    @property
    def missing(self) -> int:
        return sum(one.code == "missing" for one in self.problems)

    @property
    def first(self) -> str:
        """What to do next: what is wrong before what is missing."""
        ordered = sorted(self.problems, key=lambda one: one.code == "missing")
        return self.name_fault or (ordered[0].text if ordered else "")

    def slot(self, field: str) -> Slot:
        """The first problem of the field."""
        found = (one.text for one in self.problems if one.field == field and self._told(one))
        text = self.name_fault if field == "name" and self.name_fault else next(found, "")
        return Slot("fault-" + field.replace(".", "-"), text)

    def _told(self, problem: Problem) -> bool:
        return self.tried or problem.code != "missing"

    @property
    def fixed_slots(self) -> dict[str, Slot]:
        """Of the fields every template has."""
        return {field.replace(".", "_"): self.slot(field) for field in FIXED_FIELDS}


FIXED_FIELDS = ("name", "category", "header.text", "header.media", "body", "footer", "buttons")


@dataclass(frozen=True)
class ExampleField:
    """The field for one variable's example; `label` is the variable in words."""

    name: str
    variable: str
    label: str | Promise
    value: str
    slot: Slot


def example_fields(content: Content, faults: Faults) -> list[ExampleField]:
    """One for each variable of header and body, in the order of reading."""
    header = content.header
    texts = [("header", header.text, header.examples)] if header else []
    texts.append(("body", content.body, content.body_examples))
    return [
        ExampleField(
            f"example.{place}.{name}",
            name,
            SUGGESTED.get(name) or name.replace("_", " ").strip().capitalize() or name,
            examples.get(name, ""),
            faults.slot(f"{place}.examples.{name}"),
        )
        for place, text, examples in texts
        for name in variables_in(text)
    ]


@dataclass(frozen=True)
class ButtonCard:
    """One button in the builder, with a slot for each of its fields."""

    index: int
    button: Button
    icon: str
    first: bool
    slots: dict[str, Slot]

    @property
    def shown_slots(self) -> list[Slot]:
        """Those of the fields this kind of button has."""
        return [self.slots[key] for key in BUTTON_FIELDS[self.button.kind]]


BUTTON_FIELDS = {
    ButtonKind.QUICK_REPLY: ("text",),
    ButtonKind.URL: ("text", "url", "example"),
    ButtonKind.PHONE: ("text", "phone"),
    ButtonKind.COPY_CODE: ("example",),
}


def button_cards(content: Content, faults: Faults) -> list[ButtonCard]:
    return [
        ButtonCard(
            index,
            button,
            BUTTON_ICONS[button.kind],
            index == 0,
            {key: faults.slot(f"buttons.{index}.{key}") for key in BUTTON_FIELDS[button.kind]},
        )
        for index, button in enumerate(content.buttons)
    ]


def faults_of(template: Template, form: QueryDict) -> Faults:
    return Faults(problems_of(template), form.get("tried") == "1")

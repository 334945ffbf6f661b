"""Variables in texts: `{{ name|there }}` is replaced plainly; there is no template language to abuse."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from django.utils.translation import gettext_lazy as _

from conversations.models import Conversation

VARIABLE = re.compile(r"\{\{\s*([a-z_]+)\s*(?:\|([^{}]*))?\}\}")
LABELS = {"name": _("Customer's name"), "phone": _("Customer's phone"), "number": _("Chat number")}
LONGEST_VALUE = 120  # characters a value may add; the columns behind the variables are no longer


def variables_in(texts: Iterable[str]) -> list[str]:
    """Names of all variables used, in order of first use, known or not."""
    return list(dict.fromkeys(match[1] for text in texts for match in VARIABLE.finditer(text)))


def values_of(conversation: Conversation) -> dict[str, str]:
    """What the variables stand for in this conversation; uses customer and contact of the row."""
    customer, contact = conversation.customer, conversation.contact
    return {
        "name": customer.name,
        "phone": contact.phone or customer.phone,
        "number": str(conversation.number),
    }


def render(text: str, fields: Mapping[str, str]) -> str:
    """Replace every variable by its value, an empty one by its fallback."""
    return _filled(text, fields, str.strip)


def render_line(text: str, fields: Mapping[str, str]) -> str:
    """The same for places that take one line only, such as a template's values: no value brings a line break or a tab
    along, nor blanks in a row."""
    return _filled(text, fields, _line)


def _filled(text: str, fields: Mapping[str, str], cut: Callable[[str], str]) -> str:
    if "{{" not in text:
        return text
    said: list[str] = []
    for words, name, fallback in _pieces(text):
        said += (words, cut(fields.get(name, "")) or cut(fallback))
    return "".join(said)


@lru_cache(maxsize=256)
def _pieces(text: str) -> list[tuple[str, str, str]]:
    """Words, and the variable after them with its fallback. A broadcast asks for the same text a million times."""
    pieces: list[str | None] = [*VARIABLE.split(text), "", ""]
    parts = [piece or "" for piece in pieces]
    return list(zip(parts[::3], parts[1::3], parts[2::3], strict=True))


def _line(value: str) -> str:
    return " ".join(value.split())

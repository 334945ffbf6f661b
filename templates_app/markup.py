"""WhatsApp's formatting, read into spans: *bold*, _italic_, ~struck~, `code` and ```code```; variables beside them.

https://faq.whatsapp.com/539178204879377
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from templates_app.variables import VARIABLE

# A mark counts where it hugs its words and no letter or digit stands outside of it.
_MARKED = re.compile(
    r"```(?P<block>.+?)```|`(?P<code>[^`\n]+)`"
    r"|(?<![^\W_])(?P<mark>[*_~])(?P<words>[^\s](?:[^\n]*?[^\s])?)(?P=mark)(?![^\W_])",
    re.DOTALL,
)


@dataclass(frozen=True)
class Span:
    """Words of one look. `variable` names the one they stand for, "" for fixed words."""

    text: str
    bold: bool = False
    italic: bool = False
    struck: bool = False
    code: bool = False
    variable: str = ""


_STYLES: Mapping[str, Callable[[Span], Span]] = {
    "*": lambda look: replace(look, bold=True),
    "_": lambda look: replace(look, italic=True),
    "~": lambda look: replace(look, struck=True),
}


def spans(text: str, values: Mapping[str, str] | None = None) -> list[Span]:
    """`text` in spans; each variable is one that shows its value, or itself where it has none."""
    return list(_spans(text, Span(""), values or {}))


def _spans(text: str, look: Span, values: Mapping[str, str]) -> Iterator[Span]:
    at = 0
    for found in _MARKED.finditer(text):
        yield from _plain(text[at : found.start()], look, values)
        at = found.end()
        if words := found["block"] or found["code"]:
            yield from _plain(words, replace(look, code=True), values)
        else:
            yield from _spans(found["words"], _STYLES[found["mark"]](look), values)
    yield from _plain(text[at:], look, values)


def _plain(text: str, look: Span, values: Mapping[str, str]) -> Iterator[Span]:
    at = 0
    for found in VARIABLE.finditer(text):
        if words := text[at : found.start()]:
            yield replace(look, text=words)
        at, name = found.end(), found[1].strip()
        yield replace(look, text=values.get(name) or found[0], variable=name or found[0])
    if words := text[at:]:
        yield replace(look, text=words)

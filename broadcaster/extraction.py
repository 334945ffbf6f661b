"""The texts for people that stand in code and templates, found without GNU gettext."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.extract import extract
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (
    "broadcaster",
    "tenants",
    "billing",
    "channels",
    "templates_app",
    "conversations",
    "campaigns",
    "workspace",
)
# What Babel is told: which arguments of these functions are texts; `_` stands for gettext and gettext_lazy.
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


@dataclass(frozen=True)
class Text:
    """One text: `area` is the app (or the folder of templates) it was first found in, `place` is file:line."""

    context: str | None
    msgid: str
    plural: str | None
    area: str
    place: str


def texts() -> list[Text]:
    """Every text once, at the first place it stands."""
    first: dict[tuple[str | None, str], Text] = {}
    for text in _all():
        first.setdefault((text.context, text.msgid), text)
    return list(first.values())


def _all() -> Iterator[Text]:
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield from _texts(file, file.read_text(), area=folder)
    for file in sorted((ROOT / "templates").rglob("*.html")):
        inside = file.relative_to(ROOT / "templates").parts
        python_like = templatize(file.read_text(), origin=str(file))
        flush_left = "\n".join(line.lstrip() for line in python_like.splitlines())
        yield from _texts(file, flush_left, area=inside[0] if inside[1:] else "frame")


def _texts(file: Path, source: str, *, area: str) -> Iterator[Text]:
    for line, message, _comments, context in extract("python", BytesIO(source.encode()), keywords=KEYWORDS):
        msgid, plural = (message[0], message[1]) if isinstance(message, tuple) else (message, None)
        if msgid:
            yield Text(context, msgid, plural, area, f"{file.relative_to(ROOT)}:{line}")

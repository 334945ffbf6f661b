"""Checks of interactive messages: reply buttons, lists, a link button, a request for the location."""

from collections.abc import Callable
from typing import Any

from sandbox.graph.errors import invalid, missing

MEDIA_HEADERS = ("image", "video", "document")


def check_interactive(content: dict[str, Any]) -> None:
    """Raises GraphError where the message would be refused."""
    kind = content.get("type")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise invalid(f"Param interactive['type'] must be one of {{{', '.join(_KINDS)}}}.")
    longest_body, header_kinds, check = _KINDS[kind]
    _text(content.get("body"), "text", "Body text", 1, longest_body)
    if (footer := content.get("footer")) is not None:
        _text(footer, "text", "Footer text", 1, 60)
    if (header := content.get("header")) is not None:
        _check_header(header, header_kinds)
    action = content.get("action")
    if not isinstance(action, dict):
        raise missing("interactive['action']")
    check(action)


def _text(holder: object, name: str, what: str, shortest: int, longest: int) -> str:
    value = holder.get(name) if isinstance(holder, dict) else None
    if not isinstance(value, str) or not shortest <= len(value) <= longest:
        raise invalid(f"{what} length invalid. Min length: {shortest}, Max length: {longest}")
    return value


def _check_header(header: object, kinds: tuple[str, ...]) -> None:
    kind = header.get("type") if isinstance(header, dict) else None
    if kind not in kinds:
        raise invalid(f"Param interactive['header']['type'] must be one of {{{', '.join(kinds)}}}.")
    if kind == "text":
        _text(header, "text", "Header text", 1, 60)


def _items(holder: dict[str, Any], name: str, what: str, smallest: int, largest: int) -> list[dict[str, Any]]:
    items = holder.get(name)
    fits = isinstance(items, list) and all(isinstance(item, dict) for item in items)
    if not fits or not isinstance(items, list) or not smallest <= len(items) <= largest:
        raise invalid(f"Invalid {what} count. Min allowed: {smallest}, Max allowed: {largest}")
    return items


def _unique(values: list[str], what: str) -> None:
    if len(set(values)) != len(values):
        raise invalid(f"Duplicate {what} found.")


def _check_buttons(action: dict[str, Any]) -> None:
    replies = []
    for button in _items(action, "buttons", "buttons", 1, 3):
        reply = button.get("reply")
        if button.get("type") != "reply" or not isinstance(reply, dict):
            raise invalid("Button type must be reply.")
        replies.append(
            (_text(reply, "id", "Button id", 1, 256), _text(reply, "title", "Button title", 1, 20))
        )
    _unique([reply[0] for reply in replies], "button id")
    _unique([reply[1] for reply in replies], "button title")


def _check_list(action: dict[str, Any]) -> None:
    _text(action, "button", "Button label", 1, 20)
    sections = _items(action, "sections", "sections", 1, 10)
    row_ids: list[str] = []
    for section in sections:
        if len(sections) > 1 or section.get("title"):
            _text(section, "title", "Section title", 1, 24)
        for row in _items(section, "rows", "rows", 1, 10):
            row_ids.append(_text(row, "id", "Row id", 1, 200))
            _text(row, "title", "Row title", 1, 24)
            if row.get("description"):
                _text(row, "description", "Row description", 1, 72)
    if len(row_ids) > 10:
        raise invalid("Total row count exceed max allowed count: 10")
    _unique(row_ids, "row id")


def _check_link(action: dict[str, Any]) -> None:
    parameters = action.get("parameters")
    if action.get("name") != "cta_url" or not isinstance(parameters, dict):
        raise missing("interactive['action']['parameters']")
    _text(parameters, "display_text", "Button label", 1, 20)
    if not _text(parameters, "url", "Button url", 1, 2000).startswith(("http://", "https://")):
        raise invalid("Param interactive['action']['parameters']['url'] is not a valid URL.")


def _check_location(action: dict[str, Any]) -> None:
    if action.get("name") != "send_location":
        raise invalid("Param interactive['action']['name'] must be send_location.")


_KINDS: dict[str, tuple[int, tuple[str, ...], Callable[[dict[str, Any]], None]]] = {
    "button": (1024, ("text", *MEDIA_HEADERS), _check_buttons),
    "list": (4096, ("text",), _check_list),
    "cta_url": (1024, ("text", *MEDIA_HEADERS), _check_link),
    "location_request_message": (1024, (), _check_location),
}

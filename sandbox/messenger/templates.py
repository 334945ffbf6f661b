"""Checks of message templates: buttons below a text, and cards side by side.

https://developers.facebook.com/docs/messenger-platform/send-messages/templates
"""

from collections.abc import Callable
from typing import Any

from sandbox.accounts import ThreadAccount
from sandbox.messenger.errors import TOO_FEW, TOO_MANY, refused, wrong

MOST_BUTTONS, MOST_CARDS, LONGEST_TEXT, LONGEST_TITLE = 3, 10, 640, 80


def check_template(account: ThreadAccount, payload: dict[str, Any]) -> None:
    """Raises GraphError where the template would be refused."""
    kind = payload.get("template_type")
    check = _CHECKS.get(kind) if isinstance(kind, str) else None
    if check is None:
        raise wrong(account, f"template_type must be one of {', '.join(_CHECKS)}")
    check(account, payload)


def buttons_of(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """All buttons of a template, card by card."""
    cards = payload.get("elements") or []
    found = [*(payload.get("buttons") or []), *(one for card in cards for one in card.get("buttons") or [])]
    return [button for button in found if isinstance(button, dict)]


def _button_template(account: ThreadAccount, payload: dict[str, Any]) -> None:
    text = payload.get("text")
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_TEXT:
        raise wrong(account, f"Param text must have 1 to {LONGEST_TEXT} characters")
    _check_buttons(account, payload.get("buttons"), required=True)


def _generic_template(account: ThreadAccount, payload: dict[str, Any]) -> None:
    cards = payload.get("elements")
    if not isinstance(cards, list) or not cards:
        raise refused(account, TOO_FEW)
    if len(cards) > MOST_CARDS:
        raise refused(account, TOO_MANY)
    for card in cards:
        title = card.get("title") if isinstance(card, dict) else None
        if not isinstance(title, str) or not 0 < len(title) <= LONGEST_TITLE:
            raise wrong(account, f"Param title must have 1 to {LONGEST_TITLE} characters")
        _check_buttons(account, card.get("buttons"), required=False)


def _check_buttons(account: ThreadAccount, buttons: object, *, required: bool) -> None:
    if not buttons and not required:
        return
    if not isinstance(buttons, list) or not buttons:
        raise refused(account, TOO_FEW)
    if len(buttons) > MOST_BUTTONS:
        raise refused(account, TOO_MANY)
    for button in buttons:
        kind = button.get("type") if isinstance(button, dict) else None
        wanted = {"postback": "payload", "web_url": "url"}.get(str(kind))
        if wanted is None or not button.get("title") or not button.get(wanted):
            raise wrong(account, "A button needs a type (postback, web_url), a title and a payload or url")


_CHECKS: dict[str, Callable[[ThreadAccount, dict[str, Any]], None]] = {
    "button": _button_template,
    "generic": _generic_template,
}

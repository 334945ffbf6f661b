"""Checks of a message body: one function per kind, with the codes and wording of the Cloud API.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.accounts import WhatsAppNumber
from sandbox.graph.errors import GraphError, invalid, missing
from sandbox.whatsapp import media, templates
from sandbox.whatsapp.interactive import check_interactive
from sandbox.world import World

MAX_TEXT, MAX_CAPTION, MAX_OPAQUE = 4096, 1024, 512
WITH_CAPTION = ("image", "video", "document")


@dataclass(slots=True)
class Checked:
    """A message that may be accepted. `category` is a template's, None for free-form messages.

    `link` is a file to be fetched; `unfit_media` an uploaded one of a type or size this kind does not take.
    """

    kind: str
    content: dict[str, Any]
    category: str | None = None
    link: str = ""
    unfit_media: bool = False


def check(world: World, number: WhatsAppNumber, body: dict[str, Any]) -> Checked:
    """The message in the body. Raises GraphError."""
    kind = body.get("type", "text")
    opaque = body.get("biz_opaque_callback_data")
    if opaque is not None and (not isinstance(opaque, str) or len(opaque) > MAX_OPAQUE):
        raise too_long("biz_opaque_callback_data", MAX_OPAQUE)
    if not isinstance(kind, str) or kind not in _KINDS:
        raise GraphError(100, f"Param type must be one of {{{', '.join(k.upper() for k in _KINDS)}}}.")
    content = body.get(kind)
    if not content or not isinstance(content, list if kind == "contacts" else dict):
        raise missing(kind)
    checked = Checked(kind, {"type": kind, kind: content})
    if isinstance(context := body.get("context"), dict):
        checked.content["context"] = context
    _KINDS[kind](world, number, content, checked)
    return checked


def too_long(name: str, longest: int) -> GraphError:
    return GraphError(100, f"Param {name} must be at most {longest} characters long.")


def text_of(content: dict[str, Any], name: str, path: str, longest: int, *, required: bool = True) -> str:
    """The text at `name`, not longer than allowed. Raises GraphError."""
    value = content.get(name)
    if value is None or value == "":
        if required:
            raise missing(path)
        return ""
    if not isinstance(value, str):
        raise invalid(f"Param {path} must be a string.")
    if len(value) > longest:
        raise too_long(path, longest)
    return value


def _text(world: World, number: WhatsAppNumber, content: dict[str, Any], checked: Checked) -> None:
    text_of(content, "body", "text['body']", MAX_TEXT)
    if not isinstance(content.get("preview_url", False), bool):
        raise invalid("Param text['preview_url'] must be a boolean.")


def _media(world: World, number: WhatsAppNumber, content: dict[str, Any], checked: Checked) -> None:
    kind = checked.kind
    media_id, link = content.get("id"), content.get("link")
    if (media_id is None) == (link is None):
        raise GraphError(100, f"Param {kind} must have exactly one of id and link.")
    if media_id is not None:
        file = media.usable(world, number, str(media_id))
        checked.unfit_media = not media.sendable(kind, file.mime, len(file.body))
    elif not isinstance(link, str) or not link.startswith(("http://", "https://")):
        raise GraphError(100, f"Param {kind}['link'] is not a valid URL.")
    else:
        checked.link = link
    if "caption" in content and kind not in WITH_CAPTION:
        raise GraphError(100, f"Unexpected key 'caption' on param {kind}.")
    text_of(content, "caption", f"{kind}['caption']", MAX_CAPTION, required=False)


def _location(world: World, number: WhatsAppNumber, content: dict[str, Any], checked: Checked) -> None:
    for name, largest in (("latitude", 90), ("longitude", 180)):
        try:
            fits = abs(float(content[name])) <= largest
        except KeyError:
            raise missing(f"location['{name}']") from None
        except (TypeError, ValueError):
            fits = False
        if not fits:
            raise invalid(f"Param location['{name}'] must be a number between -{largest} and {largest}.")


def _contacts(world: World, number: WhatsAppNumber, content: list[Any], checked: Checked) -> None:
    for position, card in enumerate(content):
        name = card.get("name") if isinstance(card, dict) else None
        if not isinstance(name, dict) or not name.get("formatted_name"):
            raise missing(f"contacts[{position}]['name']['formatted_name']")
        if len([value for value in name.values() if value]) < 2:
            raise invalid(f"Param contacts[{position}]['name'] needs one more part of the name.")


def _reaction(world: World, number: WhatsAppNumber, content: dict[str, Any], checked: Checked) -> None:
    if not text_of(content, "message_id", "reaction['message_id']", 255).startswith("wamid."):
        raise invalid("Param reaction['message_id'] is not a message of this number.")
    if not isinstance(content.get("emoji"), str):
        raise missing("reaction['emoji']")


def _interactive(world: World, number: WhatsAppNumber, content: dict[str, Any], checked: Checked) -> None:
    check_interactive(content)


def _template(world: World, number: WhatsAppNumber, content: dict[str, Any], checked: Checked) -> None:
    checked.category = templates.check(world, number, content)


_KINDS: dict[str, Callable[[World, WhatsAppNumber, Any, Checked], None]] = {
    "text": _text,
    "image": _media,
    "video": _media,
    "audio": _media,
    "document": _media,
    "sticker": _media,
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "interactive": _interactive,
    "template": _template,
}

"""Messages of Messenger and Instagram as a phone shows them."""

from typing import Any
from urllib.parse import unquote, urlsplit

from sandbox.messenger.templates import buttons_of
from sandbox.phones.bubble import MEDIA, Bubble, Button
from sandbox.world import World


def show(world: World, content: dict[str, Any], bubble: Bubble) -> None:
    bubble.text = str(content.get("text", ""))
    attachments = content.get("attachments") or []
    for attachment in [content["attachment"]] if "attachment" in content else attachments:
        _show(world, attachment, bubble)
    if "sticker_id" in content:
        bubble.label, bubble.text = "sticker", str(content["sticker_id"])
    for reply in content.get("quick_replies") or []:
        if reply.get("content_type") == "text":
            bubble.buttons.append(Button(str(reply["title"]), payload=str(reply["payload"])))


def _show(world: World, attachment: dict[str, Any], bubble: Bubble) -> None:
    kind, payload = str(attachment["type"]), attachment.get("payload") or {}
    if kind == "template":
        _show_template(payload, bubble)
        return
    if kind in ("like_heart", "MEDIA_SHARE"):
        bubble.label, bubble.text = "sticker", "❤️" if kind == "like_heart" else str(payload.get("id"))
        return
    address = str(payload.get("url") or "")
    if uploaded := payload.get("attachment_id"):
        file = world.media.get(str(uploaded))
        address = (file.link if file else "") or MEDIA + str(uploaded)
    if kind == "image":
        bubble.images.append(address)
    elif kind == "video":
        bubble.video = address
    elif kind == "audio":
        bubble.audio = address
    else:
        bubble.link, bubble.label = address, "file"
        bubble.heading = unquote(
            urlsplit(address).path.rpartition("/")[2]
        )  # Meta's apps show the address's own name


def _show_template(payload: dict[str, Any], bubble: Bubble) -> None:
    bubble.text = str(payload.get("text") or "")
    for card in payload.get("elements") or []:
        bubble.heading = bubble.heading or str(card.get("title", ""))
        bubble.text = bubble.text or str(card.get("subtitle") or "")
        if card.get("image_url"):
            bubble.images.append(str(card["image_url"]))
    for button in buttons_of(payload):
        title, link = str(button.get("title", "")), str(button.get("url") or "")
        bubble.buttons.append(Button(title, payload=str(button.get("payload") or ""), link=link))

"""Messages as a phone shows them, whatever channel they came by."""

from collections.abc import Callable

import orjson

from sandbox import ids
from sandbox.accounts import Account, FacebookPage, InstagramAccount, WhatsAppNumber
from sandbox.journal import Row
from sandbox.people import Inbound
from sandbox.phones import threads
from sandbox.phones.bubble import MEDIA, Bubble, Button, Content
from sandbox.whatsapp import templates
from sandbox.world import World


def arrived(world: World, account: Account, row: Row) -> Bubble:
    """What a business sent."""
    bubble = Bubble(mine=False, at=row.at, state=row.state.name.lower(), attempt=row.attempt)
    content: Content = orjson.loads(row.body)
    bubble.message_id = ids.message_id(account.kind, row.number)
    if isinstance(account, FacebookPage | InstagramAccount):
        threads.show(world, content, bubble)
    elif isinstance(account, WhatsAppNumber):
        kind = str(content.get("type"))
        inner = content.get(kind)
        if kind == "template" and isinstance(inner, dict):
            _show_template(world, account, inner, bubble)
        elif isinstance(inner, dict):
            _WHATSAPP.get(kind, _show_other)(inner, bubble)
            bubble.label = bubble.label or ("" if kind in _PLAIN else kind)
        else:
            bubble.label = "contact"
    else:
        _show_line(content, bubble)
    return bubble


def written(inbound: Inbound) -> Bubble:
    """What the customer answered."""
    bubble = Bubble(mine=True, at=inbound.at, text=inbound.text, message_id=inbound.id)
    if inbound.kind == "location":
        bubble.label = "location"
    if inbound.media:
        if inbound.kind in ("image", "sticker"):
            bubble.images = [MEDIA + inbound.media]
        elif inbound.kind == "video":
            bubble.video = MEDIA + inbound.media
        elif inbound.kind == "audio":
            bubble.audio = MEDIA + inbound.media
        else:
            bubble.link, bubble.label = MEDIA + inbound.media, "file"
    return bubble


_PLAIN = ("text", "image", "video", "audio", "interactive", "template")


def _address(file: Content) -> str:
    return MEDIA + str(file["id"]) if file.get("id") else str(file.get("link", ""))


def _show_text(content: Content, bubble: Bubble) -> None:
    bubble.text = str(content.get("body", ""))


def _show_image(content: Content, bubble: Bubble) -> None:
    bubble.images, bubble.text = [_address(content)], str(content.get("caption", ""))


def _show_video(content: Content, bubble: Bubble) -> None:
    bubble.video, bubble.text = _address(content), str(content.get("caption", ""))


def _show_audio(content: Content, bubble: Bubble) -> None:
    bubble.audio = _address(content)


def _show_document(content: Content, bubble: Bubble) -> None:
    bubble.link, bubble.label = _address(content), "file"
    bubble.heading, bubble.text = str(content.get("filename", "")), str(content.get("caption", ""))


def _show_location(content: Content, bubble: Bubble) -> None:
    bubble.label = "location"
    bubble.heading = str(content.get("name") or content.get("title") or "")
    bubble.text = str(content.get("address") or f"{content.get('latitude')}, {content.get('longitude')}")


def _show_interactive(content: Content, bubble: Bubble) -> None:
    header, action = content.get("header") or {}, content.get("action") or {}
    bubble.heading = str(header.get("text", ""))
    if isinstance(header.get("image"), dict):
        bubble.images = [_address(header["image"])]
    bubble.text = str((content.get("body") or {}).get("text", ""))
    bubble.footer = str((content.get("footer") or {}).get("text", ""))
    for button in action.get("buttons") or []:
        reply = button.get("reply") or {}
        bubble.buttons.append(Button(str(reply.get("title", "")), payload=str(reply.get("id", ""))))
    for section in action.get("sections") or []:
        for row in section.get("rows") or []:
            bubble.buttons.append(Button(str(row.get("title", "")), payload=str(row.get("id", ""))))
    parameters = action.get("parameters")
    if isinstance(parameters, dict) and parameters.get("url"):
        bubble.buttons.append(Button(str(parameters.get("display_text", "")), link=str(parameters["url"])))


def _show_other(content: Content, bubble: Bubble) -> None:
    bubble.text = str(content.get("emoji") or "")


_WHATSAPP: dict[str, Callable[[Content, Bubble], None]] = {
    "text": _show_text,
    "image": _show_image,
    "sticker": _show_image,
    "video": _show_video,
    "audio": _show_audio,
    "document": _show_document,
    "location": _show_location,
    "interactive": _show_interactive,
}


def _show_template(world: World, number: WhatsAppNumber, sent: Content, bubble: Bubble) -> None:
    """The stored template with the values that were sent."""
    bubble.label = "template"
    name, language = str(sent.get("name")), str((sent.get("language") or {}).get("code"))
    template = templates.find(world, number.waba_id, name, language)
    components = sent.get("components") or []
    given = {str(c.get("type", "")).lower(): c.get("parameters") or [] for c in components}
    by_button = {str(c.get("index")): c.get("parameters") or [] for c in components if "index" in c}
    for part in template["components"] if template else []:
        kind = str(part.get("type", "")).lower()
        text = templates.render(str(part.get("text", "")), given.get(kind, []))
        if kind == "header":
            _show_header(given.get(kind, []), text, bubble)
        elif kind == "body":
            bubble.text = text
        elif kind == "footer":
            bubble.footer = text
        for index, button in enumerate(part.get("buttons") or []):
            bubble.buttons.append(_template_button(button, by_button.get(str(index), [])))


def _show_header(parameters: list[Content], text: str, bubble: Bubble) -> None:
    first = parameters[0] if parameters else {}
    kind = str(first.get("type", ""))
    if kind == "location":
        place = first["location"]
        bubble.label, bubble.heading = kind, f"{place.get('name', '')}, {place.get('address', '')}"
    elif kind in ("image", "video", "document"):
        _WHATSAPP[kind](first[kind], bubble)
    else:
        bubble.heading = text


def _template_button(button: Content, parameters: list[Content]) -> Button:
    """A link with its ending, a code to copy, or an answer whose payload is its words."""
    value = parameters[0] if parameters else {}
    title, link = str(button.get("text", "")), str(button.get("url", ""))
    if code := value.get("coupon_code"):
        return Button(f"{title} {code}".strip(), payload=str(code))
    link = templates.render(link, parameters)
    return Button(title, payload="" if link else title, link=link)


def _show_line(content: Content, bubble: Bubble) -> None:
    kind = content.get("type")
    bubble.text = str(content.get("text") or content.get("altText") or "")
    if kind == "image":
        bubble.images = [str(content["originalContentUrl"])]
    elif kind == "video":
        bubble.video, bubble.poster = str(content["originalContentUrl"]), str(content["previewImageUrl"])
    elif kind == "audio":
        bubble.audio = str(content["originalContentUrl"])
    elif kind == "location":
        _show_location(content, bubble)
    elif kind == "sticker":
        bubble.label = "sticker"
        bubble.text = f"{content.get('packageId')} / {content.get('stickerId')}"
    for action in _line_actions(content):
        title = str(action.get("label", ""))
        bubble.buttons.append(
            Button(title, payload=str(action.get("data", "")), link=str(action.get("uri", "")))
        )


def _line_actions(content: Content) -> list[Content]:
    template = content.get("template")
    if not isinstance(template, dict):
        return []
    bubble_actions = template.get("actions") or []
    return [action for action in bubble_actions if isinstance(action, dict)]

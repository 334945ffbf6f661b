"""What a customer does, whatever the channel: the control calls and the phones both come here."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from sandbox import ids, other_kinds
from sandbox.accounts import (
    Account,
    FacebookPage,
    InstagramAccount,
    LineChannel,
    ThreadAccount,
    WhatsAppNumber,
)
from sandbox.line import events
from sandbox.line.validation import USER_ID
from sandbox.messenger import events as messenger
from sandbox.messenger.validation import PERSON
from sandbox.people import Inbound
from sandbox.whatsapp import inbound as whatsapp
from sandbox.whatsapp.addresses import address_of_bsuid, is_bsuid
from sandbox.whatsapp.messages import preference
from sandbox.world import World

_KINDS = {"image": "image", "video": "video", "audio": "audio"}
_PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})  # others travel as files
ACTIONS = (
    "message",
    "button",
    "sticker",
    "location",
    "follow",
    "unfollow",
    "stop",
    "resume",
    "seen",
    "react",
    "unreact",
    "unsend",
    "block",
    "unblock",
)


class BadInbound(ValueError):
    """A customer's action was described with a missing or impossible value."""


@dataclass(frozen=True, slots=True)
class Attachment:
    mime: str
    body: bytes
    name: str = ""


def account_for(world: World, kind: str, account_id: str = "") -> Account:
    """The account of this kind with this id, or the first one. Raises BadInbound."""
    for account in world.accounts:
        if account.kind == kind and account_id in ("", account.id):
            return account  # type: ignore[no-any-return]
    raise BadInbound(f"no {kind} account {account_id or 'is registered'}")


def address_for(account: Account, given: str) -> str:
    """The address of a customer given as user id, phone number, BSUID or, where there are no numbers, by any name."""
    if isinstance(account, LineChannel):
        return given if USER_ID.fullmatch(given) else "U" + hashlib.md5(given.encode()).hexdigest()  # noqa: S324
    if isinstance(account, FacebookPage | InstagramAccount):
        return given if PERSON.fullmatch(given) else _scoped_id(given)
    if is_bsuid(given):
        return address_of_bsuid(given)
    digits = "".join(filter(str.isdigit, given))
    if not 6 < len(digits) < 16:
        raise BadInbound("from must be a phone number with its country code")
    return digits


def _scoped_id(name: str) -> str:
    """The id that belongs to a name; its end means no fate of its own."""
    return "7" + str(int(hashlib.md5(name.encode()).hexdigest(), 16))[:13].zfill(13) + "01"  # noqa: S324


def write(
    world: World, account: Account, person: int, text: str, attachment: Attachment | None = None
) -> Inbound:
    """The customer sends a text, or a file with or without one."""
    if not text and attachment is None:
        raise BadInbound("text is missing")
    world.inbound += 1
    kind = "text"
    inbound_id = ids.message_id(account.kind, world.inbound, inbound=True)
    media_id = ""
    if attachment is not None:
        other = "document" if isinstance(account, WhatsAppNumber) else "file"
        kind = _KINDS.get(attachment.mime.partition("/")[0], other)
        kind = other if kind == "image" and attachment.mime not in _PICTURES else kind
        file_id = inbound_id if isinstance(account, LineChannel) else ""
        stored = world.media.store(
            account.number, attachment.mime, attachment.body, name=attachment.name, file_id=file_id
        )
        media_id, text = stored.id, text or attachment.name if kind in ("file", "document") else text
    return _tell(world, account, person, Inbound(inbound_id, world.now(), kind, text, media_id))


def send_other(world: World, account: Account, person: int, kind: str) -> Inbound:
    """The customer sends a sticker or where they are. Raises BadInbound where the provider tells of no such thing."""
    if kind not in other_kinds.KINDS[account.kind]:
        raise BadInbound(f"{account.kind} tells of no {kind}")
    world.inbound += 1
    inbound = Inbound(ids.message_id(account.kind, world.inbound, inbound=True), world.now(), kind)
    if kind == "sticker":
        inbound.details, inbound.media = other_kinds.sticker(world, account)
    else:
        inbound.details, inbound.text = other_kinds.place(account), str(other_kinds.PLACE["title"])
    return _tell(world, account, person, inbound)


def _tell(world: World, account: Account, person: int, inbound: Inbound) -> Inbound:
    """Keep it on the phone and send the webhook."""
    _remember(world, person, inbound)
    if isinstance(account, LineChannel):
        events.write(world, account, person, inbound)
    elif isinstance(account, FacebookPage | InstagramAccount):
        messenger.write(world, account, person, inbound)
    else:
        whatsapp.write(world, account, person, inbound)
    return inbound


def tap(world: World, account: Account, person: int, payload: str, title: str, context: str = "") -> Inbound:
    """The customer taps a button of a message (`context`: its id, but for LINE)."""
    world.inbound += 1
    inbound = Inbound(
        ids.message_id(account.kind, world.inbound, inbound=True), world.now(), "postback", title
    )
    _remember(world, person, inbound)
    if isinstance(account, LineChannel):
        events.postback(world, account, person, payload)
        return inbound
    sent = _sent(world, context)
    if isinstance(account, FacebookPage | InstagramAccount):
        if "quick_replies" in sent:
            messenger.write(world, account, person, inbound, quick_reply=payload)
        else:
            messenger.postback(world, account, person, inbound, payload)
        return inbound
    interactive = sent.get("type") == "interactive"  # offered reply buttons itself, without a template
    inbound.kind = "interactive" if interactive else "button"
    answer = (
        {"type": "button_reply", "button_reply": {"id": payload, "title": title}}
        if interactive
        else {"payload": payload, "text": title}
    )
    whatsapp.write(world, account, person, inbound, context=context, button=answer)
    return inbound


def _sent(world: World, message_id: str) -> dict[str, Any]:
    """The message of a business that has this id; empty where there is none."""
    found = ids.row_of_wamid(message_id) or ids.row_of_mid(message_id)
    if found is None or found[1] or found[0] not in world.journal:
        return {}
    sent: dict[str, Any] = orjson.loads(world.journal.row(found[0]).body)
    return sent


def _remember(world: World, person: int, inbound: Inbound) -> None:
    known = world.people.know(person)
    known.messages.append(inbound)
    known.last_inbound_at = inbound.at
    if known.state in ("stranger", "unknown"):
        known.state = "recent"
    world.version += 1


def act(world: World, description: dict[str, Any]) -> dict[str, Any]:
    """Do what `POST /_sandbox/inbound` describes; tells whom it concerned. Raises BadInbound."""
    kind, sender = description.get("channel"), description.get("from")
    if not isinstance(kind, str) or not isinstance(sender, str) or not sender:
        raise BadInbound("channel and from are needed")
    account = account_for(world, kind, str(description.get("account") or ""))
    address = address_for(account, sender)
    person = world.people.meet(account.number, address)
    name = description.get("name") or ("" if address == sender or account.kind != "line" else sender)
    if name:
        world.people.know(person).name = str(name)
    told = {"account": account.id, "person": address}
    inbound = _do(world, account, person, description)
    return told | ({"message_id": inbound.id} if inbound else {})


def _do(world: World, account: Account, person: int, description: dict[str, Any]) -> Inbound | None:
    action = description.get("action", "message")
    if action == "message":
        return write(world, account, person, str(description.get("text") or ""), _attachment(description))
    if action == "button":
        text = str(description.get("text") or "")
        payload = str(description.get("payload") or text)
        return tap(world, account, person, payload, text, str(description.get("context") or ""))
    if action in ("sticker", "location"):
        return send_other(world, account, person, action)
    if isinstance(account, LineChannel) and action in ("follow", "unfollow"):
        (events.follow if action == "follow" else events.unfollow)(world, account, person)
        world.changed()
        return None
    if isinstance(account, WhatsAppNumber) and action in ("stop", "resume"):
        world.people.know(person).stopped_marketing = action == "stop"
        world.webhooks.put(account, preference(world, person, world.people.address(person), action))
        world.changed()
        return None
    if isinstance(account, FacebookPage | InstagramAccount) and _do_in_thread(
        world, account, person, description
    ):
        world.changed()
        return None
    raise BadInbound(f"action must be one of {', '.join(ACTIONS)} and fit the channel")


def _do_in_thread(world: World, account: ThreadAccount, person: int, description: dict[str, Any]) -> bool:
    """What customers do beside writing in a thread of Messenger or Instagram; False for what they cannot do."""
    action, message_id = description.get("action"), str(description.get("context") or "")
    if action in ("react", "unreact"):
        if ids.row_of_mid(message_id) is None:
            raise BadInbound("context must be the id of a message of this thread")
        emoji = str(description.get("text") or "❤") if action == "react" else ""
        messenger.react(world, account, person, message_id, emoji)
        if emoji and isinstance(account, FacebookPage):
            world.people.know(person).last_inbound_at = world.now()  # one of the acts that open the window
        return True
    if action == "seen":
        messenger.see(world, account, person)
        return True
    if action == "unsend" and isinstance(account, InstagramAccount):
        messages = world.people.know(person).messages
        taken_back = next((one for one in messages if one.id == message_id), None)
        if taken_back is None:
            raise BadInbound("context must be the id of a message of this customer")
        messages.remove(taken_back)
        messenger.unsend(world, account, person, message_id)
        return True
    if action in ("block", "unblock"):
        world.people.know(person).state = "blocked" if action == "block" else "friend"
        return True
    return False


def _attachment(description: dict[str, Any]) -> Attachment | None:
    """The file in `media`: `{"mime", "base64", "name"}`."""
    media = description.get("media")
    if media is None:
        return None
    if not isinstance(media, dict) or not isinstance(media.get("mime"), str):
        raise BadInbound("media needs mime and base64")
    try:
        body = base64.b64decode(str(media.get("base64", "")), validate=True)
    except binascii.Error:
        raise BadInbound("media.base64 is not base64") from None
    return Attachment(media["mime"], body, str(media.get("name") or ""))

"""Which ids of the Graph API are WhatsApp's, and what can be asked of them."""

from sandbox.accounts import WhatsAppNumber
from sandbox.graph.nodes import Found, table
from sandbox.whatsapp import business, media, messages, template_life, templates, uploads
from sandbox.world import World

NUMBER = table(
    ("POST", "messages", messages.send),
    ("POST", "media", media.upload),
    ("GET", "", business.number),
    ("POST", "", business.change_number),
    ("POST", "register", business.register),
    ("POST", "deregister", business.deregister),
)
BUSINESS = table(
    ("GET", "", business.account),
    ("GET", "phone_numbers", business.phone_numbers),
    ("GET", "subscribed_apps", business.subscribed_apps),
    ("POST", "subscribed_apps", business.subscribe),
    ("DELETE", "subscribed_apps", business.unsubscribe),
    ("GET", "message_templates", templates.listing),
    ("POST", "message_templates", template_life.create),
    ("DELETE", "message_templates", template_life.delete),
)
MEDIA = table(("GET", "", media.describe), ("DELETE", "", media.delete))
TEMPLATE = table(
    ("GET", "", templates.one),
    ("POST", "", template_life.edit),
    ("POST", "unpause", template_life.unpause),
)
APP = table(("POST", "uploads", uploads.begin))
UPLOAD = table(("POST", "", uploads.receive), ("GET", "", uploads.progress))


def number_node(world: World, node: str, token: str) -> Found | None:
    number = world.accounts.whatsapp(node)
    return (NUMBER, number, _tokens(world, number.waba_id)) if number else None


def business_node(world: World, node: str, token: str) -> Found | None:
    numbers = world.accounts.numbers_of(node)
    return (BUSINESS, node, _tokens(world, node)) if numbers else None


def media_node(world: World, node: str, token: str) -> Found | None:
    file = world.media.get(node)
    if file is None:
        return None
    owner = world.accounts.at(file.account)
    return (MEDIA, file, _tokens(world, owner.waba_id)) if isinstance(owner, WhatsAppNumber) else None


def template_node(world: World, node: str, token: str) -> Found | None:
    for number in world.accounts.of_kind(WhatsAppNumber):
        for template in templates.of_business(world, number.waba_id):
            if template["id"] == node:
                return TEMPLATE, (number.waba_id, template), _tokens(world, number.waba_id)
    return None


def app_node(world: World, node: str, token: str) -> Found | None:
    """An app takes uploads from whoever works with one of its accounts."""
    if not any(number.app_id == node for number in world.accounts.of_kind(WhatsAppNumber)):
        return None
    tokens = [one.access_token for one in world.accounts.of_kind(WhatsAppNumber) if one.app_id == node]
    return APP, node, tokens


def upload_node(world: World, node: str, token: str) -> Found | None:
    upload = world.resumable.get(node)
    return (UPLOAD, upload, [token]) if upload else None


def _tokens(world: World, waba_id: str) -> list[str]:
    return [number.access_token for number in world.accounts.numbers_of(waba_id)]

"""Which ids of the Graph API are WhatsApp's, and what can be asked of them."""

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.accounts import WhatsAppNumber
from sandbox.http import Request, Response
from sandbox.routes import Routes
from sandbox.whatsapp import business, media, messages, templates
from sandbox.world import World

Edge = Callable[[World, Any, Request], Response | Awaitable[Response]]
Found = tuple[Routes[Edge], Any, list[WhatsAppNumber]]
"""The edges of the node, what the node is, and the numbers whose tokens may use it."""


def _table(*edges: tuple[str, str, Edge]) -> Routes[Edge]:
    routes: Routes[Edge] = Routes()
    for method, edge, handler in edges:
        routes.add(method, edge, handler)
    return routes


NUMBER = _table(
    ("POST", "messages", messages.send),
    ("POST", "media", media.upload),
    ("GET", "", business.number),
    ("POST", "", business.change_number),
    ("POST", "register", business.register),
    ("POST", "deregister", business.deregister),
)
BUSINESS = _table(
    ("GET", "", business.account),
    ("GET", "phone_numbers", business.phone_numbers),
    ("GET", "subscribed_apps", business.subscribed_apps),
    ("POST", "subscribed_apps", business.subscribe),
    ("DELETE", "subscribed_apps", business.unsubscribe),
    ("GET", "message_templates", templates.listing),
)
MEDIA = _table(("GET", "", media.describe), ("DELETE", "", media.delete))
TEMPLATE = _table(("GET", "", templates.one))


def number_node(world: World, node: str) -> Found | None:
    number = world.accounts.whatsapp(node)
    return (NUMBER, number, world.accounts.numbers_of(number.waba_id)) if number else None


def business_node(world: World, node: str) -> Found | None:
    numbers = world.accounts.numbers_of(node)
    return (BUSINESS, node, numbers) if numbers else None


def media_node(world: World, node: str) -> Found | None:
    file = world.media.get(node)
    if file is None:
        return None
    owner = world.accounts.at(file.account)
    return (
        (MEDIA, file, world.accounts.numbers_of(owner.waba_id)) if isinstance(owner, WhatsAppNumber) else None
    )


def template_node(world: World, node: str) -> Found | None:
    for number in world.accounts.of_kind(WhatsAppNumber):
        for template in templates.of_business(world, number.waba_id):
            if template["id"] == node:
                return TEMPLATE, template, world.accounts.numbers_of(number.waba_id)
    return None

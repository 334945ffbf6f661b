"""Which ids of the Graph API are Pages, Instagram accounts and their people, and what can be asked of them."""

from collections.abc import Awaitable
from dataclasses import dataclass

from sandbox.accounts import FacebookPage, InstagramAccount, LineChannel, ThreadAccount, WhatsAppNumber
from sandbox.graph.nodes import Found, table
from sandbox.http import Request, Response
from sandbox.messenger import attachments, messages, pages
from sandbox.messenger.bodies import read_call
from sandbox.messenger.errors import wrong
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class PageNode:
    """The id of a Page: the Page itself, the Instagram account linked to it, or both."""

    page: FacebookPage | None
    instagram: InstagramAccount | None

    @property
    def first(self) -> ThreadAccount:
        found = self.page or self.instagram
        if found is None:
            raise LookupError("a node of nothing")
        return found


def _account_for(world: World, node: PageNode, request: Request) -> ThreadAccount:
    """With Facebook Login both are written to under the Page's id; the person's id tells which one is meant."""
    if node.page is None or node.instagram is None:
        return node.first
    body, _ = read_call(request)
    if body.get("platform") == "instagram":
        return node.instagram
    recipient = body.get("recipient")
    address = str(recipient.get("id", "")) if isinstance(recipient, dict) else ""
    on_page = world.people.find(node.page.number, address) is not None
    on_instagram = world.people.find(node.instagram.number, address) is not None
    return node.instagram if on_instagram and not on_page else node.page


def _send(world: World, node: PageNode, request: Request) -> Response | Awaitable[Response]:
    return messages.send(world, _account_for(world, node, request), request)


def _upload(world: World, node: PageNode, request: Request) -> Response | Awaitable[Response]:
    return attachments.upload(world, _account_for(world, node, request), request)


def _no_upload(world: World, account: InstagramAccount, request: Request) -> Response:
    raise wrong(account, "With Instagram Login nothing can be uploaded: send a url")


PAGE = table(
    ("GET", "", lambda world, node, request: pages.about(world, node.first, request)),
    ("POST", "messages", _send),
    ("POST", "message_attachments", _upload),
    ("GET", "subscribed_apps", lambda world, node, request: pages.subscribed(world, node.first, request)),
    ("POST", "subscribed_apps", lambda world, node, request: pages.subscribe(world, node.first, request)),
    ("DELETE", "subscribed_apps", lambda world, node, request: pages.unsubscribe(world, node.first, request)),
)
INSTAGRAM = table(
    ("GET", "", pages.about),
    ("POST", "messages", messages.send),
    ("POST", "message_attachments", _no_upload),
    ("GET", "subscribed_apps", pages.subscribed),
    ("POST", "subscribed_apps", pages.subscribe),
    ("DELETE", "subscribed_apps", pages.unsubscribe),
)
PERSON = table(("GET", "", pages.profile))


def page_node(world: World, node: str, token: str) -> Found | None:
    page, linked = world.accounts.page(node), world.accounts.instagram_of_page(node)
    if page is None and linked is None:
        return None
    tokens = [one for one in (page and page.access_token, linked and linked.page_token) if one]
    return PAGE, PageNode(page, linked), tokens


def instagram_node(world: World, node: str, token: str) -> Found | None:
    account = world.accounts.instagram(node)
    return (INSTAGRAM, account, [account.access_token]) if account else None


def person_node(world: World, node: str, token: str) -> Found | None:
    """A person by scoped id; the token says of which account."""
    for account in world.accounts.graph_with(token):
        number = world.people.find(account.number, node)
        if number is not None and not isinstance(account, WhatsAppNumber):
            return PERSON, (account, number), [token]
    return None


def myself(world: World, token: str) -> str:
    """The id behind `me`: the Page or the Instagram account whose token this is, "" where it is neither's."""
    for account in world.accounts:
        if isinstance(account, LineChannel | WhatsAppNumber):
            continue
        if token == account.access_token:
            return str(account.id)
        if token in account.tokens and isinstance(account, InstagramAccount):
            return account.page_id
    return ""

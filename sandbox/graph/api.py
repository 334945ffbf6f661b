"""The Graph API's door: version, token, and the node that an id stands for.

Each kind of node brings a table of edges and is one function of `NODES`. Both of Meta's hosts end here.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sandbox.accounts import FacebookPage, InstagramAccount, LineChannel
from sandbox.graph.batches import batch
from sandbox.graph.errors import GraphError, no_such_object
from sandbox.graph.nodes import Found
from sandbox.graph.tokens import authenticate, debug_token, token_of
from sandbox.http import Request, Response
from sandbox.messenger import nodes as messenger
from sandbox.messenger.errors import THROTTLED, refused
from sandbox.messenger.events import CDN
from sandbox.whatsapp import media
from sandbox.whatsapp import nodes as whatsapp
from sandbox.world import World

BYTES = "/media-bytes/"
_OURS = re.compile(rf"/v\d+(\.\d+)?/(?!bot/)|{BYTES}|{CDN}")

NODES: tuple[Callable[[World, str, str], Found | None], ...] = (
    whatsapp.number_node,
    whatsapp.business_node,
    messenger.page_node,
    messenger.instagram_node,
    messenger.person_node,
    whatsapp.media_node,
    whatsapp.template_node,
    whatsapp.app_node,
    whatsapp.upload_node,
)


@dataclass(slots=True)
class GraphApi:
    """Answers what starts with a version, and the addresses of media."""

    world: World
    name = "graph"

    def owns(self, path: str) -> bool:
        return _OURS.match(path) is not None

    def account_of(self, request: Request) -> str:
        """The account whose scenario applies: the one in the path, else the one whose token came."""
        node = request.path.split("/", 3)[2]
        named = self.world.accounts.get(node)
        if named is not None and not isinstance(named, LineChannel):
            return node
        return next((account.id for account in self.world.accounts.graph_with(token_of(request))), "")

    def answer(self, request: Request) -> Response | Awaitable[Response]:
        try:
            if request.path.startswith(CDN):
                return media.read_bytes(self.world, request)
            if request.path.startswith(BYTES):
                authenticate(self.world, request)
                return media.read_bytes(self.world, request)
            response = self._edge(request)
        except GraphError as refusal:
            return refusal.response
        version = request.path.split("/", 2)[1]
        return _versioned(response, version) if isinstance(response, Response) else _later(response, version)

    def _edge(self, request: Request) -> Response | Awaitable[Response]:
        segments = request.path.split("/")
        node, edge = segments[2], "/".join(segments[3:])
        if node == "debug_token":
            return debug_token(self.world, request)
        if not node and request.method == "POST":
            return batch(request, self.answer)
        token = authenticate(self.world, request)
        if node == "me":
            node = messenger.myself(self.world, token)
        for find in NODES:
            if (found := find(self.world, node, token)) is None:
                continue
            routes, target, tokens = found
            handler = routes.find(request.method, edge) if token in tokens else None
            if handler is None:
                break
            return handler[0](self.world, target, request)
        raise no_such_object(node, request.method)

    def finish(self, response: Response) -> Response:
        return response

    def throttled(self, request: Request) -> Response:
        account = self.world.accounts.get(self.account_of(request))
        if isinstance(account, FacebookPage | InstagramAccount):
            return refused(account, THROTTLED[account.kind]).response
        return GraphError(130429).response

    def broken(self) -> Response:
        """What a proxy in front of Meta says: not even JSON."""
        return Response(500, b"<html><body>Sorry, something went wrong.</body></html>", "text/html")


def _versioned(response: Response, version: str) -> Response:
    response.headers["facebook-api-version"] = version
    return response


async def _later(waited_for: Awaitable[Response], version: str) -> Response:
    try:
        return _versioned(await waited_for, version)
    except GraphError as refusal:
        return refusal.response


def graph_api(world: World) -> GraphApi:
    return GraphApi(world)

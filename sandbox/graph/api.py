"""The Graph API's door: version, token, and the node that an id stands for.

Each kind of node brings a table of edges; Pages and Instagram accounts join by being added to `NODES`.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sandbox.accounts import WhatsAppNumber
from sandbox.graph.errors import GraphError, no_such_object
from sandbox.http import Request, Response
from sandbox.routes import Routes
from sandbox.whatsapp import business, media, nodes
from sandbox.whatsapp.nodes import Edge
from sandbox.world import World

BYTES = "/media-bytes/"
_OURS = re.compile(rf"/v\d+(\.\d+)?/(?!bot/)|{BYTES}")

NODES: tuple[Callable[[World, str], tuple[Routes[Edge], Any, list[WhatsAppNumber]] | None], ...] = (
    nodes.number_node,
    nodes.business_node,
    nodes.media_node,
    nodes.template_node,
)


@dataclass(slots=True)
class GraphApi:
    """Answers what starts with a version, and the addresses of media."""

    world: World
    name = "graph"

    def owns(self, path: str) -> bool:
        return _OURS.match(path) is not None

    def account_of(self, request: Request) -> str:
        """The account whose scenario applies: the number in the path, else the one whose token came."""
        node = request.path.split("/", 3)[2]
        if self.world.accounts.whatsapp(node):
            return node
        return next((number.id for number in self.world.accounts.numbers_with(_token(request))), "")

    def answer(self, request: Request) -> Response | Awaitable[Response]:
        try:
            if request.path.startswith(BYTES):
                self._authenticate(request)
                return media.read_bytes(self.world, request)
            return self._edge(request)
        except GraphError as refusal:
            return refusal.response

    def _edge(self, request: Request) -> Response | Awaitable[Response]:
        segments = request.path.split("/")
        version, node, edge = segments[1], segments[2], "/".join(segments[3:])
        if node == "debug_token":
            return business.debug_token(self.world, request)
        token = self._authenticate(request)
        for find in NODES:
            if (found := find(self.world, node)) is None:
                continue
            routes, target, owners = found
            if token not in [number.access_token for number in owners]:
                break
            handler = routes.find(request.method, edge)
            if handler is None:
                break
            response = handler[0](self.world, target, request)
            if isinstance(response, Response):
                response.headers["facebook-api-version"] = version
            return response
        raise no_such_object(node, request.method)

    def _authenticate(self, request: Request) -> str:
        """The token, where some number knows it and it is not revoked. Raises GraphError."""
        token = _token(request)
        if not token:
            raise GraphError(190, message="An access token is required to request this resource.")
        owners = self.world.accounts.numbers_with(token)
        if not owners:
            raise GraphError(190, message="Invalid OAuth access token - Cannot parse access token")
        if all(self.world.scenarios.of(number.id).token_revoked for number in owners):
            raise GraphError(
                190,
                message="Error validating access token: The session has been invalidated.",
                subcode=467,
            )
        return token

    def finish(self, response: Response) -> Response:
        return response

    def throttled(self) -> Response:
        return GraphError(130429).response

    def broken(self) -> Response:
        """What a proxy in front of Meta says: not even JSON."""
        return Response(500, b"<html><body>Sorry, something went wrong.</body></html>", "text/html")


def _token(request: Request) -> str:
    return request.bearer or (request.query.get("access_token", "") if request.raw_query else "")


def graph_api(world: World) -> GraphApi:
    return GraphApi(world)

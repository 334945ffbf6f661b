"""What the Graph API's tables of nodes are made of."""

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.http import Request, Response
from sandbox.routes import Routes
from sandbox.world import World

Edge = Callable[[World, Any, Request], Response | Awaitable[Response]]
Found = tuple[Routes[Edge], Any, list[str]]
"""The edges of the node, what the node is, and the tokens that may use it."""


def table(*edges: tuple[str, str, Edge]) -> Routes[Edge]:
    routes: Routes[Edge] = Routes()
    for method, edge, handler in edges:
        routes.add(method, edge, handler)
    return routes

"""The `fields` of a question to a node."""

from typing import Any

from sandbox.http import Request


def picked(everything: dict[str, Any], request: Request, usual: str) -> dict[str, Any]:
    """The asked fields and always the id; those without a value are left out, as Graph does it."""
    names = (request.query.get("fields") or usual).split(",")
    return {name: everything[name] for name in dict.fromkeys([*names, "id"]) if name in everything}

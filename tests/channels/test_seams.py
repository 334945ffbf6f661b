"""A channel is known by name in its own places only; docs/adr/0011-places-a-channel-touches.md counts them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from channels.adapters import ADAPTERS

ROOT = Path(__file__).parents[2]
APPS = (
    "billing",
    "broadcaster",
    "campaigns",
    "channels",
    "conversations",
    "templates_app",
    "tenants",
    "workspace",
)
# What the product says of a channel, for all kinds alike: name, column of the capability table, icon, and
# explanations of codes where our own reasons say too little.
WORDS = {
    "channels/models.py",
    "channels/capabilities.py",
    "channels/catalogue.py",
    "tenants/templatetags/frame.py",
}
# What the provider sandbox is told of accounts and people in a rehearsal: it plays each kind in that kind's own terms.
PLAYED = {"campaigns/rehearsal/introducing.py", "campaigns/rehearsal/scenario.py"}


def code_naming(kind: str) -> set[str]:
    """Files outside the adapters whose code, not prose, names the kind."""
    found = set()
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if name.startswith("channels/adapters/") or "/migrations/" in name or "/demo/" in name:
                continue
            if any(_names(node, kind) for node in ast.walk(ast.parse(path.read_text("utf-8")))):
                found.add(name)
    return found


def _names(node: ast.AST, kind: str) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == kind.upper()
    if isinstance(node, ast.ImportFrom):
        return kind in (node.module or "").split(".")
    return isinstance(node, ast.Constant) and node.value == kind


@pytest.mark.parametrize("kind", ["facebook", "instagram"])
def test_a_channel_is_named_in_the_words_of_the_product_and_nowhere_else(kind):
    host = {"broadcaster/settings.py"} if kind == "instagram" else set()  # a new host is a setting
    assert code_naming(kind) == WORDS | PLAYED | host


@pytest.mark.parametrize("kind", ADAPTERS)
def test_every_channel_has_its_cases_and_its_page(kind):
    cases = {path.name for path in (ROOT / "tests/channels/cases" / kind).iterdir()}
    assert cases == {"channel.json", "outgoing.json", "responses.json", "webhooks.json"}
    assert (ROOT / "docs/providers" / f"{kind}.md").is_file()

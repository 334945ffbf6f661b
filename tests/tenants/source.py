"""The product's own source as syntax trees, for tests that refuse what a reviewer would."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = (
    "tenants",
    "billing",
    "channels",
    "templates_app",
    "conversations",
    "campaigns",
    "workspace",
    "broadcaster",
)


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the product outside migrations: path from the root, and its tree."""
    for app in APPS:
        for file in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in file.parts:
                yield file.relative_to(ROOT).as_posix(), ast.parse(file.read_text())


def names_in(tree: ast.AST) -> Iterator[str]:
    """Every name, attribute and imported name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)


def texts_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Every text that is not a docstring, as (where, text); where is the function or the module's constant."""
    for statement in tree.body:
        yield from _texts(statement, _name_of(statement))


def _name_of(statement: ast.stmt) -> str:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return statement.name
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id
    return ""


def _texts(node: ast.AST, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(node, ast.JoinedStr):
        yield (
            where,
            "".join(
                part.value if isinstance(part, ast.Constant) else "{" + ast.unparse(part.value) + "}"
                for part in node.values
                if isinstance(part, ast.Constant | ast.FormattedValue)
            ),
        )
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield where, node.value
        return
    for child in ast.iter_child_nodes(node):
        inner = f"{where}.{child.name}" if isinstance(child, ast.FunctionDef) else where
        yield from _texts(child, inner)

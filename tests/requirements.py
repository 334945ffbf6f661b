"""Which test proves which requirement, and docs/requirements.md, which says so to people.

`python -m tests.requirements` writes states and tests of the document anew from the marks; the words stay.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs/requirements.md"
ROW = re.compile(r"^\| ([SDB]\d?-\d+) \| (.*) \| (done|text|open) \| (.*) \| (.*) \|$")


@dataclass
class Row:
    """One line of the document: `proof` names the test of a done one, or says why there is nothing to test."""

    number: str
    text: str
    state: str
    proof: str
    shown: str

    def __str__(self) -> str:
        return f"| {self.number} | {self.text} | {self.state} | {self.proof} | {self.shown} |"


def rows() -> list[Row]:
    return [Row(*match.groups()) for line in DOCUMENT.read_text().splitlines() if (match := ROW.match(line))]


def marks() -> dict[str, list[str]]:
    """`file::test` of every test, by the numbers it is marked with."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for name, numbers in _marked(ast.parse(file.read_text())):
            for number in numbers:
                found[number].append(f"{file.relative_to(ROOT / 'tests')}::{name}")
    return dict(found)


def crowded() -> list[str]:
    """Tests that claim more than three requirements at once."""
    return [
        f"{file.relative_to(ROOT)}::{name}"
        for file in sorted((ROOT / "tests").rglob("test_*.py"))
        for name, numbers in _marked(ast.parse(file.read_text()))
        if len(set(numbers)) > 3
    ]


def _marked(tree: ast.AST) -> list[tuple[str, list[str]]]:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return [(node.name, numbers) for node in functions if (numbers := _numbers(node))]


def _numbers(function: ast.FunctionDef) -> list[str]:
    return [
        argument.value
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("mark.requirement")
        for argument in decorator.args
        if isinstance(argument, ast.Constant)
    ]


def rewrite() -> None:
    """Bring states and proofs up to date; a number without a test is open again unless it is mere text."""
    proofs = marks()
    by_number = {row.number: row for row in rows()}
    for number, row in by_number.items():
        if number in proofs:
            row.state, row.proof = "done", f"`{proofs[number][0]}`"
        elif row.state == "done":
            row.state, row.proof = "open", ""
    lines = [
        str(by_number[match.group(1)]) if (match := ROW.match(line)) else line
        for line in DOCUMENT.read_text().splitlines()
    ]
    done = sum(row.state == "done" for row in by_number.values())
    counted = f"{done} of {len(by_number)} are done."
    DOCUMENT.write_text("\n".join(re.sub(r"^\d+ of \d+ are done\.$", counted, line) for line in lines) + "\n")


if __name__ == "__main__":
    rewrite()

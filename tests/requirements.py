"""Which test proves which requirement, and docs/requirements.md, which says so to people.

`python -m tests.requirements` writes states and tests of the document anew from the marks; the words stay.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs/requirements.md"
ROW = re.compile(r"^\| ([SDB]\d?-\d+) \| (.*) \| (done|text|open) \| (.*) \| (.*) \|$")
GROUPS = {"S0": 27, "S1": 23, "S2": 60, "S3": 31, "S4": 46, "D": 20, "B": 29}  # how many numbers each has
MOST = 3  # numbers one test may claim
UNPROVEN = "no test proves it"


@dataclass
class Row:
    """One line of the document: `proof` names the test of a done one, says why a text is one, or what is missing."""

    number: str
    text: str
    state: str
    proof: str
    shown: str

    def __str__(self) -> str:
        return f"| {self.number} | {self.text} | {self.state} | {self.proof} | {self.shown} |"


@dataclass(frozen=True)
class Claim:
    """A test that is marked. `most`: the numbers of its most heavily marked case; `skipped`: it may not run."""

    test: str
    numbers: frozenset[str]
    most: int
    skipped: bool


def numbers() -> list[str]:
    """Every number there is, in the order of the document."""
    return [f"{group}-{n}" for group, count in GROUPS.items() for n in range(1, count + 1)]


def rows() -> list[Row]:
    return [Row(*match.groups()) for line in DOCUMENT.read_text().splitlines() if (match := ROW.match(line))]


def claims() -> list[Claim]:
    """Every marked test."""
    return [
        claim for file in sorted((ROOT / "tests").rglob("test_*.py")) for claim in _claims_of(file) if claim
    ]


def marks() -> dict[str, list[str]]:
    """`file::test` of every test, by the numbers it is marked with."""
    found: dict[str, list[str]] = defaultdict(list)
    for claim in claims():
        for number in claim.numbers:
            found[number].append(claim.test)
    return dict(found)


def _claims_of(file: Path) -> Iterator[Claim]:
    tree = ast.parse(file.read_text())
    whole_file = [node for node in tree.body if isinstance(node, ast.Assign) and "pytestmark" in _words(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            claim = _claim(node, f"{file.relative_to(ROOT / 'tests')}::{node.name}", whole_file)
            if claim.numbers:
                yield claim


def _claim(function: ast.FunctionDef, test: str, whole_file: list[ast.Assign]) -> Claim:
    own = [
        number
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call)
        for number in _numbers(decorator)
    ]
    cases = [
        [number for call in ast.walk(case) if isinstance(call, ast.Call) for number in _numbers(call)]
        for decorator in function.decorator_list
        for case in ast.walk(decorator)
        if isinstance(case, ast.Call) and ast.unparse(case.func) == "pytest.param"
    ]
    held_back = {"mark.skip", "mark.skipif", "mark.xfail"}
    return Claim(
        test,
        frozenset(own).union(*cases),
        len(own) + max((len(case) for case in cases), default=0),
        any(word in _words(node) for node in [*function.decorator_list, *whole_file] for word in held_back),
    )


def _numbers(call: ast.Call) -> list[str]:
    if not ast.unparse(call.func).endswith("mark.requirement"):
        return []
    return [argument.value for argument in call.args if isinstance(argument, ast.Constant)]


def _words(node: ast.AST) -> str:
    return ast.unparse(node)


def rewrite() -> None:
    """Bring states and proofs up to date; a number without a test is open again unless it is mere text."""
    proofs = marks()
    by_number = {row.number: row for row in rows()}
    for number, row in by_number.items():
        if number in proofs:
            kept = row.state == "done" and row.proof.strip("`") in proofs[number]
            row.state, row.proof = "done", row.proof if kept else f"`{proofs[number][0]}`"
        elif row.state == "done":
            row.state, row.proof, row.shown = "open", UNPROVEN, ""
    lines = [
        str(by_number[match.group(1)]) if (match := ROW.match(line)) else line
        for line in DOCUMENT.read_text().splitlines()
    ]
    done = sum(row.state == "done" for row in by_number.values())
    counted = f"{done} of {len(by_number)} are done."
    DOCUMENT.write_text("\n".join(re.sub(r"^\d+ of \d+ are done\.$", counted, line) for line in lines) + "\n")


if __name__ == "__main__":
    rewrite()

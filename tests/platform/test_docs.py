"""What the papers name exists: files, folders, headings, commands."""

import re

import pytest
from django.core.management import get_commands

from broadcaster.embedded.state import ROOT

PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
# What stands in backquotes and looks like one of our files: a known folder first, or a file of the top level.
OURS = re.compile(
    r"^(?:(?:assets|bench|billing|broadcaster|campaigns|channels|conversations|docs|locale|sandbox|static|templates|templates_app"
    r"|tenants|tests|workspace)/[\w./-]*|[\w-]+\.(?:py|md|toml|yml|lock))(?:::\w+)?$"
)
BESIDE = {
    "docs/engine.md": ["campaigns/engine"],
    "docs/webhooks.md": ["channels/webhooks"],
    "docs/requirements.md": ["tests"],
}


def names(paper):
    return paper.relative_to(ROOT).as_posix()


def anchors(paper):
    """Headings as GitHub turns them into anchors."""
    text = re.sub(r"^```.*?^```", "", paper.read_text(), flags=re.MULTILINE | re.DOTALL)
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def folders(paper):
    """Where a bare file name of this paper may lie."""
    return [ROOT, paper.parent, *(ROOT / folder for folder in BESIDE.get(names(paper), []))]


def is_there(name, paper):
    path, _colons, test = name.partition("::")
    found = [place / path for place in folders(paper) if (place / path).exists()]
    if not found and "/" not in path:  # a module named by its file alone
        found = [file for file in ROOT.rglob(path) if not {".venv", ".data"} & set(file.parts)]
    return bool(found) and (not test or any(f"def {test}(" in file.read_text() for file in found))


@pytest.mark.parametrize("paper", PAPERS, ids=names)
def test_links_lead_somewhere(paper):
    broken = []
    for link in LINK.findall(paper.read_text()):
        path, _hash, anchor = link.partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        target = (paper.parent / path).resolve() if path else paper
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("paper", PAPERS, ids=names)
def test_files_that_are_named_exist(paper):
    named = [code for code in CODE.findall(paper.read_text()) if OURS.match(code)]
    assert [name for name in named if not is_there(name, paper)] == []


@pytest.mark.parametrize("paper", PAPERS, ids=names)
def test_commands_that_are_named_exist(paper):
    ours = {*get_commands(), "help"}
    named = re.findall(r"manage\.py ([a-z_]+)", paper.read_text())
    assert [command for command in named if command not in ours] == []


def test_every_paper_is_reached_from_the_readme():
    reached, left = set(), [ROOT / "README.md"]
    while left:
        paper = left.pop()
        if paper in reached or not paper.exists():
            continue
        reached.add(paper)
        if paper.is_dir():
            left += paper.glob("*.md")
        elif paper.suffix == ".md":
            left += [
                (paper.parent / link.partition("#")[0]).resolve() for link in LINK.findall(paper.read_text())
            ]
    assert [names(paper) for paper in PAPERS if paper not in reached] == []


def test_the_makefile_names_commands_that_exist():
    named = re.findall(r"manage\.py ([a-z_]+)", (ROOT / "Makefile").read_text())
    assert [command for command in named if command not in get_commands()] == []

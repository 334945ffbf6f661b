"""Who may call what, read from the one table there is: docs/roles.md.

Letters: O owner, A administrator, M sales manager, S salesperson; `*` every member; `-` strangers too.
"""

from __future__ import annotations

import re
from pathlib import Path

LETTERS = {"O": "owner", "A": "admin", "M": "sales_manager", "S": "salesperson"}
DOCUMENT = (Path(__file__).resolve().parents[2] / "docs/roles.md").read_text()
ADDRESS = re.compile(r"^\| `((?:GET|POST|PUT|PATCH|DELETE) \S+)` \| ([OAMS]+|\*|-) \|$", re.MULTILINE)
RIGHT = re.compile(r"^\| `(\w+)` \| (.*) \|$", re.MULTILINE)

# "GET tenants:members" -> the letters of those who are not refused
MATRIX: dict[str, str] = dict(ADDRESS.findall(DOCUMENT))
# "top_up" -> the cells of its row, one a role
RIGHTS: dict[str, list[str]] = {
    name: [cell.strip() for cell in row.split("|")] for name, row in RIGHT.findall(DOCUMENT)
}


def allowed(who: str) -> set[str]:
    """The letters of the roles that are let in."""
    return set(LETTERS) if who in "*-" else set(who)

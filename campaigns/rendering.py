"""Variables of broadcasts: what freezes the value of each at launch. The texts are those of every message."""

from __future__ import annotations

from collections.abc import Mapping

from conversations.variables import LABELS, LONGEST_VALUE, VARIABLE, render, render_line, variables_in

__all__ = ["LABELS", "LONGEST_VALUE", "VARIABLE", "VARIABLES", "render", "render_line", "variables_in"]

# Variable -> the SQL that freezes its value at launch, over contact `k`, customer `cu`, and conversation `c`
# where there is one.
VARIABLES: Mapping[str, str] = {
    "name": "cu.name",
    "phone": "coalesce(nullif(k.phone, ''), cu.phone)",
    "number": "coalesce(c.number::text, '')",
}
assert VARIABLES.keys() == LABELS.keys()  # noqa: S101  what has a name to choose has a value

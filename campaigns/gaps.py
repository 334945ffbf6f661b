"""Where a text would have a gap: a variable without a fallback that stands for nothing of some person.

`{{ name|there }}` has a fallback, and so has `{{ name| }}`: whoever writes it wants nothing there.
"""

from __future__ import annotations

from collections.abc import Iterable

from campaigns.rendering import VARIABLE, VARIABLES

# What Python's str.split() takes for blank: runs of it become one blank (conversations.variables.render_line).
_BLANK = r"[\s\u001c-\u001f\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"


def gaps_in(texts: Iterable[str]) -> tuple[str, ...]:
    """The variables that leave a gap where they stand for nothing, each once."""
    found = (match for text in texts for match in VARIABLE.finditer(text))
    return tuple(dict.fromkeys(match[1] for match in found if match[2] is None and match[1] in VARIABLES))


def line_sql(name: str) -> str:
    """What a variable stands for, on one line."""
    return f"btrim(regexp_replace({VARIABLES[name]}, '{_BLANK}', ' ', 'g'))"

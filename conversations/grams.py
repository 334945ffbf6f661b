"""Pieces of words, so that an index finds any part of a text in any script.

`search_grams(tenant, words)` cuts a text into runs of three ASCII characters and of two where one is not ASCII:
most Chinese words have two. Each carries the tenant, so that an index holds every team's words apart.
"""

from __future__ import annotations

import re
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Func, TextField

# Parts of text this short have no piece of their own: the index cannot find them.
_CUTTABLE = re.compile(r"[\x00-\x7f]{3}|[^\x00-\x7f].|.[^\x00-\x7f]", re.DOTALL)


class Grams(Func):
    """`Grams("tenant", "text")`: the pieces of a column, as its index has them."""

    function = "search_grams"
    output_field: Any = ArrayField(TextField())


def has_grams(words: str) -> bool:
    """Whether an index can find texts with `words` in them."""
    return _CUTTABLE.search(words) is not None

"""Variables in a template's text: `{{1}}`, or with a name `{{first_name}}`.

https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/components
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
POSITION = re.compile(r"[1-9][0-9]?")
URL_VARIABLE = "{{1}}"  # the only one an address takes, whatever the texts use
# Every ideograph is a word; elsewhere words stand between spaces. Marks alone are none.
_WORD = re.compile(r"[⺀-鿿가-힯豈-﫿]|[^\W_⺀-鿿가-힯豈-﫿]+")


def variables_in(text: str) -> tuple[str, ...]:
    """The different variables, in order, as they stand between the braces."""
    return tuple(dict.fromkeys(found.strip() for found in VARIABLE.findall(text)))


def occurrences(text: str) -> Mapping[str, int]:
    """How often each variable stands in it."""
    return Counter(found.strip() for found in VARIABLE.findall(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with its variables replaced; one without a value stays as it is."""
    return VARIABLE.sub(lambda found: values.get(found[1].strip(), found[0]), text)


def fixed_words(text: str) -> int:
    """How many words stand in `text` beside its variables."""
    return len(_WORD.findall(VARIABLE.sub(" ", text)))

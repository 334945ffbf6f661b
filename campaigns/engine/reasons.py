"""People by reason: how many did not get it and why, kept on the counter beside its terms and moved with them.

A key is state, reason and the provider's code with spaces between them: "5 undeliverable 131026". Whoever has no
reason, or may still get it, counts nowhere. The sums are made by functions of the database (docs/adr/0023).
"""

from __future__ import annotations

from typing import NamedTuple

from campaigns.models import State

UNREACHED = frozenset({State.UNCONFIRMED, State.PARTIAL, State.FAILED, State.SKIPPED})


class Key(NamedTuple):
    state: State
    reason: str
    provider_code: str


def key_of(state: State, reason: str, provider_code: str) -> str:
    """What such a recipient counts under, "" for nothing."""
    return f"{state.value} {reason} {provider_code}" if reason and state in UNREACHED else ""


def parted(key: str) -> Key:
    state, reason, provider_code = key.split(" ", 2)
    return Key(State(int(state)), reason, provider_code)


def key_sql(row: str) -> str:
    """The same as `key_of` over the columns of `row`; NULL for nothing."""
    states = ", ".join(str(state.value) for state in sorted(UNREACHED))
    return (
        f"CASE WHEN {row}.state IN ({states}) AND {row}.reason <> ''"
        f" THEN {row}.state || ' ' || {row}.reason || ' ' || {row}.provider_code END"
    )


def counted_sql(keys: str) -> str:
    """An aggregate: people by key, as the counter keeps them; NULL, and no work, where no row has one."""
    return f"campaigns_by_reason(array_agg({keys}) FILTER (WHERE {keys} IS NOT NULL))"


def added_sql(kept: str, more: str) -> str:
    """`kept` with `more` added key by key; `kept` itself where `more` is NULL. Keys that come to nothing go."""
    return f"campaigns_reasons_added({kept}, {more})"

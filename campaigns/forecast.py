"""How long sending still takes: arithmetic on requests and rates, without a database.

Campaigns on one channel take turns, so while others still send each has an equal share of the pace: what leaves before
mine is through is mine and as much of every other one, at most all of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.rendering import variables_in
from channels.adapters.base import Adapter, PartKind
from channels.models import step_of
from channels.sending.gauges import Gauge
from channels.sending.pacing import RECOVERY

DAY = timedelta(hours=24)
LEAST_FLOW = 0.2  # requests a second; slower than this says nothing about the pace to come


@dataclass(frozen=True)
class Content:
    """What a campaign says, as far as the pace depends on it."""

    kinds: tuple[PartKind, ...]
    personal: bool  # texts hold variables, so people seldom share a request


def content_of(kinds: Sequence[str], texts: Sequence[str]) -> Content:
    """Of a campaign's parts in order; one without parts of its own says one message."""
    shown = tuple(PartKind(kind) for kind in kinds) or (PartKind.TEXT,)
    return Content(shown, bool(variables_in(texts)))


def requests_of(adapter: Adapter, content: Content, people: int) -> Mapping[str, int]:
    """Requests to each endpoint for so many people. Where one request names many (LINE), personal texts still take one
    a person: an upper bound, for people of the same name share theirs."""
    spec = adapter.spec
    if not people:
        return {}
    if spec.max_people > 1:
        size = 1 if content.personal else min(people, spec.max_people)
        return {adapter.endpoint(size, content.kinds[0]): math.ceil(people / size)}
    found: dict[str, int] = {}
    for kind in content.kinds:
        endpoint = adapter.endpoint(1, kind)
        found[endpoint] = found.get(endpoint, 0) + people
    return found


def before_mine_end(mine: int, others: Iterable[int]) -> int:
    """Requests that leave until mine are through, where all take turns."""
    return mine + sum(min(mine, other) for other in others)


def seconds_for(requests: int, rate: float, gauge: Gauge) -> float:
    """Seconds until so many requests have left, `rate` a second being the most we take of the provider's limit.

    While the limit is what holds us up, the limit itself counts, as it recovers after the provider slowed us down; else
    what really left lately: a slow provider or a busy machine.
    """
    if gauge.flow is not None and gauge.flow >= LEAST_FLOW and not gauge.short and not gauge.blocked:
        return requests / min(gauge.flow, rate)
    return gauge.blocked + _recovering(requests / rate, gauge.factor)


def _recovering(full: float, factor: float) -> float:
    """Seconds for what takes `full` seconds at full speed, beginning at `factor` of it and regaining RECOVERY a second.

    Until full speed is back after r = (1 - factor) / RECOVERY seconds, t seconds do factor·t + RECOVERY·t²/2.
    """
    back = (1 - factor) / RECOVERY
    done = factor * back + RECOVERY * back**2 / 2
    if full >= done:
        return back + (full - done)
    return (math.sqrt(factor**2 + 2 * RECOVERY * full) - factor) / RECOVERY


def last_by_limit(people: int, reach: int, left: int, opens: Sequence[datetime], now: datetime) -> datetime:
    """When a limit of `reach` people in 24 hours lets the last of `people` through. By the last count `left` may be
    begun with, and at each of `opens` one step more."""
    step = step_of(reach)
    coming = [at for at in opens if at > now]
    beyond = people - min(reach, left + step * (len(opens) - len(coming)))
    if beyond <= 0:
        return now
    days, place = divmod(beyond - 1, reach)
    freed = place // step
    return (coming[freed] if freed < len(coming) else now + DAY) + days * DAY

"""What a broadcast would wait for before anything leaves, and whose reply window closes meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.audience import People
from campaigns.classify import Rule, classified
from campaigns.content import Sql
from campaigns.lines import Line
from channels.adapters.base import ChannelKind
from channels.models import KIND_LABELS
from tenants.clock import clock
from tenants.models import Member, Tenant

if TYPE_CHECKING:
    from campaigns.preflight import Plan, Preflight

QUIET_HOURS = "quiet_hours"
CLOSES_BEFORE = "closes_before"


@dataclass(frozen=True)
class Delay:
    """`starts_at`: the first moment at which something can leave; `quiet`: because quiet hours hold until then."""

    starts_at: datetime
    quiet: bool


def delay_of(tenant: Tenant, scheduled_at: datetime | None = None) -> Delay | None:
    """None where sending can begin at once."""
    now = timezone.now()
    start = max(scheduled_at or now, now)
    until = tenant.quiet_hours.until(start)
    return Delay(until or start, until is not None) if until or start > now else None


def with_delay(
    found: Preflight, by: Member, planned: Plan, people: People, scheduled_at: datetime | None = None
) -> Preflight:
    """The preflight with what it waits for before anything leaves, and whom that costs."""
    delay = delay_of(by.tenant, scheduled_at)
    if delay is None:
        return found
    lines = _lines(delay, people.sql(), planned.rules, planned.tenant_id, planned.content.unfit)
    return replace(found, lines=found.lines + lines, starts_at=delay.starts_at)


def _lines(delay: Delay, chosen: Sql, rules: list[Rule], tenant_id: int, unfit: Sql) -> list[Line]:
    """That it waits, and by kind of channel how many windows that are open now will be closed by then."""
    lines = []
    if delay.quiet:
        text = _("Quiet hours: nothing leaves before %(time)s.") % {"time": clock(delay.starts_at)}
        lines.append(Line(QUIET_HOURS, "", 0, text))
    kinds: dict[ChannelKind, int] = {}
    by_channel = {rule.channel.pk: ChannelKind(rule.channel.kind) for rule in rules}
    for channel, count in _closing(delay.starts_at, chosen, rules, tenant_id, unfit):
        kinds[by_channel[channel]] = kinds.get(by_channel[channel], 0) + count
    for kind, count in sorted(kinds.items()):
        text = ngettext(
            "%(n)d on %(channel)s: the reply window closes before %(time)s; that person will be left out.",
            "%(n)d on %(channel)s: the reply windows close before %(time)s; those people will be left out.",
            count,
        ) % {"n": count, "channel": str(KIND_LABELS[kind]), "time": clock(delay.starts_at)}
        lines.append(Line(CLOSES_BEFORE, kind.value, count, text))
    return lines


def _closing(
    before: datetime, chosen: Sql, rules: list[Rule], tenant_id: int, unfit: Sql
) -> list[tuple[int, int]]:
    """(channel id, people) of those who would get it now."""
    ctes, params = classified(chosen, rules, tenant_id, unfit=unfit)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH {ctes}
                SELECT channel_id, count(*) FROM classified
                WHERE verdict = '' AND closes_at <= %s GROUP BY 1""",  # noqa: S608  (our own SQL)
            [*params, before],
        )
        return [(channel, people) for channel, people in cursor.fetchall()]

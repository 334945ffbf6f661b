"""When a campaign should be through, and what it waits for (B-8).

Worked out when somebody looks: one query over counters and unfinished shards, one round trip to Redis. Nothing is
written while sending, so that explaining costs the sending nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connection
from django.utils import timezone

from campaigns.forecast import (
    Content,
    before_mine_end,
    content_of,
    last_by_limit,
    requests_of,
    seconds_for,
)
from campaigns.models import Campaign, Part, Status
from channels.adapters import ADAPTERS
from channels.adapters.base import Adapter, ChannelKind
from channels.models import ChannelState
from channels.sending.gauges import Gauge, Readings, read
from channels.sending.pacing import bucket_of, limits_of
from templates_app.lifecycle import SENDABLE
from tenants.quiet import QuietHours
from tenants.scopes import current_tenant

SLOWED = 0.9  # below this share of the full rate the provider's request to slow down still shows
RESTS = 1.0  # seconds; a shard that is due later than this was put off
STALLED = 25.0  # seconds without a request while somebody holds people: longer than an answer takes


class Waiting(StrEnum):
    """What a campaign may wait for: the API's `waiting_for`. Stable words."""

    START_TIME = "start_time"
    APPROVAL = "approval"
    CONFIRMATION = "confirmation"  # it missed its start time: a member sends it, drops it or gives it another
    PREPARING = "preparing"
    PRICES = "prices"  # whoever waits is being priced anew
    RESUME = "resume"  # a member paused it, or too much failed: a member decides
    BALANCE = "balance"
    TEMPLATE = "template"  # WhatsApp does not take it at present
    QUOTA = "quota"  # the channel's monthly number of people
    DAILY_LIMIT = "daily_limit"  # of people that WhatsApp lets a number begin with
    CHANNEL_OFF = "channel_off"
    CHANNEL_HELD = "channel_held"  # on again after it was off: a member lets it go on
    CHANNEL_DISCONNECTED = "channel_disconnected"
    CHANNEL_RESTRICTED = "channel_restricted"
    QUIET_HOURS = "quiet_hours"  # of the team
    RATE_LIMIT = "rate_limit"  # the number of messages a second that the provider allows
    RATE_LIMITED = "rate_limited"  # the provider asked us to slow down
    PAIR_LIMITED = "pair_limited"  # a pause between messages to one person
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    OTHER_CAMPAIGNS = "other_campaigns"  # on the same channel, by turns
    REDIS = "redis"
    NO_WORKER = "no_worker"
    WORKER_LOST = "worker_lost"  # one stopped; what it held goes on when its lease ends


@dataclass(frozen=True)
class Wait:
    """One reason. `channel` names the channel it is about, `until` when it ends, where that is known; `count` how many
    others there are (OTHER_CAMPAIGNS), or people a day (DAILY_LIMIT; 0 where WhatsApp stopped the number)."""

    code: str
    channel: str = ""
    until: datetime | None = None
    count: int = 0


@dataclass(frozen=True)
class Outlook:
    """`finish_at` is None while it depends on somebody or something that must change first; `left` is how many seconds
    of sending remain then, where that can be said."""

    finish_at: datetime | None = None
    left: float | None = None
    waits: tuple[Wait, ...] = ()

    @property
    def codes(self) -> list[str]:
        """The API's `waiting_for`: each once."""
        return list(dict.fromkeys(wait.code for wait in self.waits))


# Why a campaign is paused or was refused, as what it waits for; whatever else paused it waits for a member.
PAUSED_FOR: Mapping[str, Waiting] = {
    "channel_off": Waiting.CHANNEL_OFF,
    "channel_disconnected": Waiting.CHANNEL_DISCONNECTED,
    "channel_restricted": Waiting.CHANNEL_RESTRICTED,
    "template_unavailable": Waiting.TEMPLATE,
    "quota_exceeded": Waiting.QUOTA,
    "repricing": Waiting.PRICES,
    "insufficient_credit": Waiting.BALANCE,
    "budget_exceeded": Waiting.BALANCE,
    "credit_taken_back": Waiting.BALANCE,
    "payment_required": Waiting.BALANCE,
}
STATES: Mapping[str, Waiting] = {
    ChannelState.DISCONNECTED.value: Waiting.CHANNEL_DISCONNECTED,
    ChannelState.RESTRICTED.value: Waiting.CHANNEL_RESTRICTED,
}
RESTING: Mapping[str, Waiting] = {
    "pair_limited": Waiting.PAIR_LIMITED,
    "rate_limited": Waiting.RATE_LIMITED,
}
UNFINISHED = (Status.SCHEDULED, Status.MISSED, Status.PREPARING, Status.RUNNING, Status.PAUSED)

# A stretch: what one campaign still has to do on one channel. Those of other running campaigns on the same channels
# come along, for their share of the pace; only the asked ones' shards are looked at.
_STRETCHES = """
WITH wanted AS (
    SELECT campaign_id, channel_id FROM campaigns_counter
    WHERE tenant_id = %(tenant)s AND campaign_id = ANY(%(asked)s) AND waiting + sending > 0
)
SELECT cn.campaign_id, cn.channel_id, cn.waiting + cn.sending AS people, c.status = 'running' AS running,
       c.at_any_hour,
       ch.name, ch.kind, ch.enabled, ch.state, ch.pace, said.kinds, said.texts,
       open.held, open.rests, open.leased_until, rest.reason,
       daily.reach, daily.left, daily.opens, daily.resumes_at, daily.refused
FROM campaigns_counter cn
JOIN campaigns_campaign c ON c.id = cn.campaign_id
JOIN channels_channel ch ON ch.id = cn.channel_id
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(kind ORDER BY position), '{}') AS kinds,
           coalesce(array_agg(text ORDER BY position), '{}') AS texts
    FROM campaigns_part WHERE campaign_id = c.id
) said
LEFT JOIN LATERAL (
    SELECT bool_or(held <> '') AS held,
           extract(epoch FROM min(due_at) FILTER (WHERE state = 0) - clock_timestamp())::float8 AS rests,
           max(leased_until) FILTER (WHERE state = 1) AS leased_until,
           (array_agg(id ORDER BY due_at) FILTER (WHERE state = 0))[1] AS next_id
    FROM campaigns_shard WHERE campaign_id = c.id AND channel_id = ch.id AND state < 2
) open ON c.id = ANY(%(asked)s)
LEFT JOIN LATERAL (
    SELECT reason FROM campaigns_recipient
    WHERE shard_id = open.next_id AND state = 0 AND reason <> '' LIMIT 1
) rest ON open.rests > %(rests)s
LEFT JOIN LATERAL (
    SELECT reach, "left", opens, resumes_at, refused_until > clock_timestamp() IS TRUE AS refused
    FROM channels_dailylimit d WHERE d.tenant_id = %(tenant)s AND ch.id = ANY(d.channels)
) daily ON c.kind = 'template'
WHERE cn.tenant_id = %(tenant)s AND cn.waiting + cn.sending > 0
  AND (c.id = ANY(%(asked)s)
       OR c.status = 'running' AND cn.channel_id IN (SELECT channel_id FROM wanted))
"""


@dataclass(frozen=True)
class Stretch:
    campaign_id: int
    channel_id: int
    people: int
    running: bool
    at_any_hour: bool
    channel: str
    kind: str
    enabled: bool
    state: str
    pace: float | None
    kinds: Sequence[str]
    texts: Sequence[str]
    held: bool | None
    rests: float | None  # seconds until its soonest free shard is due
    leased_until: datetime | None
    resting_for: str | None
    reach: int | None  # the day's limit of a template's number
    left_today: int | None
    opens: Sequence[datetime] | None
    resumes_at: datetime | None
    refused: bool | None

    @property
    def adapter(self) -> Adapter:
        return ADAPTERS[ChannelKind(self.kind)]

    @property
    def content(self) -> Content:
        return content_of(self.kinds, self.texts)

    @property
    def requests(self) -> Mapping[str, int]:
        return requests_of(self.adapter, self.content, self.people)

    @property
    def obstacle(self) -> Waiting | None:
        """Why nothing at all leaves here until somebody changes it."""
        if not self.enabled:
            return Waiting.CHANNEL_OFF
        if self.state in STATES:
            return STATES[self.state]
        return Waiting.CHANNEL_HELD if self.held else None


def outlook_of(campaign: Campaign) -> Outlook:
    return outlooks([campaign])[campaign.pk]


def outlooks(campaigns: Iterable[Campaign]) -> dict[int, Outlook]:
    """By campaign id, for campaigns of one tenant. Finished ones wait for nothing and cost nothing."""
    found = {campaign.pk: Outlook() for campaign in campaigns}
    open_ones = [campaign for campaign in campaigns if campaign.status in UNFINISHED]
    if not open_ones:
        return found
    moving = [one for one in open_ones if one.status not in (Status.SCHEDULED, Status.MISSED)]
    stretches = _stretches(moving) if moving else []
    readings = read(sorted({(each.channel_id, name) for each in stretches for name in each.requests}))
    stopped = _stopped(open_ones)
    hours = current_tenant().quiet_hours
    for campaign in open_ones:
        found[campaign.pk] = _look(campaign, stretches, readings, stopped, hours)
    return found


def _stretches(campaigns: Sequence[Campaign]) -> list[Stretch]:
    with connection.cursor() as cursor:
        cursor.execute(
            _STRETCHES,
            {
                "tenant": campaigns[0].tenant_id,
                "asked": [campaign.pk for campaign in campaigns],
                "rests": RESTS,
            },
        )
        return [Stretch(*row) for row in cursor.fetchall()]


def _stopped(campaigns: Sequence[Campaign]) -> set[int]:
    """Those scheduled ones whose template cannot be sent now."""
    scheduled = [campaign.pk for campaign in campaigns if campaign.status == Status.SCHEDULED]
    if not scheduled:
        return set()
    parts = Part.objects.filter(campaign__in=scheduled, template__isnull=False)
    return set(parts.exclude(template__status__in=SENDABLE).values_list("campaign_id", flat=True))


def _look(
    campaign: Campaign,
    stretches: Sequence[Stretch],
    readings: Readings | None,
    stopped: Collection[int],
    hours: QuietHours,
) -> Outlook:
    stored = tuple(Wait(code) for code in campaign.waiting_for)
    quiet = _quiet(campaign, hours)
    if campaign.status == Status.SCHEDULED:
        held = [Wait(Waiting.TEMPLATE)] if campaign.pk in stopped else []
        return Outlook(waits=(*stored, *held, Wait(Waiting.START_TIME, until=campaign.scheduled_at), *quiet))
    if campaign.status == Status.MISSED:
        return Outlook(waits=(*stored, Wait(Waiting.CONFIRMATION)))
    if campaign.status == Status.PREPARING:
        return Outlook(waits=(*stored, Wait(Waiting.PREPARING), *_nobody(readings, "default"), *quiet))
    if campaign.at_any_hour and hours.until(timezone.now()):
        stretches = [each for each in stretches if each.at_any_hour]  # nobody else takes a turn
    mine = [each for each in stretches if each.campaign_id == campaign.pk]
    left = _seconds(mine, stretches, readings)
    if campaign.status == Status.PAUSED:
        code = PAUSED_FOR.get(campaign.reason, Waiting.RESUME)
        obstacles = [Wait(each.obstacle, each.channel) for each in mine if each.obstacle]
        return Outlook(left=left, waits=(*stored, *(obstacles or [Wait(code)])))
    nobody = _nobody(readings, "send") if mine else []
    waits = [wait for each in mine for wait in _waits(each, stretches, readings, asleep=bool(quiet))]
    blocked = nobody or any(each.obstacle for each in mine)
    finish = None if blocked or left is None else _after(left, campaign, hours)
    return Outlook(finish, left, (*stored, *quiet, *_once(waits), *nobody))


def _quiet(campaign: Campaign, hours: QuietHours) -> list[Wait]:
    """That quiet hours hold, or will when it starts."""
    now = timezone.now()
    at = max(campaign.scheduled_at or now, now) if campaign.status == Status.SCHEDULED else now
    until = None if campaign.at_any_hour else hours.until(at)
    return [Wait(Waiting.QUIET_HOURS, until=until)] if until else []


def _after(seconds: float, campaign: Campaign, hours: QuietHours) -> datetime:
    now = timezone.now()
    return now + timedelta(seconds=seconds) if campaign.at_any_hour else hours.later(now, seconds)


def _nobody(readings: Readings | None, queue: str) -> list[Wait]:
    """Redis away, or nobody who would do it."""
    if readings is None:
        return [Wait(Waiting.REDIS)]
    return [] if readings.workers[queue] else [Wait(Waiting.NO_WORKER)]


def _waits(
    mine: Stretch, stretches: Sequence[Stretch], readings: Readings | None, *, asleep: bool
) -> list[Wait]:
    """What holds the campaign up on one channel; while it is `asleep` only what keeps it from going on then."""
    if mine.obstacle:
        return [Wait(mine.obstacle, mine.channel)]
    if readings is None or asleep:
        return []
    gauges = [readings.gauges[mine.channel_id, name] for name in mine.requests]
    return [*_paced(mine, gauges), *_put_off(mine), *_stalled(mine, gauges), *_others(mine, stretches)]


def _paced(mine: Stretch, gauges: Sequence[Gauge]) -> list[Wait]:
    blocked = max((gauge.blocked for gauge in gauges), default=0.0)
    if blocked:
        return [Wait(Waiting.RATE_LIMITED, mine.channel, timezone.now() + timedelta(seconds=blocked))]
    if any(gauge.factor < SLOWED for gauge in gauges):
        return [Wait(Waiting.RATE_LIMITED, mine.channel)]
    return [Wait(Waiting.RATE_LIMIT, mine.channel)] if any(gauge.short for gauge in gauges) else []


def _put_off(mine: Stretch) -> list[Wait]:
    """Nobody is worked on and the next ones are due later."""
    if mine.leased_until or mine.rests is None or mine.rests <= RESTS:
        return []
    if mine.resumes_at and mine.resumes_at > timezone.now():
        return [
            Wait(Waiting.DAILY_LIMIT, mine.channel, mine.resumes_at, 0 if mine.refused else mine.reach or 0)
        ]
    code = RESTING.get(mine.resting_for or "", Waiting.PROVIDER_UNAVAILABLE)
    return [Wait(code, mine.channel, timezone.now() + timedelta(seconds=mine.rests))]


def _stalled(mine: Stretch, gauges: Sequence[Gauge]) -> list[Wait]:
    if _seconds_to_take_over(mine, gauges):
        return [Wait(Waiting.WORKER_LOST, mine.channel, mine.leased_until)]
    return []


def _seconds_to_take_over(mine: Stretch, gauges: Sequence[Gauge]) -> float:
    """Somebody holds people and has asked for no token for longer than any answer takes: that worker is gone, and its
    lease ends in so many seconds. Else 0."""
    if mine.leased_until is None or (mine.rests is not None and mine.rests <= 0):
        return 0.0
    busy = any(gauge.blocked or (gauge.idle is not None and gauge.idle <= STALLED) for gauge in gauges)
    return 0.0 if busy else max(0.0, (mine.leased_until - timezone.now()).total_seconds())


def _others(mine: Stretch, stretches: Sequence[Stretch]) -> list[Wait]:
    count = len(_sharing(mine, stretches))
    return [Wait(Waiting.OTHER_CAMPAIGNS, mine.channel, count=count)] if count else []


def _sharing(mine: Stretch, stretches: Sequence[Stretch]) -> list[Stretch]:
    return [
        each
        for each in stretches
        if each.channel_id == mine.channel_id and each.campaign_id != mine.campaign_id and each.running
    ]


def _once(waits: Sequence[Wait]) -> list[Wait]:
    return list(dict.fromkeys(waits))


def _seconds(
    mine: Sequence[Stretch], stretches: Sequence[Stretch], readings: Readings | None
) -> float | None:
    """Until the slowest channel is through; None where nobody is left or Redis cannot be asked."""
    if not mine or readings is None:
        return None
    return max(_seconds_on(each, stretches, readings) for each in mine)


def _seconds_on(mine: Stretch, stretches: Sequence[Stretch], readings: Readings) -> float:
    limits = limits_of(mine.adapter.spec, mine.pace)
    others = [each.requests for each in _sharing(mine, stretches)]
    begins = _seconds_to_take_over(mine, [readings.gauges[mine.channel_id, name] for name in mine.requests])
    if mine.leased_until is None and mine.rests is not None:
        begins = max(0.0, mine.rests)
    longest = 0.0
    for endpoint, requests in mine.requests.items():
        rate, _burst = bucket_of(limits[endpoint])
        all_of_them = before_mine_end(requests, [other.get(endpoint, 0) for other in others])
        gauge = readings.gauges[mine.channel_id, endpoint]
        longest = max(longest, seconds_for(all_of_them, rate, gauge))
    return max(begins + longest, _seconds_by_limit(mine))


def _seconds_by_limit(mine: Stretch) -> float:
    """Until the day's limit has let the last one through; 0 where there is none."""
    if not mine.reach or mine.left_today is None:
        return mine.rests or 0.0 if mine.refused else 0.0
    at = last_by_limit(mine.people, mine.reach, mine.left_today, mine.opens or (), timezone.now())
    return (max(at, mine.resumes_at or at) - timezone.now()).total_seconds()

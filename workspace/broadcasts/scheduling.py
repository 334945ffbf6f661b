"""A start time as people pick it: the clock of the team's zone, which is named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from tenants.clock import clock, day_and_time
from tenants.errors import Invalid
from tenants.quiet import QuietHours

PICKED = "%Y-%m-%dT%H:%M"  # of an <input type="datetime-local">
FURTHEST = timedelta(days=366)


def read_start(picked: str) -> datetime:
    """The instant of a time picked in the current zone. Raises Invalid for what is no time there, past or too far."""
    zone = timezone.get_current_timezone()
    try:
        local = datetime.strptime(picked.strip()[:16], PICKED)  # noqa: DTZ007  (the zone comes next)
    except ValueError:
        raise _wrong("not_a_time", _("Choose the day and the time at which sending is to start.")) from None
    at = local.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) != local:
        raise _wrong(
            "not_a_time", _("This time does not exist: the clocks are changed then. Choose another one.")
        )
    if at <= timezone.now():
        raise _wrong("past", _("This time has passed."))
    if at > timezone.now() + FURTHEST:
        raise _wrong("too_far", _("Choose a time within a year."))
    return at


@dataclass(frozen=True)
class QuietStart:
    """A picked time that falls into quiet hours, and the next that does not, each as the form wants it and in words."""

    picked: str
    picked_text: str
    free: str
    free_text: str


def quiet_start(at: datetime, hours: QuietHours) -> QuietStart | None:
    """None where something can leave at that time."""
    until = hours.until(at)
    return QuietStart(as_picked(at), clock(at), as_picked(until), clock(until)) if until else None


def as_picked(at: datetime) -> str:
    return timezone.localtime(at).strftime(PICKED)


def proposed_start() -> str:
    """The next full hour that is at least an hour away, as the form wants it."""
    later = timezone.localtime() + timedelta(hours=2)
    return later.replace(minute=0).strftime(PICKED)


def named_zone(at: datetime | None = None) -> str:
    """ "Asia/Taipei (UTC+08:00)": the zone pages are read in, at that moment or now."""
    return _named(timezone.get_current_timezone_name(), timezone.localtime(at))


def start_elsewhere(campaign: Campaign) -> list[str]:
    """The start on the clock of the zone it was picked in, where the team's is another one by now."""
    at, zone = campaign.scheduled_at, campaign.scheduled_zone
    if at is None or not zone:
        return []
    there, here = at.astimezone(ZoneInfo(zone)), timezone.localtime(at)
    if there.utcoffset() == here.utcoffset():
        return []
    return [_("Picked as %(time)s, %(zone)s.") % {"time": day_and_time(there), "zone": _named(zone, there)}]


def _named(zone: str, at: datetime) -> str:
    offset = at.strftime("%z")
    return f"{zone} (UTC{offset[:3]}:{offset[3:]})"


def _wrong(code: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[{"field": "scheduled_at", "code": code, "detail": detail}])

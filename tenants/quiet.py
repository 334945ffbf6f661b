"""Quiet hours: when a team's broadcasts do not leave. Replies always do.

The engine asks in SQL (`QUIET_NOW`), pages and forecasts in Python; a test holds both against each other. Both mean the
clock on the wall of the team's zone: a time that the clock shows twice counts the second time, one that it skips is
reckoned from the hour before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LOOK_AHEAD = 366  # days


@dataclass(frozen=True)
class QuietHours:
    """From `begins` to `ends` (the next day where that is not later) on each of `days`, ISO weekdays on which they
    begin; no days, no quiet hours."""

    zone: ZoneInfo
    begins: time
    ends: time
    days: frozenset[int]

    @property
    def never_end(self) -> bool:
        return len(self.days) == 7 and self.begins == self.ends

    def until(self, at: datetime) -> datetime | None:
        """When the quiet hours end in which `at` lies; None where it lies in none."""
        end = at
        for begins, ends in self._periods(at):
            if begins > end:
                break
            end = max(end, ends)
        return end if end > at else None

    def later(self, at: datetime, seconds: float) -> datetime:
        """When so many seconds outside the quiet hours have passed since `at`."""
        now, left = at, timedelta(seconds=seconds)
        for begins, ends in self._periods(at):
            if begins > now:
                if now + left <= begins:
                    break
                left -= begins - now
            now = max(now, ends)
        return now + left

    def _periods(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """One after the other, from the one that began the day before `at`."""
        today = at.astimezone(self.zone).date()
        for ahead in range(-1, LOOK_AHEAD):
            day = today + timedelta(days=ahead)
            if day.isoweekday() in self.days:
                over_night = timedelta(days=self.ends <= self.begins)
                yield self._instant(day, self.begins), self._instant(day + over_night, self.ends)

    def _instant(self, day: date, clock: time) -> datetime:
        local = datetime.combine(day, clock, tzinfo=self.zone)
        return max(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def quiet_at(instant: str) -> str:
    """SQL: whether the quiet hours of the team in the row `team` of tenants_tenant hold at `instant`, trusted SQL."""
    return f"""EXISTS (
        SELECT FROM (SELECT ({instant} AT TIME ZONE team.time_zone)::date - back AS day
                     FROM generate_series(0, 1) AS back) AS began
        WHERE extract(isodow FROM day) = ANY(team.quiet_days)
          AND {instant} >= (day + team.quiet_from) AT TIME ZONE team.time_zone
          AND {instant} < (day + (team.quiet_to <= team.quiet_from)::int + team.quiet_to)
                          AT TIME ZONE team.time_zone)"""  # noqa: S608  (our own SQL)


QUIET_NOW = quiet_at("clock_timestamp()")

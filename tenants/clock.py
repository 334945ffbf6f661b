"""A moment as people read it in the active time zone."""

from __future__ import annotations

from datetime import datetime

from django.utils.formats import date_format, time_format
from django.utils.timezone import localdate, localtime


def clock(at: datetime) -> str:
    """The time; with the date where it is not today."""
    local = localtime(at)
    return time_format(local, "H:i") if local.date() == localdate() else day_and_time(local)


def day_and_time(local: datetime) -> str:
    """Date and time of the zone it carries."""
    return f"{date_format(local, 'SHORT_DATE_FORMAT')} {time_format(local, 'H:i')}"

"""A moment as people read it in the active time zone."""

from __future__ import annotations

from datetime import datetime

from django.utils.formats import date_format, time_format
from django.utils.timezone import localdate, localtime


def clock(at: datetime) -> str:
    """The time; with the date where it is not today."""
    local = localtime(at)
    if local.date() == localdate():
        return time_format(local, "H:i")
    return date_format(local, "SHORT_DATETIME_FORMAT")

"""Why one person did not get it, with what is known of them beside the general explanation."""

from __future__ import annotations

from dataclasses import replace

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from campaigns.models import Recipient
from campaigns.reports import reason_of
from channels.adapters.base import Reason
from channels.catalogue import explain
from channels.explanation import Explanation


def explanation_of(recipient: Recipient) -> Explanation | None:
    """None where nothing went wrong. A reply window that has closed says when, in the active time zone."""
    if not (reason := reason_of(recipient)):
        return None
    found = explain(reason, recipient.channel.kind, recipient.provider_code)
    closed_at = recipient.closes_at
    if reason != Reason.WINDOW_CLOSED or closed_at is None or closed_at > timezone.now():
        return found
    local = localtime(closed_at)
    today = local.date() == localtime().date()
    at = date_format(local, "TIME_FORMAT" if today else "SHORT_DATETIME_FORMAT")
    return replace(found, title=_("Reply window closed at %(time)s") % {"time": at})

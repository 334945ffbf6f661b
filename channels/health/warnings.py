"""What to know before a broadcast, and what an administrator must do, told from a channel's health."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from channels.models import Channel, ChannelState, Health

TOKEN_SOON, NOTICE_FRESH = timedelta(days=14), timedelta(days=7)
READY = frozenset({"", "CONNECTED", "LINKED"})
HAMPERED = frozenset({"FLAGGED", "RATE_LIMITED"})
QUOTA_LOW = 10  # percent of the month


@dataclass(frozen=True)
class HealthWarning:
    """`grave`: nothing, or not everybody, can be sent to through this channel."""

    code: str
    channel: Channel
    text: str
    grave: bool


def warnings_of(channel: Channel, told: Health | None, now: datetime | None = None) -> list[HealthWarning]:
    """The gravest first. Inside the tenant's scope."""
    now = now or timezone.now()
    found = [*_of_connection(channel), *_of_quota(channel)]
    if told is not None:
        found += [*_of_token(channel, told, now), *_of_number(channel, told), *_of_asking(channel, told, now)]
    return sorted(found, key=lambda warning: not warning.grave)


def _of_connection(channel: Channel) -> Iterator[HealthWarning]:
    if channel.state == ChannelState.DISCONNECTED:
        text = _("The provider no longer lets us in. Connect this channel again; until then nothing is sent.")
        yield HealthWarning("disconnected", channel, text, True)
    if channel.state == ChannelState.RESTRICTED:
        text = _("The provider has restricted this account. Nothing is sent until it lifts that.")
        yield HealthWarning("restricted", channel, text, True)


def _of_quota(channel: Channel) -> Iterator[HealthWarning]:
    if channel.quota_limit is None:
        return
    left = max(0, channel.quota_limit - (channel.quota_used or 0))
    if left * 100 <= channel.quota_limit * QUOTA_LOW:
        text = _("%(left)d of %(limit)d people left this month. Broadcasts beyond that are not sent.") % {
            "left": left,
            "limit": channel.quota_limit,
        }
        yield HealthWarning("quota_low", channel, text, left == 0)


def _of_token(channel: Channel, told: Health, now: datetime) -> Iterator[HealthWarning]:
    ends = told.token_expires_at
    if told.token_valid is False or (ends and ends <= now):
        text = _(
            "The access token is no longer valid. Connect this channel again; until then nothing is sent."
        )
        yield HealthWarning("token_invalid", channel, text, True)
    elif ends and ends <= now + TOKEN_SOON:
        text = _("The access token ends on %(day)s. Renew it before, or sending stops.") % {
            "day": date_format(timezone.localtime(ends), "DATE_FORMAT")
        }
        yield HealthWarning("token_expires", channel, text, False)


def _of_number(channel: Channel, told: Health) -> Iterator[HealthWarning]:
    if told.status not in READY | HAMPERED:
        text = _("WhatsApp says of this number: %(status)s. Nothing can be sent from it.") % {
            "status": told.status
        }
        yield HealthWarning("number_not_ready", channel, text, True)
    if told.status in HAMPERED:
        text = _("WhatsApp says of this number: %(status)s. It may slow down or stop sending.") % {
            "status": told.status
        }
        yield HealthWarning("number_hampered", channel, text, False)
    if told.quality == "RED":
        text = _(
            "Quality is low: many people have blocked or reported this number in the last 7 days. Send to fewer people "
            "who expect it, or WhatsApp may restrict the number."
        )
        yield HealthWarning("quality_low", channel, text, False)
    if told.quality == "YELLOW":
        text = _("Quality is medium: some people have blocked or reported this number in the last 7 days.")
        yield HealthWarning("quality_medium", channel, text, False)


def _of_asking(channel: Channel, told: Health, now: datetime) -> Iterator[HealthWarning]:
    if told.error:
        text = _("The provider could not be asked; we go on trying. What stands here may be out of date.")
        yield HealthWarning("not_answered", channel, text, False)
    if told.notice and told.notice_at and told.notice_at > now - NOTICE_FRESH:
        text = _("WhatsApp alerts: %(notice)s") % {"notice": told.notice}
        yield HealthWarning("alert", channel, text, False)

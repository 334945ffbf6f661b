"""Tags of the inbox: times as people say them, and the look of an author."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from conversations.search import plain

register = template.Library()

KIND_ICONS = {
    "image": "image",
    "video": "video",
    "audio": "mic",
    "file": "file-text",
    "sticker": "smile",
    "location": "globe",
    "contact": "user",
    "reaction": "smile",
    "withdrawn": "rotate-ccw",
}


# What is left of a reply window, here and where scripts let it run down (countdown.js).
WINDOW_WORDS = {"hours": _lazy("%(hours)s h %(minutes)s min"), "minutes": _lazy("%(minutes)s min")}
BEFORE, AROUND = 24, 90  # characters of a found message before the words, and altogether


@register.filter
def kind_icon(kind: str) -> str:
    """The symbol of a message that is more than text; "" for text."""
    return KIND_ICONS.get(kind, "")


@register.filter
def kind_label(kind: str) -> str:
    """What a message is, in a word, where it has no text to show."""
    return {
        "image": _("Picture"),
        "video": _("Video"),
        "audio": _("Voice message"),
        "file": _("File"),
        "sticker": _("Sticker"),
        "location": _("Location"),
        "contact": _("Contact"),
        "reaction": _("Reaction"),
        "postback": _("Button"),
        "withdrawn": _("Message taken back by the customer"),
    }.get(kind, _("A message of a kind that cannot be shown here"))


@register.filter
def language_label(code: str) -> str:
    """The name of a language in the reader's own; the code where nobody knows it."""
    try:
        return str(translation.gettext(get_language_info(code)["name"]))
    except KeyError:
        return code


@register.filter
def time_left(closes_at: datetime | None, now: datetime | None = None) -> str:
    """ "3 h 12 min", "12 min"; "" when it is over."""
    if closes_at is None:
        return ""
    left = closes_at - (now or timezone.now())
    if left <= timedelta(0):
        return ""
    hours, minutes = divmod(max(int(left.total_seconds()) // 60, 1), 60)
    if hours:
        return str(WINDOW_WORDS["hours"]) % {"hours": hours, "minutes": minutes}
    return str(WINDOW_WORDS["minutes"]) % {"minutes": minutes}


@register.filter
def found_in(text: str, words: str) -> SafeString:
    """The stretch of `text` around `words`, which are marked."""
    line, sought = " ".join(text.split()), " ".join(plain(words).split())
    at = line.lower().find(sought.lower())
    if at < 0:
        return format_html("{}", line[:AROUND])
    start, end = max(0, at - BEFORE), at + len(sought)
    before, after = ("…" if start else "") + line[start:at], line[end : start + AROUND]
    return format_html("{}<mark>{}</mark>{}", before, line[at:end], after)


@register.filter
def short_time(at: datetime) -> SafeString:
    """The time of today, the day of this year, else the date; the whole moment on hover."""
    local, today = timezone.localtime(at), timezone.localdate()
    if local.date() == today:
        text = date_format(local, "H:i")
    elif local.year == today.year:
        text = date_format(local, "MONTH_DAY_FORMAT")
    else:
        text = date_format(local, "SHORT_DATE_FORMAT")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        date_format(local, "DATETIME_FORMAT"),
        text,
    )


@register.filter
def moment(at: datetime) -> SafeString:
    """Day and time in the tenant's zone."""
    local = timezone.localtime(at)
    day, clock = date_format(local, "DATE_FORMAT"), date_format(local, "H:i")
    return format_html('<time datetime="{}">{} {}</time>', local.isoformat(timespec="seconds"), day, clock)


@register.filter
def clock_time(at: datetime) -> SafeString:
    """Hour and minute in the tenant's zone."""
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        date_format(local, "DATETIME_FORMAT"),
        date_format(local, "H:i"),
    )

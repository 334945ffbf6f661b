"""What a campaign waits for and when it should be through, in words, each with what helps (B-8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import time_format
from django.utils.functional import Promise
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from campaigns.outlook import Outlook, Wait, Waiting
from tenants.clock import clock

Words = str | Promise


@dataclass(frozen=True)
class Explained:
    """`brief` stands in a list; `text` and `cure` on the campaign's page. The cure is empty where it ends by itself."""

    brief: Words
    text: Words
    cure: Words = ""
    urgent: bool = False  # nothing goes on until somebody acts


WORDS: Mapping[str, Explained] = {
    Waiting.START_TIME: Explained(
        gettext_lazy("Waits for its start time"),
        gettext_lazy("It starts by itself at the time you set."),
    ),
    Waiting.APPROVAL: Explained(
        gettext_lazy("Waits for approval"),
        gettext_lazy("It waits for a member's approval."),
        gettext_lazy("Somebody who may approve broadcasts opens this page."),
        urgent=True,
    ),
    Waiting.CONFIRMATION: Explained(
        gettext_lazy("Missed its start time"),
        gettext_lazy(
            "Its start time passed by more than an hour before it could start. Nobody was sent anything."
        ),
        gettext_lazy("Send it now, give it another time, or cancel it."),
        urgent=True,
    ),
    Waiting.PREPARING: Explained(
        gettext_lazy("Writing the list of people"),
        gettext_lazy("The list of people is being written; sending begins when it is complete."),
    ),
    Waiting.PRICES: Explained(
        gettext_lazy("Being priced anew"),
        gettext_lazy(
            "WhatsApp counts the template as another category since; what is held for those who wait is adjusted."
        ),
        gettext_lazy("It goes on by itself in a moment if the credit covers it."),
    ),
    Waiting.RESUME: Explained(
        gettext_lazy("Waits for Resume"),
        gettext_lazy("It goes on when a member presses Resume."),
        urgent=True,
    ),
    Waiting.BALANCE: Explained(
        gettext_lazy("Waits for credit"),
        gettext_lazy("The credit, or the payment method at the provider, does not cover it."),
        gettext_lazy("Let the owner top up or settle the payment, then press Resume."),
        urgent=True,
    ),
    Waiting.TEMPLATE: Explained(
        gettext_lazy("Waits for its template"),
        gettext_lazy("WhatsApp does not take the template at present. Nobody is lost."),
        gettext_lazy(
            "Look at the template's page. Once it is approved again, press Resume; a start time is kept."
        ),
        urgent=True,
    ),
    Waiting.QUOTA: Explained(
        gettext_lazy("Monthly quota used up"),
        gettext_lazy("The account has reached the number of people its plan allows this month."),
        gettext_lazy("Raise the plan at the provider or wait for the new month, then press Resume."),
        urgent=True,
    ),
    Waiting.DAILY_LIMIT: Explained(
        gettext_lazy("Daily limit reached"),
        "",  # in figures, below
    ),
    Waiting.CHANNEL_OFF: Explained(
        gettext_lazy("A channel is switched off"),
        gettext_lazy("The channel is switched off; whoever waits on it is held."),
        gettext_lazy("An administrator switches it on again; then this page offers to continue."),
        urgent=True,
    ),
    Waiting.CHANNEL_HELD: Explained(
        gettext_lazy("Waits for Continue"),
        gettext_lazy("The channel was switched off and is on again. Nobody was sent to meanwhile."),
        gettext_lazy("Decide on this page what becomes of those who wait."),
        urgent=True,
    ),
    Waiting.CHANNEL_DISCONNECTED: Explained(
        gettext_lazy("A channel is disconnected"),
        gettext_lazy("The provider no longer accepts the channel's access."),
        gettext_lazy("An administrator connects the channel again, then press Resume."),
        urgent=True,
    ),
    Waiting.CHANNEL_RESTRICTED: Explained(
        gettext_lazy("A channel is restricted"),
        gettext_lazy("The provider has restricted the channel."),
        gettext_lazy("An administrator clears it up with the provider, then press Resume."),
        urgent=True,
    ),
    Waiting.QUIET_HOURS: Explained(
        gettext_lazy("Quiet hours"),
        gettext_lazy(
            "Your team's quiet hours: broadcasts do not leave. It goes on by itself; replies leave."
        ),
    ),
    Waiting.RATE_LIMIT: Explained(
        gettext_lazy("At full speed"),
        gettext_lazy("It sends as fast as the provider allows this account. Replies in the inbox go first."),
    ),
    Waiting.RATE_LIMITED: Explained(
        gettext_lazy("Slowed by the provider"),
        gettext_lazy("The provider asked us to slow down. It recovers by itself."),
    ),
    Waiting.PAIR_LIMITED: Explained(
        gettext_lazy("Pause between messages to one person"),
        gettext_lazy("The provider wants a pause between messages to the same person; they are tried again."),
    ),
    Waiting.PROVIDER_UNAVAILABLE: Explained(
        gettext_lazy("Waits for the provider"),
        gettext_lazy("The provider did not take some messages just now; they are tried again by themselves."),
    ),
    Waiting.OTHER_CAMPAIGNS: Explained(
        gettext_lazy("Takes turns with others"),
        "",  # in figures, below
        gettext_lazy("Pause another broadcast to let this one finish sooner."),
    ),
    Waiting.REDIS: Explained(
        gettext_lazy("Sending is interrupted"),
        gettext_lazy("A part of the system (Valkey) does not answer, so nothing is sent. Nobody is lost."),
        gettext_lazy("It goes on by itself once it is back. If this stays for minutes, tell the operator."),
        urgent=True,
    ),
    Waiting.NO_WORKER: Explained(
        gettext_lazy("Nobody at work"),
        gettext_lazy("No process that sends is running. Nobody is lost."),
        gettext_lazy("It goes on by itself once one runs. If this stays for minutes, tell the operator."),
        urgent=True,
    ),
    Waiting.WORKER_LOST: Explained(
        gettext_lazy("Goes on shortly"),
        gettext_lazy(
            "A process stopped while it was sending. What it held is taken over when its time is up."
        ),
    ),
}


@dataclass(frozen=True)
class ShownWait:
    """`channel`: the names of those it is about, or empty."""

    channel: str
    brief: str
    text: str
    cure: str
    urgent: bool


def shown_waits(outlook: Outlook) -> list[ShownWait]:
    """One for each thing, naming all channels it is about and when the last of them is through with it; a word nobody
    has explained yet is shown as it is."""
    alike: dict[tuple[str, int], list[Wait]] = {}
    for wait in outlook.waits:
        alike.setdefault((wait.code, wait.count), []).append(wait)
    return [_shown(waits) for waits in alike.values()]


def brief(outlook: Outlook) -> str:
    """For a row of the list: what matters most, and when it should be through."""
    waits = sorted(shown_waits(outlook), key=lambda wait: not wait.urgent)
    finish = _("until about %(time)s") % {"time": clock(outlook.finish_at)} if outlook.finish_at else ""
    return " · ".join(filter(None, (waits[0].brief if waits else "", finish)))


def finish_text(outlook: Outlook) -> str:
    """ "Expected to finish at 14:32", or how much sending is left once it goes on."""
    if outlook.finish_at:
        return _("Expected to finish at %(time)s") % {"time": clock(outlook.finish_at)}
    if outlook.left is None or not outlook.waits:
        return ""
    return _("About %(duration)s of sending left once it goes on") % {"duration": duration(outlook.left)}


def duration(seconds: float) -> str:
    if seconds < 60:
        return _("a minute")
    minutes = round(seconds / 60)
    if minutes < 90:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    hours = round(minutes / 60)
    return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}


def _shown(waits: Sequence[Wait]) -> ShownWait:
    first = waits[0]
    words = WORDS.get(first.code) or Explained(first.code, first.code)
    text = str(words.text)
    if first.code == Waiting.OTHER_CAMPAIGNS:
        text = ngettext(
            "%(n)d other broadcast uses the same channel; they take turns.",
            "%(n)d other broadcasts use the same channel; they take turns.",
            first.count,
        ) % {"n": first.count}
    if first.code == Waiting.DAILY_LIMIT:
        text = _daily_limit(first.count)
    if ends := [wait.until for wait in waits if wait.until]:
        text = _("%(text)s Until %(time)s.") % {"text": text, "time": _to_the_second(max(ends))}
    names = pgettext("between names", ", ").join(wait.channel for wait in waits if wait.channel)
    return ShownWait(names, str(words.brief), text, str(words.cure), words.urgent)


def _daily_limit(people: int) -> str:
    if not people:
        return _(
            "WhatsApp lets this number write first to nobody for some hours. It goes on by itself; replies leave."
        )
    return ngettext(
        "The limit of %(n)s person a day to whom WhatsApp lets you write first is reached. The others follow by "
        "themselves as people drop out of the last 24 hours; replies leave.",
        "The limit of %(n)s people a day to whom WhatsApp lets you write first is reached. The others follow by "
        "themselves as people drop out of the last 24 hours; replies leave.",
        people,
    ) % {"n": f"{people:,}"}


def _to_the_second(at: datetime) -> str:
    local = localtime(at)
    return time_format(local, "H:i:s") if local.date() == localdate() else clock(at)

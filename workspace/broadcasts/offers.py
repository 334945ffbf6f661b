"""What the campaign page offers to do, each with what will happen, named in figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from campaigns.balance import lacks_balance
from campaigns.models import Campaign, Status
from campaigns.rehearsal.performing import may_be_rehearsed
from campaigns.reports import Counts
from campaigns.retrying import ENDED
from templates_app.models import Template
from tenants.models import Member
from tenants.roles import Permission
from workspace.broadcasts.access import obstacle
from workspace.broadcasts.scheduling import as_picked, proposed_start


@dataclass(frozen=True)
class Offer:
    """`warning` is asked before it is done; without one a click does it."""

    name: str
    label: str
    icon: str
    url: str
    meaning: str = ""
    warning: str = ""
    main: bool = False
    page: bool = False  # a link to a page that asks, not a deed
    start: str = ""  # the time proposed to begin with, where one is to be picked


def offers_for(
    campaign: Campaign,
    counts: Counts,
    member: Member,
    template: Template | None = None,
    *,
    asleep: bool = False,
) -> list[Offer]:
    """In the order of the page; only what this member may do with a campaign in this state. One whose `template` cannot
    be sent is not resumed. `asleep`: it waits for the end of quiet hours, or would when it starts."""
    offers: list[Offer] = []
    if campaign.created_by_id == member.pk or member.may(Permission.CONTROL_CAMPAIGNS):
        found = [*(_starts(campaign) if obstacle(member) is None else ()), *_controls(campaign, counts)]
        offers += [
            offer for offer in found if offer.name != "resume" or template is None or template.sendable
        ]
        if obstacle(member) is None:
            offers += _retries(campaign, counts)
    if asleep and member.may(Permission.CONTROL_CAMPAIGNS):
        warning = _(
            "It leaves at any hour, also in the quiet hours of your team. This stands on record under your name."
        )
        offers.append(_offer(campaign, "at_any_hour", _("Send in quiet hours"), "moon", warning=warning))
    if (
        campaign.status in (Status.SCHEDULED, Status.MISSED)
        and campaign.created_by_id == member.pk
        and obstacle(member) is None
    ):
        meaning = _("Back to the composer. It becomes a draft and does not start by itself.")
        offers.insert(
            0,
            _offer(
                campaign,
                "change",
                _("Change"),
                "pencil",
                meaning=meaning,
                main=campaign.status == Status.SCHEDULED,
            ),
        )
    if obstacle(member) is None:
        offers += [*_rehearsals(campaign), *_copies(campaign)]
    return offers


def _controls(campaign: Campaign, counts: Counts) -> Iterator[Offer]:
    left = counts.waiting + counts.sending
    shown = number_format(left, force_grouping=True)
    if campaign.status == Status.RUNNING:
        meaning = ngettext("%(n)s person still waits.", "%(n)s people still wait.", left) % {"n": shown}
        yield _offer(campaign, "pause", _("Pause"), "pause", meaning=meaning)
    if campaign.status == Status.PAUSED:
        text = ngettext("Send to the %(n)s who still waits", "Send to the %(n)s who still wait", left)
        yield _offer(campaign, "resume", _("Resume"), "play", meaning=text % {"n": shown}, main=True)
    if lacks_balance(campaign):
        meaning = _("Everybody is looked at anew. It starts if there is enough by now.")
        yield _offer(campaign, "resume", _("Send now"), "send", meaning=meaning, main=True)
    if campaign.status in (Status.SCHEDULED, Status.MISSED):
        warning = _("It will not start. Nobody has been sent anything.")
        yield _offer(campaign, "cancel", _("Cancel broadcast"), "ban", warning=warning)
    if campaign.status in (Status.PREPARING, Status.RUNNING, Status.PAUSED):
        text = ngettext(
            "%(n)s person still waits and will not be sent to. What has left already stays.",
            "%(n)s people still wait and will not be sent to. What has left already stays.",
            left,
        )
        yield _offer(campaign, "cancel", _("Cancel broadcast"), "ban", warning=text % {"n": shown})


def _starts(campaign: Campaign) -> Iterator[Offer]:
    """A start time that was missed or may be changed. Proposed is the one it has, or where that has passed the next."""
    if campaign.status == Status.MISSED:
        meaning = _("Everybody is looked at anew: reply windows, opt-outs and credit as they are now.")
        yield _offer(campaign, "resume", _("Send now"), "send", meaning=meaning, main=True)
    if campaign.status in (Status.SCHEDULED, Status.MISSED):
        at = campaign.scheduled_at
        start = as_picked(at) if at and at > timezone.now() else proposed_start()
        url = reverse("campaigns:reschedule", args=[campaign.number])
        yield Offer("reschedule", _("New start time"), "calendar-clock", url, start=start)


def _retries(campaign: Campaign, counts: Counts) -> Iterator[Offer]:
    if campaign.status in ENDED and counts.failed + counts.partial:
        meaning = _("Shows first who can be reached now and what it costs.")
        url = reverse("campaigns:retry", args=[campaign.number])
        yield Offer("retry", _("Retry failed"), "refresh-cw", url, meaning, page=True)


def _rehearsals(campaign: Campaign) -> Iterator[Offer]:
    if may_be_rehearsed(campaign):
        meaning = _("Send it to nobody first: a sandbox plays the providers")
        url = reverse("campaigns:rehearse", args=[campaign.number])
        yield Offer("rehearse", pgettext("a broadcast", "Rehearse"), "play", url, meaning, page=True)


def _copies(campaign: Campaign) -> Iterator[Offer]:
    meaning = _("A new draft with the same messages for the same people. Nothing is sent yet.")
    yield _offer(campaign, "duplicate", _("Duplicate"), "copy", meaning=meaning)


def _offer(
    campaign: Campaign,
    name: str,
    label: str,
    icon: str,
    *,
    meaning: str = "",
    warning: str = "",
    main: bool = False,
) -> Offer:
    return Offer(
        name, label, icon, reverse(f"campaigns:{name}", args=[campaign.number]), meaning, warning, main
    )

"""A campaign's status as people read it: words, tone, icon, and what stands behind it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.money import shown as money
from campaigns.balance import LACKING
from campaigns.models import Campaign, Status

LOOKS = {
    Status.DRAFT: ("neutral", "pencil"),
    Status.SCHEDULED: ("info", "calendar-clock"),
    Status.PREPARING: ("accent", "loader-circle"),
    Status.RUNNING: ("accent", "send"),
    Status.PAUSED: ("warning", "pause"),
    Status.COMPLETED: ("success", "circle-check"),
    Status.CANCELLING: ("neutral", "loader-circle"),
    Status.CANCELLED: ("neutral", "ban"),
    Status.REFUSED: ("error", "circle-x"),
    Status.MISSED: ("error", "clock"),
}
MOVING = frozenset({Status.PREPARING, Status.RUNNING, Status.PAUSED, Status.CANCELLING})
NOTES = {
    (Status.PAUSED, "member"): _("Paused by a member. Resume when you like; reply windows go on closing."),
    (Status.PAUSED, "channel_disconnected"): _("Paused: a channel must be connected again first."),
    (Status.PAUSED, "channel_restricted"): _("Paused: the provider has restricted a channel."),
    (Status.PAUSED, "channel_off"): _("Paused: a channel is switched off."),
    (Status.PAUSED, "template_unavailable"): _("Paused: WhatsApp does not take the template at present."),
    (Status.PAUSED, "repricing"): _(
        "Paused for a moment: WhatsApp counts the template as another category since, and whoever waits is priced anew."
    ),
    (Status.PAUSED, "insufficient_credit"): _(
        "Paused: the credit does not cover those who still wait. Nobody is lost. Top up, then resume."
    ),
    (Status.PAUSED, "credit_taken_back"): _(
        "Paused: a bank took a payment back, and the credit no longer covers this. Nobody is lost. Top up, then resume."
    ),
    (Status.PAUSED, "budget_exceeded"): _(
        "Paused: the monthly budget of a WhatsApp account does not cover those who still wait. Raise it, then resume."
    ),
    (Status.MISSED, "template_unavailable"): _(
        "Nothing was sent: WhatsApp did not take the template within an hour after the start time."
    ),
    (Status.REFUSED, "whatsapp_account_conflict"): _(
        "Nothing was sent: the selection held chats of another WhatsApp account by the time it started."
    ),
    (Status.REFUSED, "insufficient_credit"): _("Nothing was sent: the credit did not cover it."),
    (Status.REFUSED, "budget_exceeded"): _(
        "Nothing was sent: the monthly budget of a WhatsApp account did not cover it."
    ),
    (Status.REFUSED, "no_price_list"): _(
        "Nothing was sent: there is no price list in your currency. Ask who runs this installation."
    ),
    (Status.REFUSED, "quota_exceeded"): _(
        "Nothing was sent: the LINE account's monthly quota did not cover it."
    ),
    (Status.REFUSED, "invalid_campaign"): _(
        "Nothing was sent: a message can no longer be sent as it was written. Duplicate the broadcast to see which one."
    ),
    (Status.MISSED, "too_late"): _("Nothing was sent: the start time had passed by more than an hour."),
}
GENERAL_NOTES = {
    Status.PAUSED: _("Paused: too many messages failed for one reason. See the reasons below."),
    Status.REFUSED: _("Nothing was sent."),
    Status.MISSED: _("Nothing was sent: the start time had passed by more than an hour."),
}


@dataclass(frozen=True)
class ShownStatus:
    label: str | Promise
    tone: str
    icon: str
    note: str | Promise = ""


def shown(campaign: Campaign, failed: int = 0) -> ShownStatus:
    """`failed` people turn "Completed" into "Completed with failures"."""
    status = Status(campaign.status)
    tone, icon = LOOKS[status]
    label: str | Promise = status.label
    if status is Status.COMPLETED and failed:
        label, tone, icon = _("Completed with failures"), "warning", "circle-alert"
    note = NOTES.get((status, campaign.reason), GENERAL_NOTES.get(status, ""))
    if campaign.shortfall and campaign.reason in LACKING:
        lacked = gettext("Missing: %(amount)s.") % {"amount": money(campaign.shortfall, campaign.currency)}
        note = f"{note} {lacked}"
    return ShownStatus(label, tone, icon, note)


def is_moving(campaign: Campaign) -> bool:
    return Status(campaign.status) in MOVING

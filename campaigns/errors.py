"""What can keep a campaign from going on. Each names what happened, what was kept, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from tenants.errors import DomainError, Invalid, WrongStatus


class InvalidCampaign(Invalid):
    code = "invalid_campaign"
    message = _("Nothing was sent. Please correct what is marked.")


class EmptySelection(Invalid):
    code = "empty_selection"
    message = _("Nobody is selected. Choose at least one chat or customer.")


class NobodyReachable(Invalid):
    code = "nobody_reachable"
    message = _("None of the selected people can get this broadcast now. Nothing was sent.")


@dataclass(frozen=True)
class AccountChats:
    """How many chats of a selection belong to a WhatsApp account; a number without one stands for itself, with None."""

    id: int | None
    name: str
    chats: int


class AccountConflict(DomainError):
    """`accounts`: those of the selection, the one with the most chats first."""

    code = "whatsapp_account_conflict"
    status = 409
    # The Chinese text is the reference's own, word for word (S2-30).
    message = _(
        "Please select the conversations again. A message template can only be sent to customers of the same"
        " WhatsApp business account."
    )

    def __init__(self, accounts: Sequence[AccountChats]) -> None:
        super().__init__()
        self.accounts = accounts


class TemplateStopped(WrongStatus):
    code = "template_unavailable"
    message = _(
        "WhatsApp does not take this template at present. Nothing more was sent; whoever waits is kept."
        " Resume once it is approved again."
    )


class TemplateChanged(WrongStatus):
    code = "template_changed"
    message = _(
        "The template has other words now than when this broadcast began. Cancel what is left and send it anew,"
        " so that nobody gets a mixture."
    )


class QuotaExceeded(DomainError):
    code = "quota_exceeded"
    status = 409
    message = _("The monthly quota of a LINE account does not cover this selection. Nothing was sent.")


class TrialRefused(Invalid):
    """Its message names the channel's rules."""

    code = "trial_refused"


class TrialOptedOut(DomainError):
    code = "opted_out"
    status = 409
    message = _("Nothing was sent: this customer wants no broadcasts. Choose another chat for the test.")


class TrialWindowClosed(DomainError):
    code = "window_closed"
    status = 409
    message = _(
        "Nothing was sent: the reply window of this chat is closed, and a broadcast does not reach it either."
        " Write to us from that phone, then send the test again."
    )

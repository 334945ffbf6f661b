"""What a running campaign waits for, in words (B-8)."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign

WAITS: dict[str, str | Promise] = {
    "rate_limit": _("The provider allows only so many messages a second."),
    "rate_limited": _("The provider asked us to slow down."),
    "pair_limited": _("The provider wants a pause between messages to one person."),
    "quota": _("The channel's monthly quota."),
    "channel_off": _("A channel is switched off."),
    "channel_disconnected": _("A channel must be connected again."),
    "provider_unavailable": _("The provider does not answer at the moment; sending goes on by itself."),
    "approval": _("A member's approval."),
}


def waits_of(campaign: Campaign) -> list[str | Promise]:
    """One sentence for each thing; an unknown word is shown as it is."""
    return [WAITS.get(word, word) for word in campaign.waiting_for]

"""What a broadcast cost, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from billing.money import shown
from campaigns.costs import cost_of
from campaigns.models import Campaign

PLACES = 4  # a message costs less than a cent


def cost_text(campaign: Campaign) -> str:
    """ "Spent 2.2600 USD · on hold 1.1300 USD · given back 0.0226 USD"; nothing where nothing cost anything."""
    cost = cost_of(campaign)
    if not cost.reserved:
        return ""
    pieces = [_("Spent %(amount)s") % {"amount": shown(cost.captured, cost.currency, places=PLACES)}]
    if cost.held:
        pieces.append(_("on hold %(amount)s") % {"amount": shown(cost.held, cost.currency, places=PLACES)})
    if cost.released:
        pieces.append(
            _("given back %(amount)s") % {"amount": shown(cost.released, cost.currency, places=PLACES)}
        )
    if cost.direct:
        pieces.append(
            _("%(amount)s of it billed by Meta directly, by our estimate")
            % {"amount": shown(cost.direct, cost.currency, places=PLACES)}
        )
    return " · ".join(pieces)

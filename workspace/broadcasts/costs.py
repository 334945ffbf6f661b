"""What a broadcast cost, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from billing.money import shown
from campaigns.costs import cost_of
from campaigns.models import Campaign
from templates_app.lifecycle import Category

PLACES = 4  # a message costs less than a cent
LABELS = {category.value.lower(): category.label for category in Category}


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
    if campaign.repriced_category:
        pieces.append(_repriced(campaign))
    if cost.direct:
        pieces.append(
            _("%(amount)s of it billed by Meta directly, by our estimate")
            % {"amount": shown(cost.direct, cost.currency, places=PLACES)}
        )
    return " · ".join(pieces)


def _repriced(campaign: Campaign) -> str:
    """That the template counts as another category since it began, and what that changed."""
    values = {
        "category": LABELS.get(campaign.repriced_category, campaign.repriced_category),
        "amount": shown(abs(campaign.repriced_by), campaign.currency, places=PLACES),
    }
    if campaign.repriced_by > 0:
        return _("counts as %(category)s since: %(amount)s more on hold for those who waited") % values
    if campaign.repriced_by < 0:
        return _("counts as %(category)s since: %(amount)s given back for those who waited") % values
    return _("counts as %(category)s since, at the same price") % values

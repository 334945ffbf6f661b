"""What can keep a campaign from going on. Each names what happened, what was kept, what to do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tenants.errors import DomainError, Invalid


class InvalidCampaign(Invalid):
    code = "invalid_campaign"
    message = _("Nothing was sent. Please correct what is marked.")


class EmptySelection(Invalid):
    code = "empty_selection"
    message = _("Nobody is selected. Choose at least one chat or customer.")


class NobodyReachable(Invalid):
    code = "nobody_reachable"
    message = _("None of the selected people can get this broadcast now. Nothing was sent.")


class QuotaExceeded(DomainError):
    code = "quota_exceeded"
    status = 409
    message = _("The monthly quota of a LINE account does not cover this selection. Nothing was sent.")

"""Plans and their features: data, read by `Tenant.has_feature`."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Feature(StrEnum):
    OMO = "omo"  # message and template broadcasts (S1-2, S2-3)


class Plan(StrEnum):
    STARTER = "starter"
    OMO = "omo"


PLAN_LABELS = {Plan.STARTER: _("Starter"), Plan.OMO: _("OMO")}

FEATURES: dict[Plan, frozenset[Feature]] = {
    Plan.STARTER: frozenset(),
    Plan.OMO: frozenset({Feature.OMO}),
}

"""Whom a campaign is for. Each way of choosing people is one module, each ends in the same three columns (`People`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from campaigns.audience.base import Audience, People
from campaigns.audience.bound import BoundCustomers
from campaigns.audience.chat_numbers import ChatNumbers
from campaigns.audience.filtered import Filtered
from campaigns.audience.follow_up import FollowUp
from campaigns.audience.picked import Picked
from tenants.errors import Invalid

WAYS: dict[str, type[Audience]] = {
    way.key: way for way in (Picked, Filtered, ChatNumbers, BoundCustomers, FollowUp)
}


def audience_of(data: Any) -> Audience:
    """Read the API's `audience` object: one way of choosing and its value. Raises Invalid."""
    if not isinstance(data, Mapping) or len(data) != 1:
        detail = _("Say exactly one of: %(ways)s.") % {"ways": ", ".join(WAYS)}
        raise Invalid(errors=[{"field": "audience", "code": "one_of", "detail": detail}])
    ((key, value),) = data.items()
    if key not in WAYS:
        detail = _("This kind of audience is not known: %(key)s") % {"key": str(key)[:40]}
        raise Invalid(errors=[{"field": "audience", "code": "unknown", "detail": detail}])
    return WAYS[key].read(value)


__all__ = [
    "WAYS",
    "Audience",
    "BoundCustomers",
    "ChatNumbers",
    "Filtered",
    "FollowUp",
    "People",
    "Picked",
    "audience_of",
]

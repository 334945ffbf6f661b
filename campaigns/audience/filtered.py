"""All chats in progress that match a filter of the inbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from django.utils.translation import gettext as _

from campaigns.audience.base import Audience, People, invalid
from campaigns.audience.picked import chats, sendable_by
from conversations.filters import ConversationFilter
from tenants.models import Member


@dataclass(frozen=True)
class Filtered(Audience):
    key = "filter"
    filter: ConversationFilter

    @classmethod
    def read(cls, value: Any) -> Self:
        if not isinstance(value, Mapping):
            raise invalid(cls.key, "not_an_object", _("Give the filter as an object."))
        return cls(ConversationFilter.parse(value))

    def value(self) -> dict[str, Any]:
        return self.filter.to_dict()

    def on_account(self, account: int, member: Member) -> Filtered:
        return Filtered(replace(self.filter, account=str(account)))

    def people(self, member: Member) -> People:
        return chats(self.filter.apply(sendable_by(member), member))

"""Whom a campaign is for: chat numbers picked one by one, or all that match a filter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from campaigns.errors import EmptySelection
from conversations.filters import ConversationFilter
from conversations.models import Conversation, ConversationQuerySet, ConversationStatus
from tenants.errors import Invalid
from tenants.models import Member
from tenants.roles import Permission

MOST_NUMBERS = 20_000  # more are chosen by a filter, not one by one


@dataclass(frozen=True)
class Audience:
    """Exactly one of the two. `numbers` are chat numbers of the tenant."""

    numbers: tuple[int, ...] = ()
    filter: ConversationFilter | None = None

    @classmethod
    def from_dict(cls, data: Any) -> Audience:
        """Read the API's `audience` object. Raises Invalid."""
        if not isinstance(data, Mapping) or len(data) != 1:
            raise _invalid("audience", "one_of", _("Say either “conversations” or “filter”."))
        ((key, value),) = data.items()
        if key == "conversations":
            return cls(numbers=_numbers(value))
        if key == "filter" and isinstance(value, Mapping):
            return cls(filter=ConversationFilter.parse(value))
        raise _invalid("audience", "unknown", _("This kind of audience is not known: %(key)s") % {"key": key})

    def to_dict(self) -> dict[str, Any]:
        if self.filter is not None:
            return {"filter": self.filter.to_dict()}
        return {"conversations": list(self.numbers)}

    def launched(self, member: Member) -> ConversationQuerySet:
        """The chats in it once Send was allowed: whoever was picked by number stays in it, so that somebody whose
        chat ends before the launch is accounted for by name and keeps nobody else from being reached."""
        return (
            Conversation.objects.filter(number__in=self.numbers)
            if self.numbers
            else self.conversations_for(member)
        )

    def conversations_for(self, member: Member) -> ConversationQuerySet:
        """The chats in it that this member may send to: in progress, their own, or the team's for those
        who may select among the team's (D-5). Raises Invalid naming numbers that are not among them."""
        allowed = sendable_by(member)
        if self.filter is not None:
            return self.filter.apply(allowed, member)
        if not self.numbers:
            raise EmptySelection
        chosen = allowed.filter(number__in=self.numbers)
        if chosen.count() < len(self.numbers):
            raise Invalid(errors=_faults(self.numbers, member))
        return chosen


def sendable_by(member: Member) -> ConversationQuerySet:
    """Chats in progress this member may broadcast to."""
    chats = Conversation.objects.filter(status=ConversationStatus.IN_PROGRESS)
    return chats if member.may(Permission.SEND_TO_TEAM) else chats.filter(assignee=member)


def _numbers(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(number) is int for number in value):
        raise _invalid("audience.conversations", "not_numbers", _("Give a list of chat numbers."))
    if len(value) > MOST_NUMBERS:
        raise _invalid(
            "audience.conversations",
            "too_many",
            _("At most %(most)d chats can be picked one by one; use a filter for more.")
            % {"most": MOST_NUMBERS},
        )
    return tuple(dict.fromkeys(value))


def _faults(numbers: tuple[int, ...], member: Member) -> list[dict[str, str]]:
    """Why some numbers cannot be sent to, one entry per number; unseen ones are told apart from no others."""
    seen = Q() if member.may(Permission.VIEW_ALL_CONVERSATIONS) else Q(assignee=member) | Q(assignee=None)
    known = {
        chat.number: chat
        for chat in Conversation.objects.filter(seen, number__in=numbers).only(
            "number", "status", "assignee_id"
        )
    }
    faults = []
    for number in numbers:
        chat = known.get(number)
        if chat is None:
            code, detail = "not_found", _("Chat #%(number)d does not exist, or you may not see it.")
        elif chat.status != ConversationStatus.IN_PROGRESS:
            code, detail = "not_in_progress", _("Chat #%(number)d is not in progress.")
        elif chat.assignee_id != member.pk and not member.may(Permission.SEND_TO_TEAM):
            code, detail = "not_yours", _("Chat #%(number)d is not one of yours.")
        else:
            continue
        faults.append(
            {"field": "audience.conversations", "code": code, "detail": detail % {"number": number}}
        )
    return faults


def _invalid(field: str, code: str, detail: str) -> Invalid:
    return Invalid(errors=[{"field": field, "code": code, "detail": detail}])

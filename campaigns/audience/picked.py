"""Chats in progress, picked one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django.db.models import Case, Value, When
from django.utils.translation import gettext as _

from campaigns.audience.base import MOST_NAMED, Audience, People, among, fault, invalid
from campaigns.errors import EmptySelection
from channels.adapters.base import Reason
from conversations.models import Conversation, ConversationQuerySet, ConversationStatus
from tenants.errors import Invalid
from tenants.models import Member
from tenants.roles import Permission


@dataclass(frozen=True)
class Picked(Audience):
    """`numbers` are chat numbers of the tenant."""

    key = "conversations"
    numbers: tuple[int, ...]

    @classmethod
    def read(cls, value: Any) -> Self:
        if not isinstance(value, list) or not all(type(number) is int for number in value):
            raise invalid(cls.key, "not_numbers", _("Give a list of chat numbers."))
        if len(value) > MOST_NAMED:
            detail = _("At most %(most)d chats can be picked one by one; use a filter for more.")
            raise invalid(cls.key, "too_many", detail % {"most": MOST_NAMED})
        return cls(tuple(dict.fromkeys(value)))

    def value(self) -> list[int]:
        return list(self.numbers)

    def people(self, member: Member) -> People:
        if not self.numbers:
            raise EmptySelection
        chosen = sendable_by(member).filter(among("number", self.numbers))
        if chosen.count() < len(self.numbers):
            raise Invalid(errors=self._faults(member))
        return chats(chosen)

    def launched(self, member: Member) -> People:
        named = Conversation.objects.filter(among("number", self.numbers))
        return People(named.order_by().values_list("contact_id", "pk", ended()))

    def without_faulty(self, member: Member) -> Picked:
        good = set(sendable_by(member).filter(among("number", self.numbers)).values_list("number", flat=True))
        return Picked(tuple(number for number in self.numbers if number in good))

    def on_account(self, account: int, member: Member) -> Picked:
        chosen = sendable_by(member).filter(among("number", self.numbers))
        there = set(chosen.filter(channel__whatsapp_account=account).values_list("number", flat=True))
        return Picked(tuple(number for number in self.numbers if number in there))

    @property
    def size(self) -> int:
        return len(self.numbers)

    def _faults(self, member: Member) -> list[dict[str, str]]:
        """Why some numbers cannot be sent to, one entry each; unseen ones are told apart from no others."""
        seen = Conversation.objects.visible_to(member).filter(among("number", self.numbers))
        known = {chat.number: chat for chat in seen.only("number", "status", "assignee_id")}
        faults = []
        for number in self.numbers:
            chat = known.get(number)
            if chat is None:
                code, detail = "not_found", _("Chat #%(number)d does not exist, or you may not see it.")
            elif chat.status != ConversationStatus.IN_PROGRESS:
                code, detail = "not_in_progress", _("Chat #%(number)d is not in progress.")
            elif chat.assignee_id != member.pk and not member.may(Permission.SEND_TO_TEAM):
                code, detail = "not_yours", _("Chat #%(number)d is not one of yours.")
            else:
                continue
            faults.append(fault(self.key, code, detail % {"number": number}))
        return faults


def sendable_by(member: Member) -> ConversationQuerySet:
    """Chats in progress this member may broadcast to: their own, or the team's for those who may (D-5)."""
    found = Conversation.objects.in_progress()
    return found if member.may(Permission.SEND_TO_TEAM) else found.of(member)


def ended(status: str = "status") -> Case:
    """The Reason to leave somebody out whose chat is no longer in progress; `status` is the column."""
    going_on = When(**{status: ConversationStatus.IN_PROGRESS}, then=Value(""))
    return Case(going_on, default=Value(Reason.CHAT_ENDED.value))


def chats(chosen: ConversationQuerySet) -> People:
    """The people of these chats, each of which may be sent to."""
    return People(chosen.order_by().values_list("contact_id", "pk", Value("")))

"""Chat numbers as people type or paste them: any chat the member may see, in any state, but WhatsApp's (S3, D-20)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import Value
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.audience.base import MOST_NAMED, Audience, People, among, fault, invalid
from campaigns.errors import EmptySelection
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind
from conversations.models import Conversation
from tenants.errors import Invalid
from tenants.models import Member

LONGEST = 400_000  # characters, more than MOST_NAMED numbers need
LONGEST_NAMED = 40  # characters of an entry that an error repeats
SEPARATORS = re.compile(r"[\s,;、，；\u200b\ufeff]+")
MARK = re.compile(r"[#№]\s*(?=\w)")

DETAILS: dict[str, str | Promise] = {
    "not_a_number": gettext_lazy("“%(entry)s” is not a chat number."),
    "not_found": gettext_lazy("Chat #%(entry)s does not exist, or you may not see it."),
    "repeated": gettext_lazy("Chat #%(entry)s is given more than once."),
    "same_customer": gettext_lazy("Chat #%(entry)s is with the same customer as #%(other)s."),
    "whatsapp": gettext_lazy(
        "Chat #%(entry)s is on WhatsApp. WhatsApp customers are not sent to by chat number."
    ),
    "too_many": gettext_lazy("%(entry)s entries are given; at most %(other)s can be sent to at once."),
    "not_sendable": gettext_lazy("Chat #%(entry)s is on a channel that takes no broadcasts yet."),
}


@dataclass(frozen=True)
class NumberFault:
    """What is wrong with one entry; `code` is a key of DETAILS, `entry` what was typed."""

    code: str
    entry: str
    detail: str


@dataclass(frozen=True)
class Examined:
    """The entries of a list: the numbers that can be sent to, in their order, and what is wrong with the others."""

    good: tuple[int, ...]
    faults: list[NumberFault]


@dataclass(frozen=True)
class ChatNumbers(Audience):
    """`text` is kept exactly as it was typed."""

    key = "chat_numbers"
    text_only = True  # S3-6
    text: str

    @classmethod
    def read(cls, value: Any) -> Self:
        if not isinstance(value, str):
            raise invalid(cls.key, "not_text", _("Give the chat numbers as text, separated by commas."))
        if len(value) > LONGEST:
            detail = _("At most %(most)d chat numbers can be given at once.") % {"most": MOST_NAMED}
            raise invalid(cls.key, "too_many", detail)
        return cls(value.replace("\x00", ""))

    def value(self) -> str:
        return self.text

    def people(self, member: Member) -> People:
        found = self.examine(member)
        if found.faults:
            raise Invalid(errors=[fault(self.key, each.code, each.detail) for each in found.faults])
        return self._of(found.good)

    def launched(self, member: Member) -> People:
        return self._of(tuple(number for entry in self.entries() if (number := number_of(entry))))

    def without_faulty(self, member: Member) -> ChatNumbers:
        return ChatNumbers(", ".join(map(str, self.examine(member).good)))

    @property
    def size(self) -> int:
        return len(self.entries())

    def entries(self) -> list[str]:
        """What stands between the separators, as typed but for marks before a number and full-width forms."""
        plain = unicodedata.normalize("NFKC", self.text.replace("№", "#"))
        return [entry for entry in SEPARATORS.split(MARK.sub(" ", plain)) if entry]

    def examine(self, member: Member) -> Examined:
        """Every entry judged, in one query."""
        entries = self.entries()
        if len(entries) > MOST_NAMED:
            detail = DETAILS["too_many"] % {"entry": len(entries), "other": MOST_NAMED}
            return Examined((), [NumberFault("too_many", str(len(entries)), detail)])
        numbers = tuple({number for entry in entries if (number := number_of(entry))})
        chats = Conversation.objects.visible_to(member).filter(among("number", numbers))
        known = {
            number: (contact, kind)
            for number, contact, kind in chats.values_list("number", "contact_id", "channel__kind")
        }
        return _judge(entries, known)

    def _of(self, numbers: tuple[int, ...]) -> People:
        if not numbers:
            raise EmptySelection
        found = Conversation.objects.filter(among("number", numbers))
        return People(found.order_by().values_list("contact_id", "pk", Value("")))


def number_of(entry: str) -> int | None:
    """The chat number an entry stands for; None where it is none."""
    return int(entry) if entry.isdecimal() and len(entry) <= 18 and int(entry) else None


def _judge(entries: list[str], known: Mapping[int, tuple[int, str]]) -> Examined:
    details = {code: str(detail) for code, detail in DETAILS.items()}
    good: dict[int, None] = {}
    of_contact: dict[int, int] = {}
    seen: set[int] = set()
    faults = []
    for entry in entries:
        number = number_of(entry)
        code, other = "", 0
        if number is None:
            code = "not_a_number"
        elif number in seen:
            code = "repeated"
        elif number not in known:
            code = "not_found"
        else:
            contact, kind = known[number]
            code = _refusal(kind)
            if not code and (other := of_contact.setdefault(contact, number)) != number:
                code = "same_customer"
        if number is not None:
            seen.add(number)
            if not code:
                good[number] = None
        if code:
            named = entry[:LONGEST_NAMED] if number is None else str(number)
            faults.append(NumberFault(code, named, details[code] % {"entry": named, "other": other}))
    return Examined(tuple(good), faults)


def _refusal(kind: str) -> str:
    """Why chats on channels of this kind are not sent to by number; "" where they are (S3-1, D-1)."""
    if kind == ChannelKind.WHATSAPP:
        return "whatsapp"
    return "" if ChannelKind(kind) in ADAPTERS else "not_sendable"

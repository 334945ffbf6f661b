"""The people of a former broadcast under some of its outcomes (B-12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from campaigns.audience.base import Audience, People, invalid, latest_chat
from campaigns.models import Recipient
from campaigns.reports import STATE_FILTERS, campaigns_visible_to, contacts_of
from channels.adapters.base import Reason
from conversations.models import Contact, Conversation
from tenants.models import Member
from tenants.roles import Permission

FIELDS = {"id", "states", "replied", "clicked"}


@dataclass(frozen=True)
class FollowUp(Audience):
    """`number` is the broadcast's; `states` are keys of STATE_FILTERS, any of them; `replied` narrows to those who
    answered it or did not, `clicked` to those who tapped a link in it or did not."""

    key = "campaign"
    number: int
    states: tuple[str, ...]
    replied: bool | None = None
    clicked: bool | None = None

    @classmethod
    def read(cls, value: Any) -> Self:
        if not isinstance(value, Mapping) or not {"id", "states"} <= value.keys() <= FIELDS:
            raise invalid(cls.key, "incomplete", _("Say which broadcast and which outcomes."))
        number, states = value["id"], value["states"]
        if type(number) is not int or not 0 < number < 2**63:
            raise _unknown()
        if not isinstance(states, list) or not states or not all(map(_is_state, states)):
            detail = _("Choose one or more of: %(allowed)s.") % {"allowed": ", ".join(STATE_FILTERS)}
            raise invalid(f"{cls.key}.states", "unknown", detail)
        narrowed = {name: value.get(name) for name in ("replied", "clicked")}
        for name, flag in narrowed.items():
            if flag is not None and type(flag) is not bool:
                raise invalid(f"{cls.key}.{name}", "not_a_flag", _("Give true or false."))
        return cls(number, tuple(dict.fromkeys(states)), **narrowed)

    def value(self) -> dict[str, Any]:
        narrowed = {"replied": self.replied, "clicked": self.clicked}
        given = {name: flag for name, flag in narrowed.items() if flag is not None}
        return {"id": self.number, "states": list(self.states)} | given

    def people(self, member: Member) -> People:
        contacts = Contact.objects.current().filter(pk__in=self._reached(member))
        return People(contacts.order_by().values_list("pk", latest_chat(member), _excluded(member)))

    def _reached(self, member: Member) -> QuerySet[Recipient, int]:
        """Contacts of the broadcast under these outcomes, by what they are called now. Raises Invalid."""
        campaign = campaigns_visible_to(member).filter(number=self.number).first()
        if campaign is None:
            raise _unknown()
        where = Q()
        for state in self.states:
            where |= STATE_FILTERS[state]
        if self.replied is not None:
            where &= Q(replied_at__isnull=not self.replied)
        if self.clicked is not None:
            where &= Q(clicked_at__isnull=not self.clicked)
        return contacts_of(Recipient.objects.filter(where, campaign=campaign))


def _excluded(member: Member) -> Case | Value:
    """Whom a colleague has taken over meanwhile is theirs to write to, unless one may send to the team's."""
    if member.may(Permission.SEND_TO_TEAM):
        return Value("")
    open_chats = Conversation.objects.open().filter(contact=OuterRef("pk"))
    taken = open_chats.filter(assignee__isnull=False).exclude(assignee=member)
    return Case(When(Exists(taken), then=Value(Reason.TAKEN_OVER.value)), default=Value(""))


def _unknown() -> Exception:
    return invalid(FollowUp.key, "not_found", _("This broadcast does not exist, or you may not see it."))


def _is_state(value: Any) -> bool:
    return isinstance(value, str) and value in STATE_FILTERS

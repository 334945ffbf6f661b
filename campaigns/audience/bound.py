"""Customers bound to a member, on one channel at a time, whatever the state of their chats (S2-36..41)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from django.db.models import F, QuerySet, Value
from django.utils.translation import gettext as _

from campaigns.audience.base import MOST_NAMED, Audience, People, among, fault, invalid, latest_chat
from campaigns.errors import EmptySelection
from channels.adapters import ADAPTERS
from channels.models import Channel
from conversations.models import Contact
from tenants.errors import Invalid
from tenants.models import Member
from tenants.roles import Permission

FIELDS = {"channel", "customers", "bound_to"}


@dataclass(frozen=True)
class BoundCustomers(Audience):
    """`customers` are ids, or "all"; `bound_to` is a member's id, None for the sender's own customers."""

    key = "bound_customers"
    channel: int
    customers: tuple[int, ...] | Literal["all"]
    bound_to: int | None = None

    @classmethod
    def read(cls, value: Any) -> Self:
        if not isinstance(value, Mapping) or not {"channel", "customers"} <= value.keys() <= FIELDS:
            raise invalid(cls.key, "incomplete", _("Say one channel and which customers."))
        channel, customers, bound_to = value["channel"], value["customers"], value.get("bound_to")
        if not _is_id(channel):
            raise invalid(f"{cls.key}.channel", "one_channel", _("Give exactly one channel."))
        if bound_to is not None and not _is_id(bound_to):
            raise invalid(f"{cls.key}.bound_to", "not_found", _("This member does not exist."))
        if customers == "all":
            return cls(channel, "all", bound_to)
        if not isinstance(customers, list) or not all(_is_id(each) for each in customers):
            detail = _("Give a list of customers, or “all”.")
            raise invalid(f"{cls.key}.customers", "not_customers", detail)
        if len(customers) > MOST_NAMED:
            detail = _("At most %(most)d customers can be picked one by one; choose all for more.")
            raise invalid(f"{cls.key}.customers", "too_many", detail % {"most": MOST_NAMED})
        return cls(channel, tuple(dict.fromkeys(customers)), bound_to)

    def value(self) -> dict[str, Any]:
        customers = self.customers if self.customers == "all" else list(self.customers)
        owner = {} if self.bound_to is None else {"bound_to": self.bound_to}
        return {"channel": self.channel, "customers": customers} | owner

    def people(self, member: Member) -> People:
        reached = self._reached(member)
        if self.customers == "all":
            return _once_each(reached, member)
        if not self.customers:
            raise EmptySelection
        known = set(reached.filter(self._named()).values_list("customer_id", flat=True))
        if missing := [pk for pk in self.customers if pk not in known]:
            detail = _(
                "Customer %(id)d does not exist, is not bound to this member or is not on this channel."
            )
            where = f"{self.key}.customers"
            raise Invalid(errors=[fault(where, "not_found", detail % {"id": pk}) for pk in missing])
        return _once_each(reached.filter(self._named()), member)

    def launched(self, member: Member) -> People:
        reached = Contact.objects.current().filter(channel=self.channel)
        return (
            self.people(member)
            if self.customers == "all"
            else _once_each(reached.filter(self._named()), member)
        )

    def without_faulty(self, member: Member) -> BoundCustomers:
        if self.customers == "all":
            return self
        known = set(self._reached(member).filter(self._named()).values_list("customer_id", flat=True))
        return BoundCustomers(self.channel, tuple(pk for pk in self.customers if pk in known), self.bound_to)

    @property
    def size(self) -> int:
        return 0 if self.customers == "all" else len(self.customers)

    def _named(self) -> Any:
        return among("customer_id", () if self.customers == "all" else self.customers)

    def _reached(self, member: Member) -> QuerySet[Contact]:
        """The addresses on the channel of those bound to `bound_to`. Raises Invalid."""
        owner = self.bound_to or member.pk
        if owner != member.pk and not (
            member.may(Permission.SEND_TO_TEAM) and Member.objects.filter(pk=owner).exists()
        ):
            raise invalid(f"{self.key}.bound_to", "not_found", _("This member does not exist."))
        if not Channel.objects.filter(pk=self.channel, kind__in=list(ADAPTERS)).exists():
            detail = _("This channel does not exist, or takes no broadcasts.")
            raise invalid(f"{self.key}.channel", "not_found", detail)
        return bound_on(self.channel, owner)


def bound_on(channel: int, owner: int) -> QuerySet[Contact]:
    """Contacts on this channel of the customers bound to this member."""
    return Contact.objects.current().filter(channel=channel, customer__bound_to=owner)


def _once_each(contacts: QuerySet[Contact], member: Member) -> People:
    """A customer with two addresses on the channel is written to at the one they wrote from last."""
    latest = F("last_inbound_at").desc(nulls_last=True)
    rows = contacts.order_by("customer_id", latest, "-pk").distinct("customer_id")
    return People(rows.values_list("pk", latest_chat(member), Value("")))


def _is_id(value: Any) -> bool:
    return type(value) is int and 0 < value < 2**63

"""The five counters of the status page, on both levels: broadcasts and people (S0-2..7, D-8)."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.ledger import available
from billing.money import shown
from campaigns.reports import Summary
from tenants.models import Member
from tenants.roles import Permission


@dataclass(frozen=True)
class TileLine:
    label: str
    count: int


@dataclass(frozen=True)
class Tile:
    """A number, its unit, the list it opens, and the other level below it."""

    name: str
    label: str
    count: int
    unit: str
    url: str
    lines: list[TileLine] = field(default_factory=list)
    explained: bool = False


def tiles_of(found: Summary) -> list[Tile]:
    people = found.people
    return [
        Tile("created", _("Created"), found.created, _broadcasts(found.created), _list("")),
        Tile(
            "sent",
            _("Sent out"),
            found.sent_out,
            _broadcasts(found.sent_out),
            _list("sent"),
            [
                TileLine(_("People sent to"), people.sent),
                TileLine(_("of them delivered"), people.delivered + people.read),
                TileLine(_("of them read"), people.read),
            ],
        ),
        Tile(
            "interacted",
            _("Pressed or interacted"),
            people.interacted,
            ngettext("person", "people", people.interacted),
            _list("interacted"),
            [TileLine(_("Answered"), people.replied), TileLine(_("Tapped a link"), people.clicked)],
        ),
        Tile(
            "failed",
            _("Failed to go out"),
            found.failed_broadcasts,
            _broadcasts(found.failed_broadcasts),
            _list("unsent"),
            [
                TileLine(_("People failed"), people.failed),
                TileLine(_("People partly reached"), people.partial),
                TileLine(_("People left out"), people.skipped),
            ],
            explained=True,
        ),
        Tile(
            "waiting",
            _("Waiting to be sent"),
            found.waiting_broadcasts,
            _broadcasts(found.waiting_broadcasts),
            _list("waiting"),
            [TileLine(_("People waiting"), people.waiting + people.sending)],
        ),
    ]


@dataclass(frozen=True)
class CreditTile:
    """The balance with the way to top it up (S0-8); only the owner may (S0-9)."""

    amount: str
    may_top_up: bool


def credit_tile(member: Member) -> CreditTile | None:
    """None for whoever may not see the credit."""
    if not member.may(Permission.VIEW_CREDIT):
        return None
    currency = member.tenant.currency
    return CreditTile(shown(available(currency), currency), member.may(Permission.TOP_UP))


def _broadcasts(count: int) -> str:
    return ngettext("broadcast", "broadcasts", count)


def _list(status: str) -> str:
    return reverse("campaigns:list") + (f"?status={status}" if status else "")

"""The tables of the shopping-link report: by broadcast, by member, by address. Pages and files show the same rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.links.report import LinkReport, Sums, members_of
from workspace.broadcasts.parts import in_one_line


@dataclass(frozen=True)
class Row:
    """`title` opens `url` where there is one; `under` is said below it. Numbers stand in the order of the columns."""

    title: str
    numbers: tuple[int, ...]
    url: str = ""
    under: str = ""
    at: datetime | None = None
    official: bool | None = None


@dataclass(frozen=True)
class Table:
    """`head` names the first column, `columns` the numbers."""

    head: str | Promise
    columns: tuple[str | Promise, ...]
    rows: Sequence[Row]


_SUMS: tuple[str | Promise, ...] = (
    _("Messages"),
    _("Official-site links"),
    _("Other links"),
    _("People who tapped"),
    _("Taps"),
)


def by_broadcast(report: LinkReport) -> Table:
    """Newest first; those that carried no link, too: their messages count."""
    rows = [
        Row(
            title=in_one_line(getattr(line.campaign, "message", None) or "") or f"№{line.campaign.number}",
            numbers=_numbers(line.sums),
            url=reverse("campaigns:detail", args=[line.campaign.number]),
            under=line.campaign.created_by.name,
            at=line.campaign.started_at,
        )
        for line in report.campaigns
    ]
    return Table(_("Broadcast"), _SUMS, rows)


def by_member(report: LinkReport) -> Table:
    """Whoever sent anything, who sent most first."""
    rows = [
        Row(member.name, (sums.messages, sums.replies, *_numbers(sums)[1:]))
        for member, sums in members_of(report)
    ]
    return Table(_("Member"), (_("In broadcasts"), _("In chats"), *_SUMS[1:]), rows)


def by_address(report: LinkReport) -> Table:
    """Where the links led, sent most often first."""
    rows = [
        Row(one.url, (one.broadcasts, one.sent, one.people, one.taps), official=one.official)
        for one in report.addresses
    ]
    return Table(_("Web address"), (_("Broadcasts"), _("Sent"), _("People who tapped"), _("Taps")), rows)


TABLES: dict[str, tuple[str | Promise, Callable[[LinkReport], Table]]] = {
    "broadcast": (_("By broadcast"), by_broadcast),
    "member": (_("By member"), by_member),
    "address": (_("By web address"), by_address),
}


def _numbers(sums: Sums) -> tuple[int, ...]:
    return (sums.messages, sums.official, sums.other, sums.people, sums.taps)

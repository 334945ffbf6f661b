"""The shopping-link report: what broadcasts and replies sent in a period, the links in it, and who tapped them.

Units (D-17): a *message* is one part to one person; a *shopping link* is one tracked link to one person, official and
other apart. Both count once the provider accepted the part, and belong to the day on which their broadcast started; a
broadcast counts once it has ended. People who tapped are counted once a broadcast.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from campaigns.models import Campaign, Link
from campaigns.reports import campaigns_visible_to, counts_of
from conversations.sent_replies import sent_replies
from tenants.models import Member
from tenants.roles import Permission

LONGEST_DAYS = 366


@dataclass(frozen=True)
class Period:
    """Whole days, both included, of the current time zone."""

    first: date
    last: date

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """From the first instant until before the second."""
        zone = timezone.get_current_timezone()
        begin, end = (
            datetime.combine(day, time.min, zone) for day in (self.first, self.last + timedelta(days=1))
        )
        return begin, end

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


@dataclass
class Sums:
    """`messages` of broadcasts and `replies` in chats; `official` and `other` shopping links; `people` who tapped, once
    a broadcast; `taps` of theirs in all, `robots` of previews and crawlers."""

    messages: int = 0
    replies: int = 0
    official: int = 0
    other: int = 0
    people: int = 0
    taps: int = 0
    robots: int = 0

    @property
    def links(self) -> int:
        return self.official + self.other

    @property
    def total_messages(self) -> int:
        return self.messages + self.replies

    def add(self, more: Sums) -> None:
        for name, value in vars(more).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass(frozen=True)
class OfCampaign:
    """A broadcast of the period with its sums."""

    campaign: Campaign
    sums: Sums


@dataclass
class OfAddress:
    """An address that was linked to, over all broadcasts; `people` are counted once a link of a broadcast."""

    url: str
    official: bool
    broadcasts: int = 0
    sent: int = 0
    people: int = 0
    taps: int = 0


@dataclass
class LinkReport:
    """`campaigns` newest first; `replies` by day and member's id."""

    period: Period
    total: Sums = field(default_factory=Sums)
    campaigns: list[OfCampaign] = field(default_factory=list)
    by_day: dict[date, Sums] = field(default_factory=lambda: defaultdict(Sums))
    by_member: dict[int, Sums] = field(default_factory=lambda: defaultdict(Sums))
    addresses: list[OfAddress] = field(default_factory=list)
    uncounted: int = 0  # broadcasts of the period that are still being sent


def link_report(member: Member, period: Period) -> LinkReport:
    """Over what the member may see: their own, or the team's for those who lead. Inside the tenant's scope."""
    since, until = period.bounds
    started = campaigns_visible_to(member).filter(started_at__gte=since, started_at__lt=until)
    report = LinkReport(period)
    links = _links_of(started)
    for campaign in started:
        if campaign.counted_at is None:
            report.uncounted += 1
        sums = _sums_of(campaign, links.get(campaign.pk, []))
        report.campaigns.append(OfCampaign(campaign, sums))
        _count(report, timezone.localtime(campaign.started_at).date(), campaign.created_by_id, sums)
    alone = None if member.may(Permission.VIEW_ALL_CONVERSATIONS) else member
    for day, sender, replies in sent_replies(since, until, alone):
        _count(report, day, sender, Sums(replies=replies))
    report.addresses = _addresses(report.campaigns, links)
    return report


def _count(report: LinkReport, day: date, member: int, sums: Sums) -> None:
    for place in (report.total, report.by_day[day], report.by_member[member]):
        place.add(sums)


def _links_of(campaigns: QuerySet[Campaign]) -> dict[int, list[Any]]:
    """Campaign id → its links, with the `people`, `taps` and `robots` of each."""
    found: dict[int, list[Any]] = defaultdict(list)
    chosen = campaigns.order_by().values("pk")
    rows = Link.objects.filter(campaign__in=chosen).annotate(
        people=Count("clicks", filter=Q(clicks__times__gt=0)),
        taps=Sum("clicks__times", default=0),
        robots=Sum("clicks__robots", default=0),
    )
    for link in rows.order_by("campaign", "place"):
        found[link.campaign_id].append(link)
    return found


def _sums_of(campaign: Campaign, links: Iterable[Any]) -> Sums:
    sent = messages_by_part(campaign)
    sums = Sums(messages=sum(sent.values()), people=counts_of(campaign).clicked)
    for link in links:
        if link.official:
            sums.official += sent[link.part]
        else:
            sums.other += sent[link.part]
        sums.taps += link.taps
        sums.robots += link.robots
    return sums


def messages_by_part(campaign: Campaign) -> dict[int, int]:
    """Position → how many people were accepted for that part; nothing while the broadcast is still being sent."""
    sent: dict[int, int] = defaultdict(int)
    rows = getattr(campaign, "counter_rows", None)
    for row in campaign.counters.all() if rows is None else rows:
        for position, people in enumerate(row.messages):
            sent[position] += people
    return sent


def _addresses(campaigns: Iterable[OfCampaign], links: dict[int, list[Any]]) -> list[OfAddress]:
    """The most sent first."""
    found: dict[tuple[str, bool], OfAddress] = {}
    for line in campaigns:
        sent = messages_by_part(line.campaign)
        for key in dict.fromkeys((link.url, link.official) for link in links.get(line.campaign.pk, ())):
            found.setdefault(key, OfAddress(*key)).broadcasts += 1
        for link in links.get(line.campaign.pk, ()):
            address = found[link.url, link.official]
            address.sent += sent[link.part]
            address.people += link.people
            address.taps += link.taps
    return sorted(found.values(), key=lambda one: (-one.sent, -one.people, one.url))


def members_of(report: LinkReport) -> list[tuple[Member, Sums]]:
    """Whoever sent anything in the period, who sent most first."""
    members = Member.objects.in_bulk(list(report.by_member))
    rows = [(members[member], sums) for member, sums in report.by_member.items()]
    return sorted(rows, key=lambda row: (-row[1].total_messages, row[0].pk))


def days_of(report: LinkReport) -> Iterator[tuple[date, Sums]]:
    """Every day of the period, also those without anything."""
    for day in report.period.days:
        yield day, report.by_day.get(day, Sums())

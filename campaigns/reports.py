"""Reads that span a campaign: the equation, reasons, lists, and the counters of the status page."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum, TextField
from django.db.models.functions import Coalesce
from django.utils import timezone

from campaigns.engine.reasons import parted
from campaigns.engine.tally import TERMS
from campaigns.models import Campaign, Counter, DeliveryRank, Part, Recipient, State, Status
from channels.catalogue import explain
from conversations.search import contacts_by
from templates_app.models import Template
from tenants.models import Member
from tenants.ordered import read_in_order
from tenants.roles import Permission

SUMS = (*TERMS, "replied", "clicked", "interacted")


@dataclass(frozen=True)
class Counts:
    """People by where they stand now. The ten terms add up to `total`."""

    waiting: int = 0
    sending: int = 0
    unconfirmed: int = 0
    accepted: int = 0
    delivered: int = 0
    read: int = 0
    partial: int = 0
    failed: int = 0
    skipped: int = 0
    cancelled: int = 0
    replied: int = 0
    clicked: int = 0
    interacted: int = 0

    @property
    def total(self) -> int:
        return sum(getattr(self, term) for term in TERMS)

    @property
    def completed(self) -> int:
        """Finally made (S3-28): accepted, delivered and read."""
        return self.accepted + self.delivered + self.read

    @property
    def sent(self) -> int:
        return self.completed

    @property
    def settled(self) -> int:
        """Whoever nothing more will be sent to."""
        return self.total - self.waiting - self.sending

    def as_dict(self) -> dict[str, int]:
        """The ten terms, as the API's `counts`."""
        return {term: getattr(self, term) for term in TERMS}


@dataclass(frozen=True)
class ReasonCount:
    """Why `count` people did not get it: plain cause and cure in the reader's language."""

    code: str
    provider_code: str
    count: int
    title: str
    cause: str
    cure: str


@dataclass(frozen=True)
class Summary:
    """The status page's counters, on both levels (D-8)."""

    created: int
    sent_out: int
    scheduled: int
    failed_broadcasts: int
    waiting_broadcasts: int
    people: Counts


def counts_of(campaign: Campaign) -> Counts:
    """From the maintained counters: as quick for a million people as for ten."""
    rows = getattr(campaign, "counter_rows", None)
    if rows is None:
        rows = list(campaign.counters.all())
    return Counts(**{name: sum(getattr(row, name) for row in rows) for name in SUMS})


def counts_by_channel(campaign: Campaign) -> dict[str, Counts]:
    """The same per channel name."""
    return {
        row.channel.name: Counts(**{name: getattr(row, name) for name in SUMS})
        for row in campaign.counters.select_related("channel").order_by("channel__name")
    }


def campaigns_visible_to(member: Member) -> QuerySet[Campaign]:
    """Newest first, with sender, counters and `message`: the first text, or the template's name (S3-22, S3-23); a fixed
    number of queries however many rows.

    Salespeople see their own, whoever leads sees the team's; other people's drafts nobody.
    """
    campaigns = Campaign.objects.select_related("created_by", "retry_of")
    if not member.may(Permission.VIEW_ALL_CONVERSATIONS):
        campaigns = campaigns.filter(created_by=member)
    first_kind = Part.objects.filter(campaign=OuterRef("pk")).order_by("position").values("kind")[:1]
    first_text = (
        Part.objects.filter(campaign=OuterRef("pk")).exclude(text="").order_by("position").values("text")[:1]
    )
    template = Part.objects.filter(campaign=OuterRef("pk")).values("template__name")[:1]
    message = Coalesce(Subquery(template), Subquery(first_text), output_field=TextField())
    return (
        campaigns.filter(~Q(status=Status.DRAFT) | Q(created_by=member))
        .annotate(message=message, first_kind=Subquery(first_kind))
        .prefetch_related(Prefetch("counters", queryset=Counter.objects.all(), to_attr="counter_rows"))
        .order_by("-created_at", "-pk")
    )


def campaigns_using(template: Template, member: Member) -> QuerySet[Campaign]:
    """Those of `campaigns_visible_to` that send this template."""
    return campaigns_visible_to(member).filter(
        pk__in=Part.objects.filter(template=template).values("campaign")
    )


def summary(member: Member) -> Summary:
    """The five counters over what this member may see."""
    campaigns = Campaign.objects.all()
    if not member.may(Permission.VIEW_ALL_CONVERSATIONS):
        campaigns = campaigns.filter(created_by=member)
    campaigns = campaigns.exclude(status=Status.DRAFT)
    unsent = Q(status__in=[Status.SCHEDULED, Status.PREPARING])
    broadcasts = campaigns.aggregate(
        created=Count("pk"),
        sent_out=Count("pk", filter=Q(started_at__isnull=False)),
        scheduled=Count("pk", filter=Q(status=Status.SCHEDULED)),
        failed=Count("pk", filter=Q(status__in=[Status.REFUSED, Status.MISSED])),
        waiting=Count("pk", filter=unsent),
    )
    people = Counter.objects.filter(campaign__in=campaigns).aggregate(
        **{name: Sum(name, default=0) for name in SUMS}
    )
    return Summary(
        created=broadcasts["created"],
        sent_out=broadcasts["sent_out"],
        scheduled=broadcasts["scheduled"],
        failed_broadcasts=broadcasts["failed"],
        waiting_broadcasts=broadcasts["waiting"],
        people=Counts(**people),
    )


def reasons_of(campaign: Campaign, limit: int = 20) -> list[ReasonCount]:
    """Grouped reasons of everybody who did not get it, most frequent first; from the maintained counters."""
    groups = Tally[tuple[str, str, str]]()
    for kind, reasons in campaign.counters.values_list("channel__kind", "reasons"):
        for key, people in reasons.items():
            _state, reason, provider_code = parted(key)
            groups[reason, provider_code, kind] += people
    counted = []
    for (reason, provider_code, kind), people in sorted(groups.items(), key=lambda each: (-each[1], each[0])):
        entry = explain(reason, kind, provider_code)
        told = str(entry.title), str(entry.cause), str(entry.cure)
        counted.append(ReasonCount(reason, provider_code, people, *told))
    return counted[:limit]


INTERACTED = Q(replied_at__isnull=False) | Q(clicked_at__isnull=False)
STATE_FILTERS: dict[str, Q] = {
    "waiting": Q(state=State.WAITING),
    "sending": Q(state=State.SENDING),
    "unconfirmed": Q(state=State.UNCONFIRMED),
    "accepted": Q(state=State.ACCEPTED, delivery=DeliveryRank.ACCEPTED),
    "delivered": Q(state=State.ACCEPTED, delivery=DeliveryRank.DELIVERED),
    "read": Q(state=State.ACCEPTED, delivery=DeliveryRank.READ),
    "partial": Q(state=State.PARTIAL),
    "failed": Q(state=State.FAILED),
    "skipped": Q(state=State.SKIPPED),
    "cancelled": Q(state=State.CANCELLED),
    "replied": Q(replied_at__isnull=False),
    "clicked": Q(clicked_at__isnull=False),
    "not_clicked": Q(state=State.ACCEPTED, clicked_at__isnull=True),  # it got there and they did not tap
}
UNCOUNTED = frozenset({"not_clicked"})  # no counter tells how many


def who_answered(member: Member, number: int) -> QuerySet[Recipient, int]:
    """The contacts, by what they are called now, who answered a broadcast or tapped in it. Nobody where `member` may
    not see it."""
    campaign = campaigns_visible_to(member).filter(number=number).first()
    return contacts_of(
        Recipient.objects.filter(INTERACTED, campaign=campaign) if campaign else Recipient.objects.none()
    )


def contacts_of(people: QuerySet[Recipient]) -> QuerySet[Recipient, int]:
    """The ids of people's contacts, by what they are called now: for a subquery."""
    return people.values_list(Coalesce("contact__merged_into", "contact"), flat=True)


REASONED = frozenset({"unconfirmed", "partial", "failed", "skipped", "cancelled"})


def place_of(campaign: Campaign, state: str) -> Q:
    """STATE_FILTERS[state] for the people of one campaign, so that few among a million are found quickly: nobody is
    looked for where the counters have nobody, and whoever has a reason is found by the reasons that are counted there.
    Raises KeyError for an unknown state."""
    where = STATE_FILTERS[state]
    if state in UNCOUNTED:
        return where
    people = getattr(counts_of(campaign), state)
    if not people:
        return Q(pk__in=[])
    reasons = Tally[str]()
    for counted in campaign.counters.values_list("reasons", flat=True):
        for key, number in counted.items():
            there = parted(key)
            if there.state.name.lower() == state:
                reasons[there.reason] += number
    return where & Q(reason__in=sorted(reasons)) if reasons.total() == people else where


def recipients_of(campaign: Campaign, state: str = "", q: str = "") -> QuerySet[Recipient]:
    """People of a campaign, ordered for keyset pages by contact. Raises KeyError for an unknown state.

    What belongs to them is looked up for the rows of the page, not joined: right after preparing, PostgreSQL expects a
    handful of rows where there are a million, and would join and sort all of them for the first page.
    """
    people = Recipient.objects.filter(campaign=campaign).prefetch_related(
        "contact__customer", "channel", "conversation", "shard"
    )
    if state:
        people = people.filter(place_of(campaign, state))
    if q:
        people = people.filter(contact__in=contacts_by(q, campaign.tenant_id))
    return people.order_by("contact_id")


def reading(state: str = "", q: str = "") -> AbstractContextManager[None]:
    """Around reading the first of `recipients_of` with the same arguments. Words, and the states that have a reason,
    find their people by indexes of their own."""
    return nullcontext() if q or state in REASONED else read_in_order()


@dataclass(frozen=True)
class Chart:
    """People over time, each list as long as `at` (Unix seconds): where each moment found them."""

    at: list[int]
    sent: list[int]
    delivered: list[int]
    read: list[int]
    replied: list[int]


CURVES = ("sent", "delivered", "read", "replied")


def chart_of(campaign: Campaign, counts: Counts) -> Chart | None:
    """From the start over the moments kept to how it stands now; None before the first was sent to."""
    if campaign.started_at is None or not counts.sent:
        return None
    points = [(campaign.started_at, (0, 0, 0, 0))]
    points += [
        (at, tuple(values)) for at, *values in campaign.moments.order_by("at").values_list("at", *CURVES)
    ]
    now = (counts.sent, counts.delivered + counts.read, counts.read, counts.replied)
    last = campaign.finished_at if len(points) == 1 else None
    if now != points[-1][1]:
        points.append((max(last or timezone.now(), points[-1][0]), now))
    sent, delivered, read, replied = (list(curve) for curve in zip(*(p[1] for p in points), strict=True))
    return Chart([int(at.timestamp()) for at, _values in points], sent, delivered, read, replied)


def reason_of(recipient: Recipient) -> str:
    """Why it is no acceptance, or what holds whoever waits; empty where nothing does."""
    if recipient.reason or recipient.state != State.WAITING or recipient.shard is None:
        return recipient.reason
    return recipient.shard.held


def progress_topic(campaign: Campaign) -> str:
    """The live topic of its page."""
    return f"campaign-{campaign.number}"


def categories_of(numbers: Iterable[int]) -> dict[int, str]:
    """What Meta bills each of these campaigns as, by its number: its template's category, "service" without one."""
    parts = Part.objects.filter(campaign__number__in=list(numbers))
    found = parts.values_list("campaign__number", "template__category").distinct()
    return {number: (category or "service").lower() for number, category in found}

"""Before Send: every recipient's outcome, counted and named, each line with its fix."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils.translation import gettext as _

from billing.errors import NoPriceList
from billing.ledger import available
from billing.prices import SERVICE
from campaigns.accounts import accounts_among, numbers, require_one
from campaigns.audience import People
from campaigns.classify import Group, Rule, by_verdict, count_people, rules_for, template_rules
from campaigns.content import Content, examine
from campaigns.delay import with_delay
from campaigns.drafts import CampaignDraft
from campaigns.errors import AccountChats, InvalidCampaign
from campaigns.estimate import (
    INSUFFICIENT_CREDIT,
    Estimate,
    budget_lines,
    estimates_of,
    over_budget,
    short_line,
)
from campaigns.lines import Line, outcome_lines, quota_lines
from campaigns.models import CampaignKind
from campaigns.reach import health_warnings
from campaigns.template_content import examine_template
from channels.adapters.base import ChannelKind, PartKind, Reason
from channels.direct import BudgetExceeded
from channels.free import free_left
from channels.quota import quota_left
from channels.tariffs import tariffs_for
from templates_app.filling import Fault
from tenants.models import Member
from tenants.plans import Feature
from tenants.roles import Permission

BLOCKING = frozenset(
    {Reason.QUOTA_EXCEEDED, INSUFFICIENT_CREDIT, BudgetExceeded.code}
)  # nothing is sent while one of these stands


@dataclass(frozen=True)
class Preflight:
    """`price` is in millionths of `currency` and exactly what would be held back: the most it can cost. `estimates` say
    of what it is made up; `credit` is what is free to be spent, asked only where something costs something. `quota`
    maps a channel's id to the people left this month, `free_left` to the service messages that cost nothing.
    `over_budget`: accounts that Meta bills directly, which `price` leaves out, and whose budget does not suffice.
    `accounts` are the WhatsApp accounts of those chosen. `starts_at`: when something can leave, None for at once."""

    total: int
    sendable: int
    price: int
    currency: str
    quota: dict[int, int]
    blocking: bool
    lines: list[Line]
    by_channel: dict[str, int] = field(default_factory=dict)
    accounts: list[AccountChats] = field(default_factory=list)
    estimates: tuple[Estimate, ...] = ()
    credit: int = 0
    over_budget: list[BudgetExceeded] = field(default_factory=list)
    free_left: dict[int, int] = field(default_factory=dict)
    starts_at: datetime | None = None

    @property
    def shortfall(self) -> int:
        """What the free credit lacks, in millionths; 0 where it suffices."""
        return max(0, self.price - self.credit)


@dataclass(frozen=True)
class Plan:
    """What sending a draft does on each channel: the same value behind preflight and preparing."""

    tenant_id: int
    content: Content
    rules: list[Rule]
    category: str  # of the price list


def plan(by: Member, draft: CampaignDraft) -> Plan:
    """A rule for every channel of the tenant, whether anybody is chosen there or not."""
    by.require(Permission.SEND_CAMPAIGNS)
    by.tenant.require_feature(Feature.OMO)
    channels = numbers()
    kinds = sorted({ChannelKind(channel.kind) for channel in channels})
    if draft.kind == CampaignKind.TEMPLATE:
        content, _faults = examine_template(draft.template)
        category = content.template.category.lower() if content.template else ""
        tariffs = tariffs_for(channels, currency=by.tenant.currency, category=category) if category else {}
        return Plan(by.tenant_id, content, template_rules(channels, content.template, tariffs), category)
    content, _faults = examine(draft.parts, draft.client, kinds, track_links=draft.track_links)
    tariffs = tariffs_for(channels, currency=by.tenant.currency, category=SERVICE)
    return Plan(by.tenant_id, content, rules_for(channels, content, draft.choice_for, tariffs), SERVICE)


def verdicts_of(planned: Plan, people: People) -> dict[tuple[int, str], int]:
    """How many of `people` there are by channel id and verdict ("" = gets it)."""
    return by_verdict(groups_of(planned, people))


def groups_of(planned: Plan, people: People) -> list[Group]:
    """The same by market, with what it costs."""
    return count_people(people.sql(), planned.rules, planned.tenant_id, planned.content.unfit)


def faults_of(draft: CampaignDraft, planned: Plan, counts: dict[tuple[int, str], int]) -> list[Fault]:
    """What keeps the draft from being sent to those counted: judged by the channels they are on.

    Raises AccountConflict where a template is for chats of several WhatsApp accounts, or of another than its own.
    """
    if draft.kind == CampaignKind.TEMPLATE:
        require_one(accounts_among(planned.rules, counts), planned.content.template)
        _content, faults = examine_template(draft.template)
        return faults + _text_only_faults(draft) + _unlisted_faults(planned, counts)
    reached = {channel for channel, _verdict in counts}
    kinds = sorted({ChannelKind(rule.channel.kind) for rule in planned.rules if rule.channel.pk in reached})
    _content, faults = examine(draft.parts, draft.client, kinds, track_links=draft.track_links)
    return faults + _text_only_faults(draft) + _unlisted_faults(planned, counts)


def preflight(by: Member, draft: CampaignDraft) -> Preflight:
    """What would happen if the draft were sent now. Raises InvalidCampaign for faulty parts, and AccountConflict."""
    found, faults = outlook(by, draft)
    if faults:
        raise InvalidCampaign(errors=faults)
    return found


def outlook(by: Member, draft: CampaignDraft) -> tuple[Preflight, list[Fault]]:
    """As `preflight`, while the content may still be incomplete, and what is wrong with it. Raises AccountConflict."""
    planned, people = plan(by, draft), draft.audience.people(by)
    groups = groups_of(planned, people)
    found, counts = tell(by, planned, groups), by_verdict(groups)
    found = with_delay(found, by, planned, people, draft.scheduled_at)
    if draft.kind == CampaignKind.TEMPLATE:
        found = replace(found, lines=found.lines + _health_lines(planned, counts))
    return found, faults_of(draft, planned, counts)


def tell(by: Member, planned: Plan, groups: list[Group], *, good: str = "") -> Preflight:
    """Put people counted into lines. `good` is the code of those who get it, where it does not depend on what their
    channel takes."""
    rules = {rule.channel.pk: rule for rule in planned.rules}
    counts, currency = by_verdict(groups), by.tenant.currency
    direct = {pk for pk, rule in rules.items() if rule.tariff and rule.tariff.account}
    price = sum(group.amount for group in groups if group.channel not in direct)
    credit = available(currency) if price else 0
    exceeded = over_budget(groups, rules)
    sendable = {channel: n for (channel, verdict), n in counts.items() if not verdict}
    quota = {pk: left for pk in sendable if (left := quota_left(rules[pk].channel)) is not None}
    lines = outcome_lines(counts, rules, planned.content, good) + quota_lines(sendable, quota, rules)
    lines += short_line(price, credit, currency, groups) + budget_lines(exceeded)
    by_channel: dict[str, int] = {}
    for (pk, _verdict), count in counts.items():
        by_channel[rules[pk].channel.kind] = by_channel.get(rules[pk].channel.kind, 0) + count
    return Preflight(
        total=sum(counts.values()),
        sendable=sum(sendable.values()),
        price=price,
        currency=currency,
        quota=quota,
        blocking=not sendable or any(line.code in BLOCKING for line in lines),
        lines=lines,
        by_channel=by_channel,
        accounts=accounts_among(planned.rules, counts),
        estimates=estimates_of(groups, rules),
        credit=credit,
        over_budget=exceeded,
        free_left=_free_left(planned, sendable, currency),
    )


def _health_lines(planned: Plan, counts: dict[tuple[int, str], int]) -> list[Line]:
    """What the numbers' health says against sending templates to so many."""
    sendable = {channel: n for (channel, verdict), n in counts.items() if not verdict}
    warnings = health_warnings([rule.channel for rule in planned.rules], sendable)
    return [
        Line(warning.code, warning.channel.kind, 0, f"{warning.channel.name}: {warning.text}")
        for warning in warnings
    ]


def _free_left(planned: Plan, sendable: dict[int, int], currency: str) -> dict[int, int]:
    """Of the numbers that are sent from; templates are never free."""
    if planned.category != SERVICE:
        return {}
    used = [rule.channel for rule in planned.rules if rule.tariff and rule.channel.pk in sendable]
    return free_left(used, currency) if used else {}


def _text_only_faults(draft: CampaignDraft) -> list[Fault]:
    if not draft.audience.text_only:
        return []
    detail = _("By chat number only texts are sent.")
    if draft.kind == CampaignKind.TEMPLATE:
        return [{"field": "kind", "code": "text_only", "detail": detail}]
    return [
        {"field": f"parts.{position}.kind", "code": "text_only", "detail": detail}
        for position, part in enumerate(draft.parts)
        if part.kind is not PartKind.TEXT
    ]


def _unlisted_faults(planned: Plan, counts: dict[tuple[int, str], int]) -> list[Fault]:
    """Messages cost something and nobody has said what in the team's currency."""
    reached = {channel for channel, _verdict in counts}
    for rule in planned.rules:
        if rule.channel.pk in reached and rule.tariff and not rule.tariff.listed:
            error = NoPriceList(rule.tariff.currency)
            return [{"field": "audience", "code": error.code, "detail": str(error.message)}]
    return []

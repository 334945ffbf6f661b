"""What a campaign would cost at most, by country and category, and what the credit lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import ngettext

from billing.money import shown
from campaigns.classify import Group, Rule
from campaigns.lines import Line
from channels.adapters.base import ChannelKind
from channels.direct import BudgetExceeded, budget_left
from channels.models import WhatsAppAccount

INSUFFICIENT_CREDIT = "insufficient_credit"


@dataclass(frozen=True)
class Estimate:
    """People of one country whose messages cost something: `amount` in millionths is for all of them together."""

    market: str  # ISO code of the country, "" where it is not known
    category: str
    direct: bool  # Meta bills the team itself: no credit is needed
    people: int
    amount: int


def estimates_of(groups: Sequence[Group], rules: Mapping[int, Rule]) -> tuple[Estimate, ...]:
    """The dearest first."""
    found: dict[tuple[str, str, bool], tuple[int, int]] = {}
    for group in groups:
        tariff = rules[group.channel].tariff
        if tariff and group.amount:
            key = group.market, tariff.category, tariff.account is not None
            people, amount = found.get(key, (0, 0))
            found[key] = people + group.people, amount + group.amount
    made = [Estimate(*key, *value) for key, value in found.items()]
    return tuple(sorted(made, key=lambda each: (-each.amount, each.market, each.category)))


def short_line(price: int, credit: int, currency: str, groups: Sequence[Group]) -> list[Line]:
    """That the free credit does not cover the price; nothing where it does."""
    if price <= credit:
        return []
    people = sum(group.people for group in groups if group.amount)
    text = ngettext(
        "Sending to %(n)d person costs up to %(price)s; the credit of %(credit)s lacks %(short)s. Owners can top up.",
        "Sending to %(n)d people costs up to %(price)s; the credit of %(credit)s lacks %(short)s. Owners can top up.",
        people,
    ) % {
        "n": people,
        "price": shown(price, currency),
        "credit": shown(credit, currency),
        "short": shown(price - credit, currency),
    }
    return [Line(INSUFFICIENT_CREDIT, ChannelKind.WHATSAPP.value, people, text, fixes=("top_up",))]


def over_budget(groups: Sequence[Group], rules: Mapping[int, Rule]) -> list[BudgetExceeded]:
    """Of the accounts that Meta bills directly, those whose budget of the month does not cover it."""
    costs: dict[int, int] = {}
    accounts: dict[int, WhatsAppAccount] = {}
    currency = ""
    for group in groups:
        tariff = rules[group.channel].tariff
        if tariff and tariff.account and group.amount:
            accounts[tariff.account.pk], currency = tariff.account, tariff.currency
            costs[tariff.account.pk] = costs.get(tariff.account.pk, 0) + group.amount
    return [
        BudgetExceeded(accounts[pk].name, cost - left, currency)
        for pk, cost in costs.items()
        if (left := budget_left(accounts[pk])) is not None and left < cost
    ]


def budget_lines(exceeded: Sequence[BudgetExceeded]) -> list[Line]:
    return [
        Line(error.code, ChannelKind.WHATSAPP.value, 0, str(error.message), fixes=("raise_budget",))
        for error in exceeded
    ]

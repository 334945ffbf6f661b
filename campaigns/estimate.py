"""What a campaign would cost at most, by country and category, and what the credit lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import ngettext

from billing.money import shown
from campaigns.classify import Group, Rule
from campaigns.lines import Line
from channels.adapters.base import ChannelKind

INSUFFICIENT_CREDIT = "insufficient_credit"


@dataclass(frozen=True)
class Estimate:
    """People of one country whose messages cost something: `amount` in millionths is for all of them together."""

    market: str  # ISO code of the country, "" where it is not known
    category: str
    people: int
    amount: int


def estimates_of(groups: Sequence[Group], rules: Mapping[int, Rule]) -> tuple[Estimate, ...]:
    """The dearest first."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for group in groups:
        tariff = rules[group.channel].tariff
        if tariff and group.amount:
            people, amount = found.get((group.market, tariff.category), (0, 0))
            found[group.market, tariff.category] = people + group.people, amount + group.amount
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

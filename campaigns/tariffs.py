"""What a campaign's messages cost on each channel: the price list of the day, as it is when somebody looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils import timezone

from billing.prices import bills, prices_at
from channels.adapters.base import ChannelKind
from channels.models import Channel

BILLED = frozenset({ChannelKind.WHATSAPP})  # the channels whose provider bills messages one by one


@dataclass(frozen=True)
class Tariff:
    """Millionths of `currency` a message by market (`*` for the rest) for a category of the price list. `listed` is
    False where messages are billed and nobody has said what in this currency: then nothing may be sent."""

    category: str
    currency: str
    prices: Mapping[str, int]
    listed: bool = True


def tariffs_for(channels: Iterable[Channel], *, currency: str, category: str) -> dict[int, Tariff]:
    """By channel id; without those that cost nothing. Where no price list was ever loaded, nothing does."""
    billed = [channel for channel in channels if channel.kind in BILLED]
    if not billed:
        return {}
    prices = prices_at(timezone.now(), currency=currency, category=category)
    if not prices and bills(currency) is None:
        return {}
    tariff = Tariff(category, currency, prices, listed=bool(prices) or bool(bills(currency)))
    return {channel.pk: tariff for channel in billed}

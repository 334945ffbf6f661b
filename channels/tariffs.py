"""What messages cost on each channel: the price list of the day, as it is when somebody looks, and who pays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils import timezone

from billing.pricelist import EVERYWHERE
from billing.prices import bills, prices_at
from channels.adapters.base import ChannelKind
from channels.models import Channel, Payer, WhatsAppAccount

BILLED = frozenset({ChannelKind.WHATSAPP})  # the channels whose provider bills messages one by one
ALIKE = {"marketing_lite": "marketing"}  # the provider's words for the same price


@dataclass(frozen=True)
class Tariff:
    """Millionths of `currency` a message by market (`*` for the rest) for a category of the price list. `listed` is
    False where messages are billed and nobody has said what in this currency: then nothing may be sent. `account` is
    whom Meta bills directly: then it is an estimate, and a country without a price counts as nothing."""

    category: str
    currency: str
    prices: Mapping[str, int]
    listed: bool = True
    account: WhatsAppAccount | None = None


def tariffs_for(channels: Iterable[Channel], *, currency: str, category: str) -> dict[int, Tariff]:
    """By channel id; without those that cost nothing. Where no price list was ever loaded, nothing does."""
    billed = {channel.pk: channel for channel in channels if channel.kind in BILLED}
    if not billed:
        return {}
    prices = prices_at(timezone.now(), currency=currency, category=category)
    if not prices and bills(currency) is None:
        return {}
    listed = bool(prices) or bool(bills(currency))
    accounts = WhatsAppAccount.objects.filter(payer=Payer.META).in_bulk(
        {channel.whatsapp_account_id for channel in billed.values() if channel.whatsapp_account_id}
    )
    ours = Tariff(category, currency, prices, listed)
    return {
        pk: Tariff(category, currency, {EVERYWHERE: 0} | prices, account=account)
        if (account := accounts.get(channel.whatsapp_account_id or 0))
        else ours
        for pk, channel in billed.items()
    }

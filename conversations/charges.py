"""What a message outside campaigns costs on WhatsApp: held when it is written, settled by the provider's reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from billing.errors import InsufficientCredit, NoPrice, NoPriceList
from billing.ledger import available
from billing.parts import after_report
from billing.prices import SERVICE, Frozen, PriceBook, may_differ, price_in
from billing.services import End, Settlement, entry_ids, reserve, settle_all
from channels.adapters.base import Delivery, StatusChange
from channels.direct import (
    BudgetExceeded,
    DirectSettlement,
    budget_left,
    hold_direct,
    month_of,
    settle_direct,
)
from channels.free import count_free
from channels.models import Channel, WhatsAppAccount
from channels.tariffs import ALIKE, tariffs_for
from channels.webhooks.afterwards import at_the_end, last
from conversations.models import Contact, Message, MessageStatus
from templates_app.models import Template
from tenants.errors import DomainError
from tenants.models import Tenant

CHARGED = ["charge", "entry"]  # the fields that settling changes


@dataclass(frozen=True)
class Price:
    """Of one message: millionths. `account` pays Meta itself; None where our credit pays."""

    category: str
    currency: str
    amount: int
    account: WhatsAppAccount | None


def category_of(template: Template | None) -> str:
    """Of the price list: a template's own, "service" for whatever is none."""
    return template.category.lower() if template else SERVICE


def price_of(channel: Channel, contact: Contact, category: str = SERVICE) -> Price | None:
    """What a message to them would cost now; None where nothing does. Raises NoPriceList, NoPrice."""
    currency = channel.tenant.currency
    tariff = tariffs_for([channel], currency=currency, category=category).get(channel.pk)
    if tariff is None:
        return None
    if not tariff.listed:
        raise NoPriceList(currency)
    amount = price_in(tariff.prices, contact.market)
    if amount is None:
        raise NoPrice
    return Price(category, currency, amount, tariff.account) if amount else None


def obstacle(channel: Channel, contact: Contact, category: str = SERVICE) -> DomainError | None:
    """Why no message can be paid for now; None where it can."""
    try:
        price = price_of(channel, contact, category)
    except (NoPriceList, NoPrice) as error:
        return error
    if price is None:
        return None
    if price.account is None:
        lacking = price.amount - available(price.currency)
        return InsufficientCredit(lacking, price.currency) if lacking > 0 else None
    left = budget_left(price.account)
    if left is None or left >= price.amount:
        return None
    return BudgetExceeded(price.account.name, price.amount - left, price.currency)


@transaction.atomic
def hold_for(message: Message, channel: Channel, contact: Contact, category: str = SERVICE) -> None:
    """Hold back what the message, just written, can cost, and note it there. Raises NoPriceList, NoPrice,
    InsufficientCredit, BudgetExceeded; then nothing is held and it must not be sent."""
    price = price_of(channel, contact, category)
    if price is None:
        return
    subject = subject_of(message.at)
    if price.account is None:
        reserve(
            channel.tenant,
            key=f"reserve:message:{message.pk}",
            subject=subject,
            amount=price.amount,
            currency=price.currency,
        )
    else:
        hold_direct(subject, {price.account.pk: price.amount}, price.currency)
    message.price, message.category, message.direct = price.amount, category, price.account is not None
    message.save(update_fields=["price", "category", "direct"])


def subject_of(at: datetime) -> str:
    """What the entries of a day's messages are about (UTC)."""
    return f"replies:{at.astimezone(UTC):%Y-%m-%d}"


def note_report(message: Message, event: StatusChange) -> list[tuple[End, int]]:
    """Take up what a report says of the price held for the message in hand; returns what is to be booked."""
    failed = message.status == MessageStatus.FAILED
    step = after_report(
        message.charge,
        message.price,
        failed=failed and event.status is Delivery.FAILED,
        billable=None if failed else event.billable,
        price=_reported_price(message, event),
    )
    message.charge = step.charge
    if step.free and event.pricing_category == SERVICE:
        count_free([(message.tenant_id, message.conversation.channel_id, month_of(event.at))])
    return list(step.ends)


def settle_messages(tenant: Tenant, ended: Iterable[tuple[Message, End, int]]) -> None:
    """Book what became of the messages' prices, and note the entries on them (not saved). One entry for each day and
    end; while webhooks are absorbed at the end of the batch."""
    ended = list(ended)
    sums: dict[tuple[str, End], int] = {}
    direct = []
    for message, end, amount in ended:
        subject = subject_of(message.at)
        if message.direct:
            direct.append(DirectSettlement(tenant.pk, message.conversation.channel_id, subject, end, amount))
        else:
            sums[subject, end] = sums.get((subject, end), 0) + amount
    ids = dict(zip(sums, entry_ids(len(sums)), strict=True)) if sums else {}
    for message, end, _amount in ended:
        message.entry = ids.get((subject_of(message.at), end), 0)
    at_the_end(_settle, [Settlement(tenant.pk, *key, amount, ids[key]) for key, amount in sums.items()])
    at_the_end(_settle_direct, direct)


@transaction.atomic
def give_back(message: Message) -> None:
    """It did not leave, and will not: what is still held for it goes back, once."""
    if not message.price:
        return
    held = Message.objects.select_for_update(of=("self",)).select_related("conversation")
    row = held.filter(pk=message.pk, charge__isnull=True).first()
    if row is None:
        return
    row.charge = 0
    settle_messages(row.tenant, [(row, End.RELEASED, row.price)])
    row.save(update_fields=CHARGED)


@last
def _settle(settlements: list[Settlement]) -> None:
    settle_all(settlements)


@last
def _settle_direct(settlements: list[DirectSettlement]) -> None:
    settle_direct(settlements)


def _reported_price(message: Message, event: StatusChange) -> int | None:
    """What the report bills, where it is another price than was held."""
    if not message.price or not event.billable:
        return None
    frozen = Frozen.at(message.category, message.conversation.channel.tenant.currency, message.at)
    category = ALIKE.get(event.pricing_category, event.pricing_category) or message.category
    if not may_differ(frozen, category, event.at):
        return None
    return PriceBook().reported(frozen, category, event.at, message.contact.market)

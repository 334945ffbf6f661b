"""Meta's bill, as the sandbox keeps it from what it delivered, beside what we booked from its reports."""

import time
from datetime import UTC, timedelta

import pytest
from django.utils import timezone

from billing.models import Price
from billing.topups import confirm, start_top_up
from campaigns import bill as bills
from campaigns import doors
from campaigns.engine.settle import settle
from campaigns.models import BillLine, MetaBill, Recipient
from channels.adapters.base import Delivery, StatusChange
from channels.signals import Received
from channels.webhooks.afterwards import batch
from tests.sandbox.conftest import WHATSAPP
from workspace.credit.bill import agrees

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = 11_300  # of a utility template to Taiwan, in the sandbox's rate card too


@pytest.fixture
def delivered(selling, owner):
    """A template that three people got, as the sandbox sees it; nobody has told us yet."""
    shop = selling.shop
    shop.whatsapp.display_address = WHATSAPP["display_phone_number"]
    shop.whatsapp.save()
    Price.objects.create(
        currency="USD",
        market="TW",
        category="utility",
        amount=PRICE,
        valid_from=timezone.now() - timedelta(days=9),
    )
    top_up = start_top_up(owner, amount=10_000_000, currency="USD")
    confirm(top_up, payment="pi_1", total=1000, currency="USD")
    shop.chats(shop.whatsapp, 3)
    campaign = shop.send(selling.launch())
    deadline = time.monotonic() + 20
    while {row["state"] for row in shop.providers.get("/_sandbox/journal").json()["results"]} - {
        "delivered",
        "read",
    }:
        assert time.monotonic() < deadline, "the sandbox did not deliver"
    return campaign


@pytest.fixture
def hear(selling):
    """`hear(2)`: the reports of so many people reach us."""

    def tell(count):
        rows = Recipient.objects.order_by("pk")[:count]
        reports = [
            Received(
                selling.shop.whatsapp,
                StatusChange(
                    account_id=selling.shop.whatsapp.account_id,
                    event_id=f"s{row.pk}",
                    at=timezone.now(),
                    raw={},
                    provider_id=row.provider_ids[0],
                    status=Delivery.DELIVERED,
                    opaque_id=f"{row.pk}.0.0",
                    recipient=row.address,
                    billable=True,
                    pricing_category="utility",
                ),
            )
            for row in rows
        ]
        with batch():
            settle(selling.shop.tenant, reports)

    return tell


@pytest.fixture
def compare(selling):
    def run():
        doors.watch_new_bills()
        MetaBill.objects.update(due_at=timezone.now())
        assert bills.compare_due() == 1
        return list(BillLine.objects.select_related("bill"))

    return run


def test_what_was_heard_of_agrees_to_the_millionth(delivered, hear, compare):
    hear(3)
    (line,) = compare()
    assert (line.meta_volume, line.meta_cost) == (3, 3 * PRICE)
    assert (line.our_volume, line.our_amount) == (3, 3 * PRICE)
    assert (line.country, line.category, line.day) == ("TW", "utility", timezone.now().astimezone(UTC).date())
    assert agrees(line, "USD")
    assert line.bill.currency == "USD"


@pytest.mark.requirement("B-27")
def test_what_was_not_heard_of_differs_and_is_mended_by_the_next_comparison(delivered, hear, compare):
    hear(2)
    (line,) = compare()
    assert (line.meta_volume, line.our_volume, agrees(line, "USD")) == (3, 2, False)
    found = bills.behind(line, 10)
    assert [one.amount for one in found] == [PRICE, PRICE]
    assert {one.recipient for one in found} < set(Recipient.objects.values_list("pk", flat=True))
    hear(3)
    (line,) = compare()
    assert agrees(line, "USD")
    assert bills.compare_due() == 0


def test_what_meta_bills_without_us_stands_there_too(delivered, compare):
    (line,) = compare()
    assert (line.meta_volume, line.our_volume, line.our_amount) == (3, 0, 0)
    assert bills.behind(line, 10) == []


def test_where_meta_does_not_answer_the_last_answer_stands(delivered, selling, hear, compare, settings):
    hear(3)
    compare()
    settings.PROVIDER_URLS = {"graph": "http://127.0.0.1:9"}
    MetaBill.objects.update(due_at=timezone.now())
    assert bills.compare_due() == 0
    bill = MetaBill.objects.get(account=selling.account)
    assert (bill.error, bill.lines.count()) == ("connection_failed", 1)
    assert bill.due_at < timezone.now() + timedelta(hours=2)

"""What open pages are told while a broadcast moves: its own page, the lists it stands in, the page of the credit."""

import json
import time

import pytest
import redis
from django.conf import settings

from billing.topups import confirm, start_top_up
from tenants.live import live_prefix, tenant_name
from tests.campaigns.test_charges import BILLED, DELIVERED, PAID, PRICE, SENT, listed, people, report, tell

pytestmark = pytest.mark.django_db(transaction=True)
LIMIT_S = 20


@pytest.fixture
def heard(shop):
    """`heard("campaigns")`: waits until each of these topics has been told since it was last asked."""
    with redis.Redis.from_url(settings.LIVE_REDIS_URL) as client, client.pubsub() as ears:
        ears.subscribe(live_prefix() + tenant_name(shop.tenant.pk))
        assert ears.get_message(timeout=LIMIT_S)["type"] == "subscribe"

        def wait(*topics):
            missing, deadline = set(topics), time.monotonic() + LIMIT_S
            while missing:
                assert time.monotonic() < deadline, missing
                if message := ears.get_message(ignore_subscribe_messages=True, timeout=1):
                    missing.discard(json.loads(message["data"])["topic"])
            while ears.get_message(timeout=0.0):
                pass  # what else was told by now

        yield wait


def test_every_step_is_told_to_the_campaigns_page_the_lists_and_the_credit(shop, owner, heard):
    listed(TW=PRICE)
    confirm(start_top_up(owner, amount=PAID, currency="USD"), payment="pi_1", total=1000, currency="USD")
    heard("credit")
    shop.chats(shop.whatsapp, 1)
    campaign = shop.launch("Hello")
    page = f"campaign-{campaign.number}"
    heard(page, "campaigns", "credit")  # prepared, and the price put on hold
    shop.send(campaign)
    heard(page, "campaigns")
    (person,) = people(campaign)
    tell(shop, report(shop, person, SENT, **BILLED))
    heard("credit")
    tell(shop, report(shop, person, DELIVERED, minutes=1, **BILLED))
    heard(page, "campaigns")

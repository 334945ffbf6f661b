"""Many launches in one moment against credit for a few: as it covers start, the others are told the shortfall."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from billing.errors import InsufficientCredit
from billing.models import Price, Reservation, Wallet
from billing.reconcile import ledger_differences
from billing.topups import confirm, start_top_up
from campaigns.engine.prepare import prepare_campaigns
from campaigns.models import Campaign, Status
from campaigns.reconcile import campaign_differences
from campaigns.services import create_campaign, send_campaign
from tenants.scopes import tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)
PRICE, COVERED, LAUNCHES = 1_000_000, 10, 40


@pytest.mark.requirement("D-12", "B-4")
def test_forty_launches_at_once_against_credit_for_ten(shop, owner):
    """Each thread is a member's click and the worker that prepares it: all have looked at the credit before any took
    of it."""
    Price.objects.create(
        currency="USD",
        market="TW",
        category="service",
        amount=PRICE,
        valid_from=timezone.now() - timedelta(days=9),
    )
    top_up = start_top_up(owner, amount=COVERED * PRICE, currency="USD")
    confirm(top_up, payment="pi_1", total=COVERED * 100, currency="USD")
    chats = shop.chats(shop.whatsapp, 1)
    drafts = [
        create_campaign(shop.sales, shop.draft("Hello", chats=chats), keep_as_draft=True)
        for _ in range(LAUNCHES)
    ]
    together = Barrier(LAUNCHES, timeout=60)

    def launch(draft):
        try:
            with tenant_scope(shop.tenant):
                together.wait()
                send_campaign(draft, shop.sales)
                together.wait()
                prepare_campaigns()
        finally:
            connection.close()

    with ThreadPoolExecutor(LAUNCHES) as threads:
        list(threads.map(launch, drafts))
    found = Campaign.objects.all()
    assert found.filter(status=Status.RUNNING).count() == COVERED
    told = [(one.reason, one.shortfall) for one in found.filter(status=Status.REFUSED)]
    assert told == [(InsufficientCredit.code, PRICE)] * (LAUNCHES - COVERED)
    assert found.filter(status=Status.PREPARING).count() == 0
    assert (Wallet.objects.get().available, Reservation.objects.count()) == (0, COVERED)
    assert ledger_differences() + campaign_differences(everything=True) == []

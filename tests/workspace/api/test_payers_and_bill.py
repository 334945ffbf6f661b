"""Who pays Meta, and Meta's bill beside our books, for other programs."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from django.utils import timezone

from campaigns.models import BillLine, MetaBill
from channels.direct import hold_direct
from channels.models import WhatsAppAccount
from tenants.models import AuditEntry
from tenants.scopes import tenant_scope
from tests.factories import ChannelFactory, ConversationFactory, MessageFactory, WhatsAppAccountFactory
from tests.workspace.api.conftest import assert_problem

pytestmark = pytest.mark.django_db
UNIT = 1_000_000


@pytest.fixture
def account(tenant):
    with tenant_scope(tenant):
        return WhatsAppAccountFactory(name="Shop HK")


@pytest.fixture
def line(tenant, account):
    """Yesterday's, with one message that we booked."""
    day = timezone.now().astimezone(UTC) - timedelta(days=1)
    with tenant_scope(tenant):
        channel = ChannelFactory(kind="whatsapp", whatsapp_account=account)
        conversation = ConversationFactory(channel=channel)
        conversation.contact.market = "TW"
        conversation.contact.save()
        MessageFactory(
            conversation=conversation,
            direction="out",
            status="delivered",
            price=700,
            charge=700,
            at=day,
            category="service",
        )
        bill = MetaBill.objects.create(tenant=tenant, account=account, currency="USD", compared_at=day)
        return BillLine.objects.create(
            tenant=tenant,
            bill=bill,
            channel=channel,
            day=day.date(),
            country="TW",
            category="service",
            meta_volume=2,
            meta_cost=1400,
            our_volume=1,
            our_amount=700,
        )


@pytest.mark.requirement("D-16")
def test_the_owner_chooses_who_pays_and_within_which_budget(api, owner, manager, tenant, account):
    path = f"payers/{account.pk}"
    assert api(owner).patch(path, {"payer": "meta", "monthly_budget": 50 * UNIT}).status_code == 200
    with tenant_scope(tenant):
        hold_direct("campaign:7", {account.pk: 12 * UNIT}, "USD")
        noted = AuditEntry.objects.get(action="whatsapp_account.payer").details
    assert noted == {"payer": "meta", "monthly_budget": 50 * UNIT}
    changed = api(owner).patch(path, {"monthly_budget": 60 * UNIT}).json()
    assert changed == {
        "id": account.pk,
        "name": "Shop HK",
        "payer": "meta",
        "monthly_budget": 60 * UNIT,
        "used_this_month": 12 * UNIT,
        "currency": "USD",
    }
    assert api(manager).get(path).json() == changed
    assert api(manager).get("payers").json()["results"] == [changed]
    assert api(owner).patch(path, {"payer": "credit"}).json()["monthly_budget"] is None


@pytest.mark.parametrize("wrong", [{"payer": "nobody"}, {"monthly_budget": -1}, {"monthly_budget": "much"}])
def test_what_cannot_be_is_refused_and_nothing_changes(api, owner, tenant, account, wrong):
    assert_problem(api(owner).patch(f"payers/{account.pk}", wrong), 400, "invalid")
    with tenant_scope(tenant):
        assert WhatsAppAccount.objects.get(pk=account.pk).payer == "credit"


@pytest.mark.parametrize("role", ["admin", "manager", "sales"])
def test_nobody_but_the_owner_chooses(api, request, tenant, account, role):
    answer = api(request.getfixturevalue(role)).patch(f"payers/{account.pk}", {"payer": "meta"})
    assert_problem(answer, 403, "not_allowed")
    with tenant_scope(tenant):
        assert WhatsAppAccount.objects.get(pk=account.pk).payer == "credit"


@pytest.mark.requirement("B-27")
def test_metas_bill_stands_beside_our_books_and_leads_to_the_messages(api, manager, tenant, line):
    (found,) = api(manager).get(f"bill?month={line.day:%Y-%m}").json()["results"]
    assert (found["meta_messages"], found["meta_cost"], found["our_messages"], found["our_amount"]) == (
        2,
        1400,
        1,
        700,
    )
    assert (found["agrees"], found["final"], found["category"]) == (False, True, "service")
    detail = api(manager).get(f"bill/{line.pk}").json()
    (message,) = detail.pop("messages")
    assert detail == found
    assert (message["recipient"], message["amount"]) == (None, 700)
    assert api(manager).get("bill?month=2020-01").json()["results"] == []
    assert_problem(api(manager).get("bill?month=2020-13"), 400, "invalid")


def test_whoever_manages_channels_has_it_compared_at_once(api, admin, manager, tenant, line):
    with tenant_scope(tenant):
        MetaBill.objects.update(due_at=timezone.now() + timedelta(hours=9))
    assert_problem(api(manager).post("bill/compare", {}), 403, "not_allowed")
    assert api(admin).post("bill/compare", {}).status_code == 204
    with tenant_scope(tenant):
        assert MetaBill.objects.get().due_at <= timezone.now()

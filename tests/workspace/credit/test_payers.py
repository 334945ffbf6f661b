"""Who pays Meta: seen by those who see the credit, chosen by owners."""

import pytest

from channels.direct import hold_direct
from channels.models import WhatsAppAccount
from tenants.models import AuditEntry
from tenants.scopes import tenant_scope
from tests.factories import WhatsAppAccountFactory

pytestmark = pytest.mark.django_db
UNIT = 1_000_000


@pytest.fixture
def account(tenant):
    with tenant_scope(tenant):
        yield WhatsAppAccountFactory(name="Shop HK")


@pytest.mark.requirement("D-16")
def test_an_owner_lets_meta_bill_an_account_within_a_budget(client, owner, manager, tenant, account):
    client.force_login(owner.user)
    page = f"/credit/payers/{account.pk}/"
    assert client.post(page, {"payer": "meta", "monthly_budget": "1,000.50"}).url == "/credit/payers/"
    account.refresh_from_db()
    assert (account.payer, account.monthly_budget) == ("meta", 1_000_500_000)
    assert AuditEntry.objects.get(action="whatsapp_account.payer").details["monthly_budget"] == 1_000_500_000
    hold_direct("campaign:7", {account.pk: 12 * UNIT}, "USD")
    client.force_login(manager.user)
    shown = client.get("/credit/payers/").content.decode()
    assert "12.00 USD of 1,000.50 USD this month" in shown
    assert page not in shown
    assert client.get(page).status_code == 403


@pytest.mark.parametrize(
    "given",
    [
        {"payer": "nobody"},
        {"payer": "meta", "monthly_budget": "much"},
        {"payer": "meta", "monthly_budget": "-1"},
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(client, owner, account, given):
    client.force_login(owner.user)
    assert client.post(f"/credit/payers/{account.pk}/", given).status_code == 422
    account.refresh_from_db()
    assert (account.payer, account.monthly_budget) == ("credit", None)


def test_back_to_our_credit_forgets_the_budget(client, owner, account):
    WhatsAppAccount.objects.update(payer="meta", monthly_budget=UNIT)
    client.force_login(owner.user)
    client.post(f"/credit/payers/{account.pk}/", {"payer": "credit", "monthly_budget": "5"})
    account.refresh_from_db()
    assert (account.payer, account.monthly_budget) == ("credit", None)


def test_without_an_account_the_page_says_so(client, owner):
    client.force_login(owner.user)
    assert "No WhatsApp account is connected yet" in client.get("/credit/payers/").content.decode()

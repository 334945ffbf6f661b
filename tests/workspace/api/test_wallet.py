"""The credit over the API, with the sandbox as the payment provider."""

from __future__ import annotations

import pytest

from billing.models import TopUp, Wallet
from billing.money import minor_units
from billing.recharge import set_recharge
from billing.topups import confirm, start_top_up
from tenants.scopes import tenant_scope
from tests.workspace.api.conftest import assert_problem

pytestmark = pytest.mark.django_db
UNIT = 1_000_000


@pytest.fixture
def credit(tenant, owner):
    with tenant_scope(tenant):
        top_up = start_top_up(owner, amount=20 * UNIT, currency="USD")
        confirm(top_up, payment="pi_1", total=minor_units(20 * UNIT, "USD"), currency="USD")


def test_the_balance_and_its_movements(api, manager, credit):
    assert api(manager).get("wallet").json() == {
        "currency": "USD",
        "available": 20 * UNIT,
        "reserved": 0,
        "spent": 0,
        "owed": 0,
    }
    (entry,) = api(manager).get("wallet/entries").json()["results"]
    assert (entry["subject"], entry["amount"]) == ("top_up:1", 20 * UNIT)
    assert (entry["moved_from"], entry["moved_to"]) == ("top_ups", "available")


def test_the_statement_of_a_month(api, manager, credit):
    found = api(manager).get("wallet/statement").json()
    assert (found["opening"], found["paid_in"], found["closing"]) == (0, 20 * UNIT, 20 * UNIT)
    assert api(manager).get(f"wallet/statement?month={found['month']}").json() == found
    for wrong in ("", "2026-13", "2026-11%0A", "%202026-11", "20٢٦-11"):
        assert_problem(api(manager).get(f"wallet/statement?month={wrong}"), 400, "invalid")


def test_salespeople_do_not_see_it(api, sales, credit):
    assert_problem(api(sales).get("wallet"), 403, "not_allowed")
    assert_problem(api(sales).get("wallet/entries"), 403, "not_allowed")
    assert_problem(api(sales).get("wallet/statement"), 403, "not_allowed")


@pytest.mark.requirement("S0-9")
@pytest.mark.parametrize("role", ["admin", "manager", "sales"])
def test_only_the_owner_tops_up(api, role, request, tenant):
    answer = api(request.getfixturevalue(role)).post(
        "wallet/top-ups", {"amount": 20 * UNIT, "currency": "USD"}
    )
    assert_problem(answer, 403, "not_allowed")
    with tenant_scope(tenant):
        assert not TopUp.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"amount": 0, "currency": "USD"},
        {"amount": -5, "currency": "USD"},
        {"amount": "much", "currency": "USD"},
        {"amount": 10**30, "currency": "USD"},
        {"amount": 20.5, "currency": "USD"},
    ],
)
def test_what_is_no_amount_is_refused(api, owner, tenant, body):
    assert_problem(api(owner).post("wallet/top-ups", body), 400, "invalid")
    with tenant_scope(tenant):
        assert not TopUp.objects.exists()


@pytest.mark.parametrize("body", [{"amount": 20 * UNIT, "currency": "TWD"}, {"amount": 1, "currency": "USD"}])
def test_what_the_team_cannot_pay_is_refused(api, owner, body):
    assert_problem(api(owner).post("wallet/top-ups", body), 400, "invalid_amount")


def test_without_a_payment_provider_it_says_so(api, owner, tenant, settings):
    settings.STRIPE_SECRET_KEY = ""
    answer = api(owner).post("wallet/top-ups", {"amount": 20 * UNIT, "currency": "USD"})
    assert_problem(answer, 409, "payments_off")
    with tenant_scope(tenant):
        assert not Wallet.objects.exists()


def test_a_provider_that_does_not_answer_charges_nothing(api, owner, settings):
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_URL = "sk_test", "http://127.0.0.1:9"
    answer = api(owner).post("wallet/top-ups", {"amount": 20 * UNIT, "currency": "USD"})
    assert_problem(answer, 503, "payment_unavailable")


def test_the_alert_is_the_owners(api, owner, manager):
    assert_problem(api(manager).patch("wallet/alert", {"level": 5 * UNIT}), 403, "not_allowed")
    assert api(owner).patch("wallet/alert", {"level": 5 * UNIT}).json() == {
        "level": 5 * UNIT,
        "currency": "USD",
    }
    assert api(manager).get("wallet/alert").json()["level"] == 5 * UNIT
    assert_problem(api(owner).patch("wallet/alert", {"level": 0}), 400, "invalid")
    assert api(owner).patch("wallet/alert", {"level": None}).json()["level"] is None


def test_the_automatic_recharge_is_seen_and_can_be_switched_off(api, owner, manager, tenant):
    assert_problem(api(manager).get("wallet/recharge"), 404, "not_found")
    with tenant_scope(tenant):
        set_recharge(owner, below=10 * UNIT, amount=50 * UNIT, ceiling=100 * UNIT)
    found = api(manager).get("wallet/recharge").json()
    assert (found["active"], found["amount"], found["charged_this_month"]) == (False, 50 * UNIT, 0)
    assert_problem(api(manager).delete("wallet/recharge"), 403, "not_allowed")
    assert api(owner).delete("wallet/recharge").status_code == 204

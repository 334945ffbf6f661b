"""For how many days taps and answers count for a broadcast is the team's choice."""

import pytest
from django.urls import reverse

from tenants.models import AuditEntry
from tenants.scopes import tenant_scope

pytestmark = pytest.mark.django_db
TEAM = {
    "name": "Wing On",
    "time_zone": "Asia/Taipei",
    "country": "TW",
    "language": "en",
    "official_sites": "",
}


@pytest.fixture
def post(client, admin):
    def go(days, **headers):
        client.force_login(admin.user)
        return client.post(reverse("tenants:team_settings"), TEAM | {"attribution_days": days}, **headers)

    return go


def test_it_is_chosen_where_the_team_is_set_up_and_stands_on_record(post, tenant):
    assert tenant.attribution_days == 7
    assert post(14).status_code == 302
    tenant.refresh_from_db()
    assert tenant.attribution_days == 14
    with tenant_scope(tenant):
        entry = AuditEntry.objects.get(action="tenant.changed")
    assert (entry.details["before"]["attribution_days"], entry.details["after"]["attribution_days"]) == (
        7,
        14,
    )


@pytest.mark.parametrize("days", ["0", "31", "a week", ""])
def test_nonsense_changes_nothing(post, tenant, days):
    page = post(days)
    assert page.status_code == 200
    assert page.context["form"].errors.keys() == {"attribution_days"}
    tenant.refresh_from_db()
    assert tenant.attribution_days == 7

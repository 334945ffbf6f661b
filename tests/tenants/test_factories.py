"""Every factory makes a valid row of the scope it is used in."""

from __future__ import annotations

import pytest

from tenants.models import Member
from tenants.scopes import TenantModel, tenant_scope
from tests import factories

FACTORIES = [
    value
    for value in vars(factories).values()
    if isinstance(value, type)
    and issubclass(value, factories.DjangoModelFactory)
    and not value._meta.abstract
    and value._meta.model is not None
]


@pytest.mark.parametrize("factory", FACTORIES, ids=lambda factory: factory.__name__)
def test_a_factory_makes_a_valid_row(factory, tenant):
    with tenant_scope(tenant):
        row = factory()
        row.refresh_from_db()
        for field in row._meta.fields:
            related = getattr(row, field.name) if field.is_relation else None
            if isinstance(related, TenantModel):
                assert related.tenant_id == row.tenant_id


def test_a_whatsapp_number_comes_with_account_and_app(tenant):
    with tenant_scope(tenant):
        channel = factories.ChannelFactory(kind="whatsapp")
    assert channel.whatsapp_account.tenant == tenant
    assert channel.meta_app.tenant == tenant


def test_the_people_of_the_fixtures_hold_one_role_each(tenant, owner, admin, manager, sales):
    with tenant_scope(tenant):
        roles = list(Member.objects.order_by("pk").values_list("roles", flat=True))
    assert roles == [["owner"], ["admin"], ["sales_manager"], ["salesperson"]]

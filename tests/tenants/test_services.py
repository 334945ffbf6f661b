"""Teams, members and their roles."""

from __future__ import annotations

import pytest

from tenants import services
from tenants.errors import Invalid, LastOwner, NotAllowed
from tenants.models import ApiToken, AuditEntry, Member, Tenant, User
from tenants.roles import Role
from tenants.scopes import tenant_scope
from tenants.tokens import create_api_token
from tests.factories import MemberFactory, UserFactory


@pytest.fixture
def at_work(tenant):
    with tenant_scope(tenant):
        yield


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_a_new_team_has_an_owner_and_a_record(db):
    owner = UserFactory(name="Olivia")
    tenant = services.create_tenant(name="Shop", slug="shop", owner=owner)
    with tenant_scope(tenant):
        member = Member.objects.get()
        assert (member.user, member.roles, member.name) == (owner, ["owner"], "Olivia")
        assert actions() == ["tenant.created"]
    with pytest.raises(Invalid):
        services.create_tenant(name="Again", slug="shop", owner=owner)
    assert Tenant.objects.count() == 1


@pytest.mark.usefixtures("at_work")
def test_a_stranger_becomes_a_member_without_a_password(admin):
    member = services.add_member("Mei@Shop.test", name="Mei", roles=["salesperson"], by=admin)
    assert member.user.email == "mei@shop.test"
    assert not member.user.has_usable_password()
    assert actions() == ["member.added"]


@pytest.mark.usefixtures("at_work")
def test_a_person_of_another_team_keeps_their_account(admin, other_tenant):
    with tenant_scope(other_tenant):
        person = MemberFactory().user
    assert services.add_member(person.email, name="Mei", roles=["salesperson"], by=admin).user == person


@pytest.mark.usefixtures("at_work")
def test_nobody_is_in_a_team_twice(admin, sales):
    with pytest.raises(Invalid):
        services.add_member(sales.user.email, name="Sam", roles=["admin"], by=admin)


@pytest.mark.usefixtures("at_work")
@pytest.mark.parametrize("roles", [[], ["root"], ["salesperson", "root"]])
def test_roles_must_be_known_and_at_least_one(admin, sales, roles):
    with pytest.raises(Invalid):
        services.change_roles(sales, roles, by=admin)
    sales.refresh_from_db()
    assert sales.roles == ["salesperson"]


@pytest.mark.usefixtures("at_work")
def test_changing_roles_ends_sessions_and_tokens_and_is_recorded(admin, sales, sign_in):
    client = sign_in(sales)
    assert client.get("/settings/profile").status_code == 200
    token, _secret = create_api_token(sales, name="x")
    services.change_roles(sales, ["sales_manager", "salesperson"], by=admin)
    assert client.get("/settings/profile").status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is not None
    entry = AuditEntry.objects.get(action="member.roles_changed")
    assert entry.details == {"before": ["salesperson"], "after": ["sales_manager", "salesperson"]}


@pytest.mark.usefixtures("at_work")
def test_deactivating_ends_sessions_and_keeps_the_row(admin, sales, sign_in):
    client = sign_in(sales)
    services.deactivate(sales, by=admin)
    assert client.get("/settings/profile").status_code == 302
    assert Member.objects.get(pk=sales.pk).active is False
    services.reactivate(sales, by=admin)
    assert Member.objects.get(pk=sales.pk).active is True
    assert actions() == ["member.deactivated", "member.reactivated"]


@pytest.mark.usefixtures("at_work")
def test_only_owners_make_and_unmake_owners(owner, admin, sales):
    for act in (
        lambda: services.change_roles(sales, [Role.OWNER.value], by=admin),
        lambda: services.change_roles(owner, ["salesperson"], by=admin),
        lambda: services.deactivate(owner, by=admin),
        lambda: services.add_member("x@y.test", name="X", roles=["owner"], by=admin),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert not User.objects.filter(email="x@y.test").exists()
    services.change_roles(sales, [Role.OWNER.value], by=owner)


@pytest.mark.usefixtures("at_work")
def test_a_team_is_never_left_without_an_owner(owner):
    with pytest.raises(LastOwner):
        services.change_roles(owner, ["salesperson"], by=owner)
    with pytest.raises(LastOwner):
        services.deactivate(owner, by=owner)
    owner.refresh_from_db()
    assert owner.active
    assert owner.roles == ["owner"]


@pytest.mark.usefixtures("at_work")
def test_salespeople_manage_nobody(sales, manager):
    with pytest.raises(NotAllowed):
        services.change_roles(manager, ["salesperson"], by=sales)
    with pytest.raises(NotAllowed):
        services.deactivate(manager, by=sales)


@pytest.mark.usefixtures("at_work")
def test_what_the_team_shares_is_checked_and_recorded(tenant, admin):
    new = {"name": "Wing On HK", "time_zone": "Asia/Hong_Kong", "country": "hk", "language": "zh-hant"}
    services.change_tenant(tenant, **new, by=admin)
    tenant.refresh_from_db()
    assert (tenant.country, tenant.zone.key) == ("HK", "Asia/Hong_Kong")
    assert AuditEntry.objects.get().details["before"]["time_zone"] == "Asia/Taipei"
    with pytest.raises(Invalid):
        services.change_tenant(tenant, **{**new, "time_zone": "Mars/Base"}, by=admin)


@pytest.mark.usefixtures("at_work")
def test_profiles_take_known_languages_and_looks_only(sales):
    services.change_profile(sales.user, language="zh-hans", theme="dark")
    with pytest.raises(Invalid):
        services.change_profile(sales.user, language="tlh")
    with pytest.raises(Invalid):
        services.change_profile(sales.user, theme="pink")
    sales.user.refresh_from_db()
    assert (sales.user.language, sales.user.theme, sales.user.name) == ("zh-hans", "dark", "Sam Lau")


@pytest.mark.usefixtures("at_work")
def test_tokens_are_tied_to_their_team(sales, other_tenant):
    create_api_token(sales, name="x")
    with tenant_scope(other_tenant):
        assert not ApiToken.objects.exists()

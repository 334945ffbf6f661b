"""Two teams and their people. Every test enters a scope itself: `with tenant_scope(tenant):`."""

from __future__ import annotations

import pytest

from tenants.models import Member
from tenants.roles import Role
from tenants.scopes import tenant_scope
from tests.factories import MemberFactory, TenantFactory, UserFactory


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Slow hashes protect people, not test rows."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def tenant(db):
    return TenantFactory(name="Wing On", slug="wing-on")


@pytest.fixture
def other_tenant(db):
    return TenantFactory(name="Far East", slug="far-east")


def hire(tenant, role: Role, name: str) -> Member:
    """A member of the tenant with this one role, whose address begins with the role."""
    with tenant_scope(tenant):
        user = UserFactory(email=f"{role.value}@{tenant.slug}.test", name=name)
        return MemberFactory(tenant=tenant, user=user, roles=[role.value])


@pytest.fixture
def owner(tenant):
    return hire(tenant, Role.OWNER, "Olivia Ho")


@pytest.fixture
def admin(tenant):
    return hire(tenant, Role.ADMIN, "Adam Lee")


@pytest.fixture
def manager(tenant):
    return hire(tenant, Role.SALES_MANAGER, "Mandy Kwok")


@pytest.fixture
def sales(tenant):
    return hire(tenant, Role.SALESPERSON, "Sam Lau")


@pytest.fixture
def sign_in(client):
    """Sign the test client in as a member: `sign_in(sales).get("/")`."""

    def as_member(member: Member):
        client.force_login(member.user)
        return client

    return as_member

"""The demo's two teams and who works in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.contrib.auth.hashers import make_password

from tenants.models import Member, Tenant, User
from tenants.plans import Plan
from tenants.roles import Role
from tenants.scopes import tenant_scope

PASSWORD = "demo-only"  # noqa: S105  published on purpose; the command refuses to run when DEBUG is off


@dataclass(frozen=True)
class Person:
    email: str
    name: str
    role: Role


@dataclass(frozen=True)
class Team:
    slug: str
    name: str
    people: tuple[Person, ...]
    sites: tuple[str, ...] = ()  # its own


DEMO = Team(
    "demo",
    "Lumi Select 樂覓選物",
    (
        Person("owner@demo.test", "Owner Demo", Role.OWNER),
        Person("admin@demo.test", "Admin Demo", Role.ADMIN),
        Person("manager@demo.test", "Manager Demo", Role.SALES_MANAGER),
        Person("sales@demo.test", "Sales Demo", Role.SALESPERSON),
        Person("ivy@demo.test", "Ivy Wong 王詠怡", Role.SALESPERSON),
        Person("jason@demo.test", "Jason Lin 林家豪", Role.SALESPERSON),
    ),
    ("example.com",),
)
OTHER = Team(
    "other",
    "Harbour Coffee",
    (
        Person("owner@other.test", "Owner Other", Role.OWNER),
        Person("sales@other.test", "Sales Other", Role.SALESPERSON),
    ),
)


def ensure_team(team: Team) -> tuple[Tenant, dict[str, Member]]:
    """The team with its members by e-mail address. What exists is left as people changed it."""
    tenant, _new = Tenant.objects.get_or_create(
        slug=team.slug,
        defaults={
            "name": team.name,
            "plan": Plan.OMO,
            "time_zone": "Asia/Hong_Kong",
            "official_sites": list(team.sites),
        },
    )
    with tenant_scope(tenant):
        members = {person.email: _ensure_member(tenant, person) for person in team.people}
    return tenant, members


def _ensure_member(tenant: Tenant, person: Person) -> Member:
    user = User.objects.filter(email=person.email).first()
    if user is None:
        user = User.objects.create(email=person.email, name=person.name, password=_password())
    member, _new = Member.objects.get_or_create(
        tenant=tenant, user=user, defaults={"name": person.name, "roles": [person.role.value]}
    )
    return member


@cache
def _password() -> str:
    """Hashed once for all of them: that takes as long as everything else here."""
    return make_password(PASSWORD)

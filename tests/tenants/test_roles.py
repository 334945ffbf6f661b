"""Who may do what, as the requirements say it, not as the table does."""

from __future__ import annotations

import pytest

from tenants.errors import NotAllowed, PlanRequired
from tenants.models import Member
from tenants.plans import Feature, Plan
from tenants.roles import PERMISSIONS, READING, Permission, Role, permissions_of
from tests.factories import TenantFactory


def holders(permission: Permission) -> set[Role]:
    return {role for role in Role if permission in PERMISSIONS[role]}


@pytest.mark.requirement("S1-3", "S1-4", "S2-4")
def test_only_sales_managers_and_salespeople_send_broadcasts():
    assert holders(Permission.SEND_CAMPAIGNS) == {Role.SALES_MANAGER, Role.SALESPERSON}


def test_only_the_owner_tops_up():
    assert holders(Permission.TOP_UP) == {Role.OWNER}


@pytest.mark.requirement("S1-2", "S2-3")
def test_only_the_omo_plan_has_broadcasts(db):
    assert TenantFactory(plan=Plan.OMO).has_feature(Feature.OMO)
    starter = TenantFactory(plan=Plan.STARTER)
    with pytest.raises(PlanRequired):
        starter.require_feature(Feature.OMO)


def test_a_salesperson_sees_own_chats_and_the_others_see_all():
    assert holders(Permission.VIEW_ALL_CONVERSATIONS) == set(Role) - {Role.SALESPERSON}
    assert holders(Permission.SEND_TO_TEAM) == {Role.SALES_MANAGER}


def test_owners_and_admins_see_failures_and_set_the_team_up():
    for permission in (Permission.MANAGE_CHANNELS, Permission.MANAGE_TEMPLATES, Permission.MANAGE_MEMBERS):
        assert holders(permission) == {Role.OWNER, Role.ADMIN}
    assert {Role.OWNER, Role.ADMIN} <= holders(Permission.VIEW_FAILURES)


def test_several_roles_add_up_and_unknown_ones_allow_nothing():
    both = permissions_of(["owner", "salesperson"])
    assert {Permission.TOP_UP, Permission.SEND_CAMPAIGNS} <= both
    assert permissions_of(["root", ""]) == frozenset()


def test_every_permission_is_held_by_some_role_and_read_permissions_change_nothing():
    assert frozenset().union(*PERMISSIONS.values()) == frozenset(Permission)
    assert Permission.VIEW_CONVERSATIONS in READING
    assert not {Permission.REPLY, Permission.SEND_CAMPAIGNS, Permission.TOP_UP} & READING


def test_a_past_member_may_nothing():
    past = Member(roles=["owner"], active=False)
    assert past.permissions == frozenset()
    with pytest.raises(NotAllowed):
        past.require(Permission.VIEW_CONVERSATIONS)


def test_a_limit_only_takes_away():
    member = Member(roles=["salesperson"])
    member.limited_to = frozenset({Permission.VIEW_CONVERSATIONS, Permission.TOP_UP})
    assert member.permissions == {Permission.VIEW_CONVERSATIONS}

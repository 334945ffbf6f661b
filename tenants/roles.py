"""Roles, permissions, and the one table that joins them.

A member holds a set of roles; what they may do is the union. The role-matrix test walks every route
against this table, so a right is given or taken here and nowhere else.
"""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    SALES_MANAGER = "sales_manager"
    SALESPERSON = "salesperson"


ROLE_LABELS = {
    Role.OWNER: _("Owner"),
    Role.ADMIN: _("Administrator"),
    Role.SALES_MANAGER: _("Sales manager"),
    Role.SALESPERSON: _("Salesperson"),
}


class Permission(StrEnum):
    VIEW_CONVERSATIONS = "view_conversations"  # own and unassigned
    VIEW_ALL_CONVERSATIONS = "view_all_conversations"
    REPLY = "reply"
    ASSIGN = "assign"
    VIEW_CAMPAIGNS = "view_campaigns"
    SEND_CAMPAIGNS = "send_campaigns"  # message and template broadcasts (D-4)
    SEND_TO_TEAM = "send_to_team"  # select among the whole tenant's chats (D-5)
    CONTROL_CAMPAIGNS = "control_campaigns"  # pause, resume, cancel others' campaigns
    VIEW_FAILURES = "view_failures"
    VIEW_CREDIT = "view_credit"
    TOP_UP = "top_up"
    VIEW_CHANNELS = "view_channels"
    MANAGE_CHANNELS = "manage_channels"
    VIEW_TEMPLATES = "view_templates"
    MANAGE_TEMPLATES = "manage_templates"
    MANAGE_SAVED_REPLIES = "manage_saved_replies"  # the team's; everybody who replies keeps own ones
    MANAGE_MEMBERS = "manage_members"
    MANAGE_TENANT = "manage_tenant"
    MANAGE_TOKENS = "manage_tokens"
    VIEW_AUDIT = "view_audit"


_EVERYONE = frozenset(
    {
        Permission.VIEW_CONVERSATIONS,
        Permission.REPLY,
        Permission.VIEW_CAMPAIGNS,
        Permission.VIEW_TEMPLATES,
        Permission.MANAGE_TOKENS,
    }
)
_SALES = frozenset({Permission.SEND_CAMPAIGNS})
_LEADS = frozenset(
    {
        Permission.VIEW_ALL_CONVERSATIONS,
        Permission.ASSIGN,
        Permission.VIEW_FAILURES,
        Permission.VIEW_CREDIT,
        Permission.VIEW_CHANNELS,
        Permission.CONTROL_CAMPAIGNS,
        Permission.MANAGE_SAVED_REPLIES,
    }
)
_ADMIN = frozenset(
    {
        Permission.MANAGE_CHANNELS,
        Permission.MANAGE_TEMPLATES,
        Permission.MANAGE_MEMBERS,
        Permission.MANAGE_TENANT,
        Permission.VIEW_AUDIT,
    }
)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: _EVERYONE | _LEADS | _ADMIN | {Permission.TOP_UP},
    Role.ADMIN: _EVERYONE | _LEADS | _ADMIN,
    Role.SALES_MANAGER: _EVERYONE | _LEADS | _SALES | {Permission.SEND_TO_TEAM},
    Role.SALESPERSON: _EVERYONE | _SALES,
}


# What changes nothing: an API token can be limited to these.
READING = frozenset(permission for permission in Permission if permission.value.startswith("view_"))


def permissions_of(roles: list[str]) -> frozenset[Permission]:
    """The union of what the roles allow; unknown role names allow nothing."""
    known = {role.value for role in Role}
    return frozenset().union(*(PERMISSIONS[Role(role)] for role in roles if role in known))

"""The frame's switches and the settings pages."""

from __future__ import annotations

from tenants.views.audit import audit_log
from tenants.views.profile import profile, settings_home
from tenants.views.quiet import quiet_hours
from tenants.views.switches import choose_language, choose_theme, switch
from tenants.views.team import (
    member_add,
    member_deactivate,
    member_detail,
    member_list,
    member_reactivate,
    team_settings,
)
from tenants.views.tokens import token_create, token_list, token_revoke

__all__ = [
    "audit_log",
    "choose_language",
    "choose_theme",
    "member_add",
    "member_deactivate",
    "member_detail",
    "member_list",
    "member_reactivate",
    "profile",
    "quiet_hours",
    "settings_home",
    "switch",
    "team_settings",
    "token_create",
    "token_list",
    "token_revoke",
]

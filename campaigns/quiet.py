"""Whether a campaign may leave by the team's quiet hours, in SQL. Asked at every mark, lease and look for work, so that
nothing has to be changed when they begin or end."""

from __future__ import annotations

from tenants.quiet import QUIET_NOW


def may_leave(tenant: str) -> str:
    """SQL about the campaign in the row `c`. `tenant`: trusted SQL of its tenant's id; as a parameter, one question for
    the whole statement."""
    return f"(c.at_any_hour OR NOT (SELECT {QUIET_NOW} FROM tenants_tenant team WHERE team.id = {tenant}))"  # noqa: S608

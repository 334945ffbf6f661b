"""Teams that rehearse: one stands beside a real team, and what it sends goes to the provider sandbox, never to anybody.

Nothing in the engine knows the word. Three things keep a rehearsal in its place: which teams a process works for
(`served`), that no channel hands out its token to a process that works for others (`require_served`), and that the
tokens and addresses of such a team are worthless anyhow (docs/adr/0026).
"""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from tenants.errors import DomainError
from tenants.models import Member, Tenant
from tenants.roles import Permission
from tenants.scopes import current_tenant, tenant_scope

# What a rehearsal has no use for: it could change or spend something real, or lead somebody new to people's names.
NOT_REHEARSED = frozenset(
    {
        Permission.TOP_UP,
        Permission.MANAGE_CHANNELS,
        Permission.MANAGE_TEMPLATES,
        Permission.MANAGE_MEMBERS,
        Permission.MANAGE_TENANT,
        Permission.MANAGE_TOKENS,
    }
)
REHEARSED = frozenset(Permission) - NOT_REHEARSED


class Teams(StrEnum):
    """For which teams a process works."""

    REAL = "real"  # its providers are real ones
    ALL = "all"  # a stand-in answers for all of them: nothing it sends reaches anybody
    REHEARSING = "rehearsing"  # the worker of rehearsals


class NotServedHere(DomainError):
    """Asked for the token of a channel by a process that does not work for its team."""

    code = "not_served_here"
    status = 409
    message = _("This is a rehearsal: it speaks to no provider. Nothing was sent.")


def stand_in() -> str | None:
    """The one address at which all providers are, where something stands in for them; None where any is a real one:
    those are only ever called by https."""
    origins = {"{0.scheme}://{0.netloc}".format(urlsplit(url)) for url in settings.PROVIDER_URLS.values()}
    return origins.pop() if len(origins) == 1 and next(iter(origins)).startswith("http://") else None


def sandbox_address() -> str | None:
    """Where the sandbox of rehearsals listens; None where this installation has none."""
    return settings.REHEARSAL_URL or stand_in()


def teams_served() -> Teams:
    """For whom this process works."""
    if settings.REHEARSING:
        return Teams.REHEARSING
    return Teams.ALL if stand_in() and not settings.REHEARSAL_URL else Teams.REAL


def served(column: str) -> str:
    """SQL: whether this process works for the team whose id is in `column`."""
    rehearses = f"(SELECT rehearses_id IS NOT NULL FROM tenants_tenant WHERE id = {column})"  # noqa: S608  our own SQL
    conditions = {Teams.ALL: "TRUE", Teams.REHEARSING: rehearses, Teams.REAL: f"NOT {rehearses}"}
    return conditions[teams_served()]


def is_served(tenant: Tenant) -> bool:
    """Whether this process works for the team."""
    teams = teams_served()
    return teams is Teams.ALL or tenant.is_rehearsal == (teams is Teams.REHEARSING)


def require_served(tenant_id: int) -> None:
    """Raises NotServedHere where this process does not work for the team, and LookupError outside the team's scope."""
    tenant = current_tenant()
    if tenant.pk != tenant_id:
        raise LookupError("the channel belongs to another team than the scope")
    if not is_served(tenant):
        raise NotServedHere


def team_for(tenant: Tenant) -> Tenant:
    """The team that rehearses for this one, made on first use, with the same settings and people as it has now. Inside
    the scope of `tenant` and a transaction."""
    shared = {field: getattr(tenant, field) for field in SHARED}
    team, _new = Tenant.objects.update_or_create(
        rehearses=tenant, defaults=shared, create_defaults=shared | {"slug": _free_slug(tenant)}
    )
    people = list(Member.objects.all())
    with tenant_scope(team):
        for member in people:
            keep_in_step(member, team)
    return team


SHARED = (
    "name",
    "plan",
    "time_zone",
    "country",
    "currency",
    "language",
    "quiet_from",
    "quiet_to",
    "quiet_days",
    "official_sites",
    "attribution_days",
)


def _free_slug(tenant: Tenant) -> str:
    slug = f"{tenant.slug[:40]}-rehearsal"
    return f"{slug}-{tenant.pk}" if Tenant.objects.filter(slug=slug).exists() else slug


def follow(member: Member) -> None:
    """Let the member's rights in the rehearsing team, where there is one, be what they are in the real one."""
    team = Tenant.objects.filter(rehearses=member.tenant_id).first()
    if team is not None:
        with tenant_scope(team):
            keep_in_step(member, team)


def keep_in_step(member: Member, team: Tenant) -> None:
    """Make the member of the real team one of `team`, with the same name and rights. Inside the scope of `team`."""
    rights = {"roles": member.roles, "name": member.name, "active": member.active}
    Member.objects.update_or_create(tenant=team, user_id=member.user_id, defaults=rights)

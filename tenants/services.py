"""Teams and people: profiles, members, roles. Each change of rights is audited and ends sessions and tokens."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import time
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import audit, rehearsing
from tenants.errors import Invalid, LastOwner, NotAllowed
from tenants.models import ApiToken, Member, Tenant, User
from tenants.plans import Plan
from tenants.roles import Permission, Role
from tenants.scopes import tenant_scope
from tenants.sites import read_sites

THEMES = {"", "light", "dark"}


def change_profile(
    user: User, *, name: str | None = None, language: str | None = None, theme: str | None = None
) -> None:
    """Change what is given; None leaves it. Raises Invalid for a language or theme we do not have."""
    if language and language not in dict(settings.LANGUAGES):
        raise Invalid
    if theme is not None and theme not in THEMES:
        raise Invalid
    changed = {"name": name, "language": language, "theme": theme}
    fields = [field for field, value in changed.items() if value is not None]
    for field in fields:
        setattr(user, field, changed[field])
    user.save(update_fields=fields)


@transaction.atomic
def create_tenant(*, name: str, slug: str, owner: User, plan: Plan = Plan.STARTER) -> Tenant:
    """A new team with its first owner. Raises Invalid where the slug is taken."""
    if Tenant.objects.filter(slug=slug).exists():
        raise Invalid(_("The short name “%(slug)s” is taken; choose another.") % {"slug": slug})
    tenant = Tenant.objects.create(name=name, slug=slug, plan=plan)
    with tenant_scope(tenant):
        member = Member.objects.create(
            tenant=tenant, user=owner, roles=[Role.OWNER.value], name=owner.name or owner.email
        )
        audit.record(None, "tenant.created", tenant, owner=member.pk, plan=plan.value)
    return tenant


@transaction.atomic
def change_tenant(
    tenant: Tenant,
    *,
    name: str,
    time_zone: str,
    country: str,
    language: str,
    official_sites: Iterable[str] | None = None,
    attribution_days: int | None = None,
    by: Member,
) -> None:
    """Change what the whole team shares; `official_sites` as people write them; None leaves them, and leaves
    `attribution_days`. Raises NotAllowed, or Invalid for an unknown zone or language and for what is no site."""
    by.require(Permission.MANAGE_TENANT)
    if time_zone not in available_timezones() or language not in dict(settings.LANGUAGES):
        raise Invalid
    changed: dict[str, Any] = {
        "name": name,
        "time_zone": time_zone,
        "country": country.upper(),
        "language": language,
    }
    if official_sites is not None:
        changed["official_sites"] = read_sites(official_sites)
    if attribution_days is not None:
        changed["attribution_days"] = attribution_days
    before = {field: getattr(tenant, field) for field in changed}
    for field, value in changed.items():
        setattr(tenant, field, value)
    tenant.save(update_fields=list(changed))
    audit.record(by, "tenant.changed", tenant, before=before, after=changed)


@transaction.atomic
def change_quiet_hours(
    tenant: Tenant, *, days: Collection[int], begins: time, ends: time, by: Member
) -> None:
    """When the team's broadcasts do not leave (`tenants.quiet`); no days, never. Holds at once, for what is being sent
    as well. Raises NotAllowed, or Invalid for days that are none and for hours that leave no time to send in."""
    by.require(Permission.MANAGE_TENANT)
    wanted = replace(tenant.quiet_hours, begins=begins, ends=ends, days=frozenset(days))
    if not wanted.days <= frozenset(range(1, 8)):
        raise Invalid
    if wanted.never_end:
        raise Invalid(
            _("Nothing was changed: no broadcast could ever leave. Leave some time of the week free.")
        )
    fields = ("quiet_days", "quiet_from", "quiet_to")
    before = {field: getattr(tenant, field) for field in fields}
    tenant.quiet_days, tenant.quiet_from, tenant.quiet_to = sorted(wanted.days), begins, ends
    tenant.save(update_fields=fields)
    after = {field: getattr(tenant, field) for field in fields}
    audit.record(by, "tenant.quiet_hours_changed", tenant, before=_plain(before), after=_plain(after))


def _plain(hours: dict[str, Any]) -> dict[str, Any]:
    return {name: f"{value:%H:%M}" if isinstance(value, time) else value for name, value in hours.items()}


@transaction.atomic
def add_member(email: str, *, name: str, roles: Iterable[str], by: Member) -> Member:
    """A person joins the team of `by`, as a new user where the address is unknown (then without a password).

    Raises NotAllowed, Invalid for no or unknown roles or a person who is or was in the team already.
    """
    by.require(Permission.MANAGE_MEMBERS)
    wanted = _checked(roles)
    _require_owner_for(set(wanted), by)
    user = User.objects.filter(email=email.lower()).first() or User.objects.create_user(email, name=name)
    if Member.objects.filter(user=user).exists():
        raise Invalid(_("%(email)s is in this team already; see the list.") % {"email": user.email})
    member = Member.objects.create(tenant_id=by.tenant_id, user=user, name=name, roles=wanted)
    audit.record(by, "member.added", member, roles=wanted)
    return member


@transaction.atomic
def change_roles(member: Member, roles: Iterable[str], *, by: Member) -> None:
    """Give the member exactly these roles. Sessions and API tokens of the member end.

    Raises NotAllowed, Invalid for no or unknown roles, LastOwner where the team would be left without one.
    """
    by.require(Permission.MANAGE_MEMBERS)
    wanted = _checked(roles)
    before = _lock(member).roles
    _require_owner_for(set(before) ^ set(wanted), by)
    if Role.OWNER.value not in wanted:
        _require_another_owner(member)
    member.roles = wanted
    member.save(update_fields=["roles"])
    rehearsing.follow(member)
    end_access(member)
    audit.record(by, "member.roles_changed", member, before=before, after=wanted)


@transaction.atomic
def deactivate(member: Member, *, by: Member) -> None:
    """The member can no longer use the team; their work keeps their name. Raises NotAllowed, LastOwner."""
    by.require(Permission.MANAGE_MEMBERS)
    _require_owner_for(set(_lock(member).roles), by)
    _require_another_owner(member)
    member.active = False
    member.save(update_fields=["active"])
    rehearsing.follow(member)
    end_access(member)
    audit.record(by, "member.deactivated", member)


@transaction.atomic
def reactivate(member: Member, *, by: Member) -> None:
    """A past member works in the team again, with the roles they had. Raises NotAllowed."""
    by.require(Permission.MANAGE_MEMBERS)
    _require_owner_for(set(_lock(member).roles), by)
    member.active = True
    member.save(update_fields=["active"])
    rehearsing.follow(member)
    audit.record(by, "member.reactivated", member, roles=member.roles)


def end_access(member: Member) -> None:
    """End the member's sessions (in every team: a session belongs to the person) and their tokens in this one."""
    User.objects.filter(pk=member.user_id).update(session_generation=F("session_generation") + 1)
    ApiToken.objects.filter(member=member, revoked_at=None).update(revoked_at=timezone.now())


def _checked(roles: Iterable[str]) -> list[str]:
    """The roles in the order of the table, each once."""
    wanted = set(roles)
    known: list[str] = [role.value for role in Role if role.value in wanted]
    if not known or len(known) != len(wanted):
        raise Invalid(_("Choose at least one role."))
    return known


def _lock(member: Member) -> Member:
    """The member as it stands now; changes of rights in one team wait for each other."""
    Tenant.objects.select_for_update().get(pk=member.tenant_id)
    member.refresh_from_db()
    return member


def _require_owner_for(roles: set[str], by: Member) -> None:
    """Only owners make and unmake owners."""
    if Role.OWNER.value in roles and Role.OWNER.value not in by.roles:
        raise NotAllowed(_("Only an owner can change who is an owner. Nothing was changed."))


def _require_another_owner(member: Member) -> None:
    """An owner may go where another one stays."""
    owners = Member.objects.owners()
    if Role.OWNER.value in member.roles and not owners.exclude(pk=member.pk).exists():
        raise LastOwner

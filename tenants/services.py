"""Everything that is changed about teams, members, roles, tokens and profiles; each change of rights is audited."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from tenants import audit
from tenants.errors import Invalid
from tenants.models import Member, Tenant, User
from tenants.plans import Plan
from tenants.roles import Role
from tenants.scopes import tenant_scope

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

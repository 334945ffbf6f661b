"""The tenant scope: every query on a tenant's rows runs inside one, or raises.

Requests enter it after authentication (`tenants.middleware`), tasks and engine code per tenant, tests
explicitly. Code that must look across tenants stands in `tenants.doors` and nowhere else.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.db import models
from django_scopes import get_scope, scope
from django_scopes.manager import DisabledQuerySet

if TYPE_CHECKING:
    from tenants.models import Tenant

M = TypeVar("M", bound=models.Model)


def tenant_scope(tenant: Tenant) -> AbstractContextManager[None]:
    """Queries inside see this tenant's rows only."""
    return cast(AbstractContextManager[None], scope(tenant=tenant))


def current_tenant() -> Tenant:
    """The tenant of the scope we are in. Raises LookupError outside any scope."""
    tenant = get_scope().get("tenant")
    if tenant is None:
        raise LookupError("no tenant scope is active")
    return cast("Tenant", tenant)


class TenantManager(models.Manager[M]):
    """Filters by the active scope's tenant; outside a scope every query raises `django_scopes.ScopeError`."""

    def get_queryset(self) -> models.QuerySet[M]:
        active: dict[str, Any] = get_scope()
        if not active.get("_enabled", True):
            return super().get_queryset()
        if "tenant" not in active:
            closed = DisabledQuerySet(self.model, using=self._db, missing_scopes={"tenant"})
            return cast(models.QuerySet[M], closed)
        return super().get_queryset().filter(tenant=active["tenant"])


class TenantModel(models.Model):
    """A row that belongs to exactly one tenant. Subclasses name their manager:
    `objects = TenantManager.from_queryset(ThingQuerySet)()`."""

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True

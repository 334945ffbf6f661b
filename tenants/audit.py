"""The audit log: rights, money, secrets, exports, sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.models import Model

from tenants.models import AuditEntry, Member

_address: ContextVar[str | None] = ContextVar("audit_address", default=None)


@contextmanager
def coming_from(address: str | None) -> Iterator[None]:
    """Entries written inside carry this network address."""
    token = _address.set(address or None)
    try:
        yield
    finally:
        _address.reset(token)


def record(by: Member | None, action: str, subject: Model, **details: Any) -> None:
    """Write who did what to which row. `details` are plain JSON values, never secrets.

    `by` is None for the operator's commands; then the subject says which tenant.
    """
    AuditEntry.objects.create(
        tenant_id=by.tenant_id if by else getattr(subject, "tenant_id", subject.pk),
        member=by,
        action=action,
        subject_kind=subject._meta.model_name or "",
        subject_id=subject.pk,
        details=details,
        address=_address.get(),
    )

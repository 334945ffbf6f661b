"""The audit log: rights, money, secrets, exports, sends."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from tenants.models import AuditEntry, Member


def record(by: Member, action: str, subject: Model, **details: Any) -> None:
    """Write who did what to which row. `details` are plain JSON values, never secrets."""
    AuditEntry.objects.create(
        tenant_id=by.tenant_id,
        member=by,
        action=action,
        subject_kind=subject._meta.model_name or "",
        subject_id=subject.pk,
        details=details,
    )

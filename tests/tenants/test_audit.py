"""The audit log can be added to and nothing else."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from tenants import audit
from tenants.models import AuditEntry
from tenants.scopes import tenant_scope


@pytest.fixture
def entry(tenant, owner):
    with tenant_scope(tenant), audit.coming_from("203.0.113.7"):
        audit.record(owner, "campaign.launched", owner, people=188)
        yield AuditEntry.objects.get()


def test_an_entry_says_who_what_when_and_from_where(entry, owner):
    assert (entry.member, entry.action, entry.address) == (owner, "campaign.launched", "203.0.113.7")
    assert (entry.subject_kind, entry.subject_id, entry.details) == ("member", owner.pk, {"people": 188})
    assert entry.at


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tenants_auditentry SET action = 'nothing'",
        "DELETE FROM tenants_auditentry",
        "TRUNCATE tenants_auditentry",
    ],
)
def test_nobody_changes_or_removes_an_entry(entry, statement):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    entry.refresh_from_db()
    assert entry.action == "campaign.launched"


def test_outside_a_request_there_is_no_address(tenant, owner):
    with tenant_scope(tenant):
        audit.record(owner, "token.created", owner)
        assert AuditEntry.objects.get().address is None

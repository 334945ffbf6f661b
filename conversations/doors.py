"""Questions asked across tenants, before a scope is entered: each answers with ids only."""

from __future__ import annotations

from django.db import connection


def tenants_with_due_replies() -> list[int]:
    """Tenants for whom a reply waits to be sent, the longest waiting first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT tenant_id FROM conversations_message
               WHERE due_at <= clock_timestamp()
                 AND (leased_until IS NULL OR leased_until < clock_timestamp())
               GROUP BY tenant_id ORDER BY min(due_at)"""
        )
        return [tenant_id for (tenant_id,) in cursor.fetchall()]

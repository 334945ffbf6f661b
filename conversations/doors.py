"""Questions asked across tenants, before a scope is entered: each answers with ids only, the longest waiting first."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from tenants.rehearsing import served


def tenants_with_due_replies() -> list[int]:
    """Tenants for whom a reply waits to be sent."""
    return _tenants_with_due_messages("out")


def tenants_with_due_files() -> list[int]:
    """Tenants for whom a file that a customer sent waits to be fetched."""
    return _tenants_with_due_messages("in")


def tenants_with_due_profiles() -> list[int]:
    """Tenants with contacts whose name waits to be asked for."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT tenant_id FROM conversations_contact k
               WHERE profile_due_at <= clock_timestamp() AND {served("k.tenant_id")}
               GROUP BY tenant_id ORDER BY min(profile_due_at)"""  # noqa: S608  (our own SQL)
        )
        return [tenant_id for (tenant_id,) in cursor.fetchall()]


def tenants_with_overdue_prices(before: datetime) -> list[int]:
    """Tenants with messages from before then whose price is still held."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT tenant_id FROM conversations_message
               WHERE price > 0 AND charge IS NULL AND at < %s ORDER BY tenant_id""",
            [before],
        )
        return [tenant_id for (tenant_id,) in cursor.fetchall()]


def _tenants_with_due_messages(direction: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT tenant_id FROM conversations_message m
               WHERE direction = %s AND due_at <= clock_timestamp() AND {served("m.tenant_id")}
                 AND (leased_until IS NULL OR leased_until < clock_timestamp())
               GROUP BY tenant_id ORDER BY min(due_at)""",  # noqa: S608  (our own SQL)
            [direction],
        )
        return [tenant_id for (tenant_id,) in cursor.fetchall()]

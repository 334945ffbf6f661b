"""What the sweeper and the workers look for across tenants: ids only, by named functions."""

from __future__ import annotations

from django.db import connection

from tenants.rehearsing import served


def watch_new_accounts() -> int:
    """Have the templates of real teams' WhatsApp accounts read that never were; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO templates_app_accountsync (tenant_id, account_id, due_at, seen, expected, error)
               SELECT tenant_id, id, clock_timestamp(), 0, 0, '' FROM channels_whatsappaccount account
               WHERE tenant_id IN (SELECT id FROM tenants_tenant WHERE rehearses_id IS NULL)
                 AND NOT EXISTS (SELECT FROM templates_app_accountsync sync WHERE sync.account_id = account.id)
               ON CONFLICT DO NOTHING"""
        )
        return int(cursor.rowcount)


def due_syncs() -> list[tuple[int, int]]:
    """(tenant id, sync id) of the accounts whose templates are to be read now, the longest waiting first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT tenant_id, id FROM templates_app_accountsync s
               WHERE due_at <= clock_timestamp() AND (leased_until IS NULL OR leased_until < clock_timestamp())
                 AND {served("s.tenant_id")}
               ORDER BY due_at"""  # noqa: S608  (our own SQL)
        )
        return [(tenant, sync) for tenant, sync in cursor.fetchall()]

"""Numbers shown to people, counted per tenant."""

from __future__ import annotations

from django.db import connection


def next_number(tenant_id: int, name: str, count: int = 1) -> int:
    """Take `count` numbers of the sequence and return the first. Holds the row until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO tenants_numbersequence (tenant_id, name, last) VALUES (%s, %s, %s)
               ON CONFLICT (tenant_id, name) DO UPDATE SET last = tenants_numbersequence.last + excluded.last
               RETURNING last""",
            [tenant_id, name, count],
        )
        (last,) = cursor.fetchone()
    return int(last) - count + 1

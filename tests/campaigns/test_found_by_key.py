"""Recording and receipts find everybody by key, also where a shard of one is expected and has thousands."""

import pytest
from django.db import connection, transaction

from campaigns.engine.accept import _ACCEPT
from campaigns.engine.lease import take_lease
from campaigns.engine.receipts import _WRITE
from campaigns.models import Recipient
from tenants.arrays import numbers, texts

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 20


@pytest.fixture
def sending(shop):
    """A lease and people marked under it. Statistics are of broadcasts to one person each."""
    shop.chats(shop.whatsapp, 1)
    campaign, *_others = [shop.launch("Hello") for _ in range(5)]
    lease = take_lease(campaign.tenant_id, shop.whatsapp.pk)
    columns = ", ".join(
        field.column for field in Recipient._meta.concrete_fields if field.column not in ("id", "contact_id")
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ANALYZE campaigns_recipient")
        cursor.execute(
            f"""INSERT INTO campaigns_recipient (contact_id, {columns})
                SELECT contact_id + n, {columns} FROM campaigns_recipient, generate_series(1, 5000) AS n
                WHERE shard_id = %s""",  # noqa: S608  (our own columns)
            [lease.shard_id],
        )
        cursor.execute(
            """UPDATE campaigns_recipient SET state = 1, lease = %s, part_states = '{1}'
               WHERE id IN (SELECT id FROM campaigns_recipient WHERE shard_id = %s ORDER BY id LIMIT %s)
               RETURNING id""",
            [lease.number, lease.shard_id, PEOPLE],
        )
        yield lease, sorted(id for (id,) in cursor.fetchall())
        transaction.set_rollback(True)


def test_everybody_is_found_by_key(sending):
    lease, ids = sending
    values = {
        **lease.values,
        "ids": numbers(ids),
        "parts": numbers([0] * len(ids)),
        "provider_ids": texts([f"wamid.{id}" for id in ids]),
    }
    assert_found_by_key(_ACCEPT, values, "state = 3")


def test_receipts_find_everybody_by_key(sending):
    lease, ids = sending
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE campaigns_recipient SET state = 3, part_states = '{3}', provider_ids = '{wamid}'
               WHERE shard_id = %s""",
            [lease.shard_id],
        )
    values = {
        "tenant": lease.tenant_id,
        "named": numbers(ids),
        "ids": numbers(ids),
        "provider_ids": texts(["wamid"] * len(ids)),
        "sent": "{" + ",".join(["2026-11-21T09:00:00Z"] * len(ids)) + "}",
        "delivered": "{" + ",".join(["NULL"] * len(ids)) + "}",
        "read": "{" + ",".join(["NULL"] * len(ids)) + "}",
        "billed_at": "{" + ",".join(["2026-11-21T09:00:00Z"] * len(ids)) + "}",
        "categories": texts(["service"] * len(ids)),
        "free": "{" + ",".join(["f"] * len(ids)) + "}",
    }
    assert_found_by_key(_WRITE, values, "sent_at IS NOT NULL")


def assert_found_by_key(statement, values, concerned):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING off) {statement}", values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute(f"SELECT count(*) FROM campaigns_recipient WHERE {concerned}")  # noqa: S608  (our own words)
        assert cursor.fetchone() == (PEOPLE,), plan
    assert "Index Scan using campaigns_recipient_pkey" in plan, plan
    assert "Rows Removed by Join Filter" not in plan, plan

"""The first page of a campaign's people, while PostgreSQL does not know yet how many there are."""

import pytest
from django.db import connection, transaction

from campaigns.models import Recipient
from campaigns.reports import STATE_FILTERS, reading, recipients_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign(shop):
    """As many people as it takes for PostgreSQL to prefer sorting those it expects. Nobody else sees them, so that
    their statistics are not gathered meanwhile."""
    shop.chats(shop.whatsapp, 1)
    campaign = shop.launch("Hello")
    others = [
        field.column for field in Recipient._meta.concrete_fields if field.column not in ("id", "contact_id")
    ]
    columns = ", ".join(others)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO campaigns_recipient (contact_id, {columns})
                SELECT contact_id + n, {columns} FROM campaigns_recipient, generate_series(1, 40000) AS n
                WHERE campaign_id = %s""",  # noqa: S608  (our own columns)
            [campaign.pk],
        )
        for column in ("tenant_id", "campaign_id", "state"):  # other tests have left some
            cursor.execute(
                "SELECT pg_clear_attribute_stats('public', 'campaigns_recipient', %s, false)", [column]
            )
        yield campaign
        transaction.set_rollback(True)


def plan(campaign, state):
    return recipients_of(campaign, state)[:51].explain()


@pytest.mark.parametrize("state", ["", "waiting"])
def test_nobody_is_sorted_for_it(campaign, state):
    assert "Sort" in plan(campaign, state)
    with reading(state):
        found = plan(campaign, state)
    assert "Sort" not in found, found
    assert "recipient_once" in found, found


@pytest.mark.parametrize(("state", "words"), [("failed", ""), ("", "Mei"), ("waiting", "Mei")])
def test_what_finds_few_is_left_to_postgresql(campaign, state, words):
    assert state in {"", *STATE_FILTERS}
    with reading(state, words), connection.cursor() as cursor:
        cursor.execute("SHOW enable_sort")
        assert cursor.fetchone() == ("on",)


def test_it_holds_for_the_block_alone(campaign):
    with connection.cursor() as cursor:
        with reading():
            cursor.execute("SHOW enable_sort")
            assert cursor.fetchone() == ("off",)
        cursor.execute("SHOW enable_sort")
        assert cursor.fetchone() == ("on",)

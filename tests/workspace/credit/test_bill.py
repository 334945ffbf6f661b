"""The page that lays Meta's bill beside our books."""

from datetime import UTC, timedelta

import pytest
from django.utils import timezone

from campaigns.models import BillLine, MetaBill
from tenants.scopes import tenant_scope
from tests.factories import ChannelFactory

pytestmark = pytest.mark.django_db
UNIT = 1_000_000


@pytest.fixture
def line(tenant):
    """`line(days=1, meta=(2, 22600), ours=(2, 22600))`: of so many days ago."""
    with tenant_scope(tenant):
        channel = ChannelFactory(kind="whatsapp", name="Shop WhatsApp")
        bill = MetaBill.objects.create(
            tenant=tenant, account=channel.whatsapp_account, currency="USD", compared_at=timezone.now()
        )

    def make(days=1, *, meta, ours, category="utility"):
        with tenant_scope(tenant):
            return BillLine.objects.create(
                tenant=tenant,
                bill=bill,
                channel=channel,
                day=timezone.now().astimezone(UTC).date() - timedelta(days=days),
                country="TW",
                category=category,
                meta_volume=meta[0],
                meta_cost=meta[1],
                our_volume=ours[0],
                our_amount=ours[1],
            )

    return make


@pytest.fixture
def see(client):
    def get(member, row):
        client.force_login(member.user)
        return client.get(f"/credit/bill/?month={row.day:%Y-%m}")

    return get


@pytest.mark.requirement("B-27")
def test_both_sides_stand_in_one_sentence(see, manager, line):
    row = line(meta=(3, 312_400_000), ours=(3, 312_400_050))
    page = see(manager, row).content.decode()
    assert "Meta 312.40 USD, we booked 312.41 USD" in page
    assert "Both agree" in page


@pytest.mark.parametrize(
    ("meta", "ours", "agrees"),
    [
        ((2, 200), (2, 200), True),
        ((2, 200), (2, 299), True),
        ((2, 200), (2, 301), False),
        ((2, 200), (1, 200), False),
        ((2, None), (2, 999), True),
        ((0, None), (1, 200), False),
    ],
)
def test_when_a_line_agrees(see, manager, line, meta, ours, agrees):
    (row,) = see(manager, line(meta=meta, ours=ours)).context["rows"]
    assert row.agrees is agrees


def test_what_differs_stands_first_and_leads_to_its_messages(see, manager, line, client):
    line(meta=(1, 10), ours=(1, 10))
    differing = line(meta=(5, 500), ours=(4, 10**6), category="marketing")
    page = see(manager, differing)
    assert [row.agrees for row in page.context["rows"]] == [False, True]
    assert page.context["differing"] == 1
    assert "We booked nothing here" in client.get(f"/credit/bill/{differing.pk}/").content.decode()


def test_the_present_day_is_still_counted(see, manager, line):
    page = see(manager, line(days=0, meta=(5, 50), ours=(1, 10)))
    assert page.context["total"] is None
    assert "still counting" in page.content.decode()


def test_before_the_first_comparison_the_page_says_so(client, manager):
    client.force_login(manager.user)
    assert "Not compared yet" in client.get("/credit/bill/").content.decode()


def test_only_whoever_manages_channels_has_it_compared(client, manager, admin, line, tenant):
    line(meta=(1, 1), ours=(1, 1))
    with tenant_scope(tenant):
        MetaBill.objects.update(due_at=timezone.now() + timedelta(hours=9))
    for member, status in ((manager, 403), (admin, 302)):
        client.force_login(member.user)
        assert client.post("/credit/bill/compare/").status_code == status
    with tenant_scope(tenant):
        assert MetaBill.objects.get().due_at <= timezone.now()

"""The channels' page: what needs somebody stands first, and only whoever manages channels has them checked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels.models import Health
from tenants.scopes import tenant_scope
from tests.factories import ChannelFactory, TemplateFactory
from tests.workspace.api.conftest import Program, token_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def see(client):
    def get(member):
        client.force_login(member.user)
        return client.get("/channels/")

    return get


@pytest.fixture
def shop(tenant):
    """A LINE account that is well, and a number that is not."""
    with tenant_scope(tenant):
        line = ChannelFactory(
            name="Shop LINE", quota_limit=812, quota_used=60, quota_checked_at=timezone.now()
        )
        number = ChannelFactory(kind="whatsapp", name="Shop WhatsApp")
        Health.objects.create(
            tenant=tenant,
            channel=number,
            checked_at=timezone.now(),
            status="CONNECTED",
            quality="RED",
            tier="TIER_2K",
            reach=2000,
            throughput=20,
            shared_with_phone=True,
            token_valid=True,
        )
        TemplateFactory(account=number.whatsapp_account, status="paused")
    return line, number


@pytest.mark.requirement("B-23")
def test_what_needs_somebody_stands_first(see, manager, shop):
    line, number = shop
    cards = see(manager).context["cards"]
    assert [card.channel for card in cards] == [number, line]
    assert [warning.code for warning in cards[0].warnings] == ["quality_low"]
    assert [(fact.name, str(fact.value)) for fact in cards[0].facts] == [
        ("Quality", "Low"),
        ("People in 24 hours", "0 of 2,000 written to first"),
        ("Throughput", "20 messages a second, shared with the phone app"),
        ("Access token", "does not expire"),
    ]
    assert cards[0].templates == "1 template is stopped"
    assert [str(fact.value) for fact in cards[1].facts] == ["60 of 812 people"]


def test_without_channels_the_page_says_who_connects_them(see, manager):
    assert "No channel yet" in see(manager).content.decode()


def test_only_whoever_manages_channels_has_them_checked(client, manager, admin, shop, tenant):
    _line, number = shop
    with tenant_scope(tenant):
        Health.objects.update(due_at=timezone.now() + timedelta(hours=20))
    for member, status in ((manager, 403), (admin, 302)):
        client.force_login(member.user)
        assert client.post(f"/channels/{number.pk}/check/").status_code == status
    with tenant_scope(tenant):
        assert Health.objects.get().due_at <= timezone.now()


def test_the_api_tells_the_same(client, manager, shop, tenant):
    _line, number = shop
    found = Program(token_for(manager)[1]).get(f"channels/{number.pk}/health").json()
    assert (found["quality"], found["reach"], found["begun"]) == ("RED", 2000, 0)
    assert [warning["code"] for warning in found["warnings"]] == ["quality_low"]

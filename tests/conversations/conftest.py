"""A tenant with a LINE account and a WhatsApp number; every test here runs inside its scope."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone as clock

from channels.adapters.base import InboundMessage
from channels.models import Channel, WhatsAppAccount
from conversations.models import Message
from tenants.models import Member, Tenant, User
from tenants.scopes import tenant_scope
from tests.sandbox.conftest import (  # noqa: F401  fixtures
    http,
    line_webhooks,
    receiver,
    sandbox,
    whatsapp_webhooks,
)

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.fixture
def team(db):
    tenant = Tenant.objects.create(name="Shop", slug="shop", plan="omo")
    with tenant_scope(tenant):
        yield tenant


@pytest.fixture
def hire(team):
    """Make a member with the given roles."""

    def make(name: str, *roles: str, active: bool = True) -> Member:
        user = User.objects.create_user(f"{name.lower()}@shop.test", name=name)
        return Member.objects.create(tenant=team, user=user, name=name, roles=list(roles), active=active)

    return make


@pytest.fixture
def mei(hire):
    return hire("Mei", "salesperson")


@pytest.fixture
def ken(hire):
    return hire("Ken", "salesperson")


@pytest.fixture
def boss(hire):
    return hire("Boss", "sales_manager")


@pytest.fixture
def line(team):
    return Channel.objects.create(
        tenant=team, kind="line", name="Shop on LINE", account_id="Ubot", access_token="t", secret="s"
    )


@pytest.fixture
def whatsapp(team):
    account = WhatsAppAccount.objects.create(tenant=team, name="Shop", waba_id="9001")
    return Channel.objects.create(
        tenant=team,
        kind="whatsapp",
        name="Shop on WhatsApp",
        account_id="7001",
        access_token="t",
        whatsapp_account=account,
    )


ALICE = "U" + "a" * 32
PHONE = "+85291230001"
_count = iter(range(1, 1_000_000))


def inbound(sender: str, text: str = "hello", *, minutes: float = 0, **values) -> InboundMessage:
    """A customer's message, `minutes` after NOW."""
    number = next(_count)
    given = {
        "account_id": "x",
        "event_id": f"e{number}",
        "at": NOW + timedelta(minutes=minutes),
        "raw": {},
        "sender": sender,
        "provider_id": f"p{number}",
        "text": text,
    }
    return InboundMessage(**(given | values))


@pytest.fixture
def providers(http, valkey, settings):  # noqa: F811
    """The sandbox stands in for every provider."""
    settings.PROVIDER_URLS = {
        "line": http.base,
        "line_data": http.base,
        "graph": f"{http.base}/{settings.GRAPH_VERSION}",
        "graph_media": http.base,
    }
    return http


def live(channel, account):
    """The channel with the sandbox's credentials, and its customers known there."""
    channel.access_token = account["access_token"]
    channel.account_id = account.get("bot_user_id") or account["phone_number_id"]
    channel.save()
    return channel


def make_due():
    Message.objects.filter(due_at__isnull=False).update(due_at=clock.now(), leased_until=None)

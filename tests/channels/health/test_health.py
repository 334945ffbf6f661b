"""Number health: asked from the sandbox, asked again when a webhook says that something changed, told as warnings."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from channels import doors
from channels.adapters.base import AccountChange
from channels.health.asking import ASKED, check_due, reach_of
from channels.health.news import on_account_changes
from channels.health.warnings import warnings_of
from channels.models import Health
from channels.signals import Received
from channels.webhooks.absorb import absorb_batch
from tenants.scopes import tenant_scope
from tests.channels.webhooks.conftest import store
from tests.factories import ChannelFactory, MetaAppFactory, WhatsAppAccountFactory
from tests.sandbox.conftest import LINE, WHATSAPP, receiver, sandbox  # noqa: F401  (fixtures)
from tests.sandbox.conftest import http as sandbox_http  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = WHATSAPP["phone_number_id"]


@pytest.fixture
def providers(sandbox_http, settings):  # noqa: F811
    settings.PROVIDER_URLS = {
        "line": sandbox_http.base,
        "graph": f"{sandbox_http.base}/{settings.GRAPH_VERSION}",
    }
    return sandbox_http


@pytest.fixture
def number(tenant, providers):
    with tenant_scope(tenant):
        app = MetaAppFactory(app_id="555000111222333", secret=WHATSAPP["app_secret"])
        yield ChannelFactory(
            kind="whatsapp",
            name="Shop WhatsApp",
            account_id=NUMBER,
            access_token=WHATSAPP["access_token"],
            meta_app=app,
            whatsapp_account=WhatsAppAccountFactory(waba_id=WHATSAPP["waba_id"]),
        )


@pytest.fixture
def told(number):
    """`told()`: what is known of the number after everything due was asked."""

    def ask():
        doors.watch_new_channels([kind.value for kind in ASKED])
        check_due()
        return Health.objects.get(channel=number)

    return ask


def codes(channel, row):
    return [warning.code for warning in warnings_of(channel, row)]


@pytest.mark.requirement("B-23")
def test_a_number_is_asked_once_a_night(number, told, providers):
    row = told()
    assert (row.status, row.quality, row.tier, row.reach) == ("CONNECTED", "GREEN", "TIER_10K", 10_000)
    assert (row.throughput, row.token_valid, row.token_expires_at) == (80, True, None)
    assert row.portfolio == f"9{WHATSAPP['waba_id']}"
    assert codes(number, row) == []
    asked = providers.get("/_sandbox/summary").json()["requests"]
    assert check_due() == 0
    assert providers.get("/_sandbox/summary").json()["requests"] == asked
    assert row.due_at > timezone.now() + timedelta(hours=23)


def test_a_webhook_has_it_asked_again(number, told, providers, receiver, tenant):  # noqa: F811
    told()
    hook = f"{receiver.url}/webhooks/meta"
    providers.post("/_sandbox/accounts", {**WHATSAPP, "webhook_url": hook})
    providers.post("/_sandbox/numbers", {"account": NUMBER, "quality": "RED", "tier": "TIER_250"})
    calls = receiver.wait(
        lambda calls: calls if any(b"business_capability" in c.body for c in calls) else None
    )
    store(number, *[call.body for call in calls])
    absorb_batch()
    row = told()
    assert (row.quality, row.reach) == ("RED", 250)
    assert codes(number, row) == ["quality_low"]


@pytest.mark.parametrize("change", ["security", "errors"])
def test_other_news_asks_nothing(number, told, change, tenant):
    told()
    event = AccountChange(WHATSAPP["waba_id"], "e", timezone.now(), {}, change=change)
    on_account_changes(AccountChange, tenant, [Received(number, event)])
    assert check_due() == 0


def test_an_alarm_is_kept_for_a_week(number, told, tenant):
    told()
    alert = {
        "alert_severity": "CRITICAL",
        "alert_status": "ACTIVE",
        "alert_description": "Profile picture lost",
    }
    event = AccountChange("1", "e", timezone.now(), {}, change="account_alerts", values={"alert_info": alert})
    on_account_changes(AccountChange, tenant, [Received(number, event)])
    row = told()
    assert codes(number, row) == ["alert"]
    assert [w.code for w in warnings_of(number, row, timezone.now() + timedelta(days=8))] == []


def test_a_token_that_ends_is_told_before_and_after(number, told, providers):
    ends = int((timezone.now() + timedelta(days=5)).timestamp())
    providers.post("/_sandbox/numbers", {"account": NUMBER, "token_expires_at": ends})
    row = told()
    assert int(row.token_expires_at.timestamp()) == ends
    assert codes(number, row) == ["token_expires"]
    assert codes(number, Health(channel=number, token_valid=False)) == ["token_invalid"]


def test_a_provider_that_does_not_answer_is_asked_again_and_nothing_is_forgotten(number, told, settings):
    told()
    settings.PROVIDER_URLS = {"graph": "http://127.0.0.1:9", "line": "http://127.0.0.1:9"}
    Health.objects.update(due_at=timezone.now())
    row = told()
    assert (row.quality, row.error) == ("GREEN", "connection_failed")
    assert row.due_at < timezone.now() + timedelta(minutes=16)
    assert codes(number, row) == ["not_answered"]


def test_line_tells_its_quota(tenant, providers):
    with tenant_scope(tenant):
        line = ChannelFactory(account_id=LINE["bot_user_id"], access_token=LINE["access_token"])
        doors.watch_new_channels([kind.value for kind in ASKED])
        assert check_due() == 1
        line.refresh_from_db()
        assert line.quota_checked_at is not None
        line.quota_limit, line.quota_used = 812, 790
        assert codes(line, None) == ["quota_low"]


def test_two_workers_ask_once(number, told):
    doors.watch_new_channels([kind.value for kind in ASKED])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE channels_health SET due_at = clock_timestamp() + interval '1 hour' WHERE tenant_id = %s",
            [number.tenant_id],
        )
    assert check_due() == 0


@pytest.mark.parametrize(
    ("tier", "people"),
    [
        ("TIER_250", 250),
        ("TIER_1K", 1000),
        ("TIER_2K", 2000),
        ("TIER_100K", 100_000),
        ("TIER_UNLIMITED", None),
        ("", None),
    ],
)
def test_a_tier_in_people(tier, people):
    assert reach_of(tier) == people

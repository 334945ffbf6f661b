from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.db import connection

from channels import signals
from channels.models import Channel, MetaApp, WhatsAppAccount
from channels.webhooks.store import STORE_SQL
from tenants.models import Tenant
from tenants.scopes import tenant_scope
from tests.channels.webhooks.payloads import APP_SECRET, SECRET, body_of


@pytest.fixture
def shop(db):
    return Tenant.objects.create(name="Shop", slug="shop")


@pytest.fixture
def rival(db):
    return Tenant.objects.create(name="Rival", slug="rival")


def make_line(tenant, account_id):
    with tenant_scope(tenant):
        return Channel.objects.create(
            tenant=tenant,
            kind="line",
            name="LINE",
            account_id=account_id,
            secret=SECRET,
            access_token="token",
        )


@pytest.fixture
def line(shop):
    return make_line(shop, "Ushop")


@pytest.fixture
def rival_line(rival):
    return make_line(rival, "Urival")


@pytest.fixture
def app(db):
    return MetaApp.objects.create(app_id="1234", secret=APP_SECRET, verify_token="verify-me")


@pytest.fixture
def whatsapp(shop, app):
    with tenant_scope(shop):
        account = WhatsAppAccount.objects.create(tenant=shop, name="Shop", waba_id="104511220033445")
        return Channel.objects.create(
            tenant=shop,
            kind="whatsapp",
            name="WhatsApp",
            account_id="106500700800900",
            access_token="token",
            meta_app=app,
            whatsapp_account=account,
        )


def make_thread(shop, app, kind, account_id):
    with tenant_scope(shop):
        return Channel.objects.create(
            tenant=shop, kind=kind, name=kind, account_id=account_id, access_token="token", meta_app=app
        )


@pytest.fixture
def facebook(shop, app):
    return make_thread(shop, app, "facebook", "104857600012345")


@pytest.fixture
def instagram(shop, app):
    return make_thread(shop, app, "instagram", "17841400123456789")


def store(channel, *payloads):
    """What the door does after the signature: one commit stores all."""
    bodies = [payload if isinstance(payload, bytes) else body_of(payload) for payload in payloads]
    source, source_id = ("meta", channel.meta_app_id) if channel.meta_app_id else ("line", channel.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            STORE_SQL.replace("%b", "%s"),
            [[source] * len(bodies), [source_id] * len(bodies), bodies],
        )


@dataclass
class Listener:
    """Stands where the other apps do: takes every signal, matches what it is told to, breaks where it is told to."""

    batches: list[tuple[Tenant, list]] = field(default_factory=list)
    matches: object = lambda event: True
    breaks: object = lambda event: False

    def __call__(self, sender, tenant, received, **_kwargs):
        for one in received:
            if self.breaks(one.event):
                raise ValueError(f"cannot take {one.event.event_id}")
        self.batches.append((tenant, [one.event for one in received]))
        return {one for one in received if not self.matches(one.event)}

    @property
    def events(self):
        return [event for _tenant, events in self.batches for event in events]


@pytest.fixture
def listener():
    """The only receiver of every signal, for the time of a test."""
    listening = Listener()
    kept = {signal: signal.receivers for signal in signals.SIGNALS.values()}
    for signal in kept:
        signal.receivers = []
        signal.sender_receivers_cache.clear()
        signal.connect(listening, weak=False)
    yield listening
    for signal, receivers in kept.items():
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()

"""A tenant with a WhatsApp account whose provider is the sandbox; every test here runs inside the tenant's scope."""

from __future__ import annotations

import pytest

from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind
from channels.webhooks.absorb import absorb_batch
from templates_app.content import Content
from templates_app.models import Template
from templates_app.services import create_draft
from templates_app.syncing import sync_due
from templates_app.wishes import want_sync
from tenants.scopes import tenant_scope
from tests.channels.webhooks.conftest import store
from tests.factories import ChannelFactory, MemberFactory, TenantFactory, WhatsAppAccountFactory
from tests.sandbox.conftest import WHATSAPP, receiver, sandbox  # noqa: F401  fixtures
from tests.sandbox.conftest import http as sandbox_http  # noqa: F401

GOOD = Content(
    body="Hello {{first_name}}, your order is ready.", body_examples={"first_name": "Mei"}, footer="Bye"
)
NUMBER, WABA = WHATSAPP["phone_number_id"], WHATSAPP["waba_id"]


@pytest.fixture
def shop(db):
    tenant = TenantFactory()
    with tenant_scope(tenant):
        yield tenant


@pytest.fixture
def admin(shop):
    return MemberFactory(roles=["admin"])


@pytest.fixture
def number(shop):
    account = WhatsAppAccountFactory(waba_id=WABA)
    return ChannelFactory(
        kind="whatsapp", account_id=NUMBER, access_token="whatsapp-token", whatsapp_account=account
    )


@pytest.fixture
def account(number):
    return number.whatsapp_account


@pytest.fixture
def draft(account, admin):
    """`draft(name)`: a template ready to be submitted."""

    def make(name="order_ready", language="en", content=GOOD, category="UTILITY", **more):
        return create_draft(
            account, by=admin, name=name, language=language, category=category, content=content, **more
        )

    return make


@pytest.fixture
def meta(sandbox_http, receiver, number, settings):  # noqa: F811
    """The sandbox as this tenant's Meta, without any template; its webhooks come to `receiver`."""
    settings.PROVIDER_URLS = settings.PROVIDER_URLS | {
        "graph": f"{sandbox_http.base}/{settings.GRAPH_VERSION}",
        "graph_media": sandbox_http.base,
    }
    description = WHATSAPP | {
        "templates": [],
        "app_id": number.meta_app.app_id,
        "app_secret": number.meta_app.secret,
        "webhook_url": f"{receiver.url}/webhooks/meta",
    }
    assert sandbox_http.post("/_sandbox/accounts", description).status == 200
    sandbox_http.post("/_sandbox/scenario", {"webhook_delay_ms": 5})
    return sandbox_http


@pytest.fixture
def at_meta(meta):
    """`at_meta(name)`: the template as the sandbox has it now, None where it has none."""

    def look(name, language="en"):
        found = meta.get(f"/v25.0/{WABA}/message_templates?name={name}", token="whatsapp-token").json()[
            "data"
        ]
        return next((one for one in found if (one["name"], one["language"]) == (name, language)), None)

    return look


@pytest.fixture
def steer(meta):
    """A control call of the sandbox about one template."""

    def tell(name, language="en", **what):
        body = {"account": WABA, "name": name, "language": language, **what}
        answer = meta.post("/_sandbox/templates", body)
        assert answer.status == 200, answer.body

    return tell


def fields_of(payload):
    return [change["field"] for entry in payload["entry"] for change in entry["changes"]]


@pytest.fixture
def absorb(meta, receiver, number):  # noqa: F811
    """`absorb(until)`: wait for the sandbox's webhooks until `until(events)`, then take all of them in as the door
    and the workers do. Returns the payloads, oldest first."""

    def take(until):
        def enough(calls):
            payloads = [call.json() for call in calls]
            return payloads if until([event for one in payloads for event in events_of(one)]) else None

        payloads = receiver.wait(enough)
        store(number, *payloads)
        absorb_batch()
        return payloads

    return take


def events_of(payload):
    return list(ADAPTERS[ChannelKind.WHATSAPP].events(payload))


def status_is(status):
    return lambda events: any(getattr(event, "status", "") == status for event in events)


def sync(account):
    """Read the account now."""
    want_sync(account)
    return sync_due()


def reread(template):
    return Template.objects.get(pk=template.pk)

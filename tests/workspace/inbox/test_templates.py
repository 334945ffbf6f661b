"""Where the reply window is closed: a template in place of the reply box, then waiting for the answer."""

import html
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import Price
from conversations.models import Contact, Message
from tenants.scopes import tenant_scope
from tests.factories import ChannelFactory, ContactFactory, ConversationFactory, TemplateFactory

HTMX = {"HX-Request": "true"}


def shown(answer):
    return html.unescape(answer.content.decode())


@pytest.fixture
def sam(sign_in, sales):
    client = sign_in(sales)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def whatsapp(tenant):
    with tenant_scope(tenant):
        return ChannelFactory(kind="whatsapp")


@pytest.fixture
def closed(tenant, sales, whatsapp):
    """Mei's chat of Sam's, whose reply window closed an hour ago."""
    with tenant_scope(tenant):
        contact = ContactFactory(
            channel=whatsapp,
            customer__name="Mei",
            last_inbound_at=timezone.now() - timedelta(hours=25),
            window_closes_at=timezone.now() - timedelta(hours=1),
        )
        return ConversationFactory(channel=whatsapp, contact=contact, assignee=sales)


@pytest.fixture
def template(tenant, whatsapp):
    """Approved: “Hello {{first_name}}, your order is ready.”"""
    with tenant_scope(tenant):
        return TemplateFactory(account=whatsapp.whatsapp_account, name="order_ready")


def entry(page, chat):
    """Whether *Send a template* stands in place of the reply box."""
    return f'href="/inbox/{chat.number}/template/' in page


def test_the_closed_window_offers_a_template(sam, closed):
    page = shown(sam.get(f"/inbox/{closed.number}/"))
    assert entry(page, closed)
    assert "Send a template" in page


def test_an_open_window_and_other_channels_offer_none(sam, tenant, sales, whatsapp):
    with tenant_scope(tenant):
        line = ChannelFactory(kind="facebook")
        past = {"window_closes_at": timezone.now() - timedelta(days=9)}
        chats = [
            ConversationFactory(channel=whatsapp, contact=ContactFactory(channel=whatsapp), assignee=sales),
            ConversationFactory(channel=line, contact=ContactFactory(channel=line, **past), assignee=sales),
        ]
    for chat in chats:
        assert not entry(shown(sam.get(f"/inbox/{chat.number}/")), chat)
    assert sam.get(f"/inbox/{chats[1].number}/template/").status_code == 400


def test_only_templates_of_the_customers_account_can_be_picked(sam, tenant, closed, template):
    with tenant_scope(tenant):
        elsewhere = TemplateFactory(name="of_another_account")
    page = shown(sam.get(f"/inbox/{closed.number}/template/"))
    assert re.findall(r'name="template" value="(\d+)"', page) == [str(template.pk)]
    assert elsewhere.name not in page
    refused = sam.post(f"/inbox/{closed.number}/template/", {"template": elsewhere.pk})
    assert refused.status_code == 400
    with tenant_scope(tenant):
        assert not Message.objects.exists()


@pytest.mark.requirement("S0-14")
def test_it_is_filled_in_and_sent_and_the_box_waits_for_the_answer(sam, tenant, closed, template):
    url = f"/inbox/{closed.number}/template/"
    page = shown(sam.get(f"{url}?template={template.pk}"))
    assert "First name: This value is empty." in page
    assert re.search(r'id="send"[^>]*disabled', page)
    form = {"template": template.pk, "value.first_name": "Mei"}
    while_typing = sam.post(f"{url}shown/", form, headers=HTMX)
    assert not re.search(r'id="send"[^>]*disabled', shown(while_typing))
    assert "Mei" in shown(while_typing)
    sent = sam.post(f"{url}?back=mine%3Dtrue", form)
    assert sent.url == f"/inbox/{closed.number}/?mine=true"
    page = shown(sam.get(sent.url))
    assert "Hello Mei, your order is ready." in page
    assert "Template sent, waiting for an answer." in page
    with tenant_scope(tenant):
        message = Message.objects.get()
        assert (message.kind, message.template, message.test) == ("template", template, False)


def test_once_the_customer_answers_one_writes_freely(sam, tenant, closed, template):
    sam.post(f"/inbox/{closed.number}/template/", {"template": template.pk, "value.first_name": "Mei"})
    with tenant_scope(tenant):
        now = timezone.now()
        Contact.objects.filter(pk=closed.contact_id).update(
            last_inbound_at=now, window_closes_at=now + timedelta(hours=24)
        )
    page = shown(sam.get(f"/inbox/{closed.number}/"))
    assert "waiting for an answer" not in page
    assert not entry(page, closed)


def test_what_is_incomplete_is_not_sent_and_nothing_typed_is_lost(sam, tenant, closed, template):
    answer = sam.post(
        f"/inbox/{closed.number}/template/", {"template": template.pk, "value.first_name": "a\tb"}
    )
    assert answer.status_code == 400
    assert "A value takes no line breaks" in shown(answer)
    assert 'value="a\tb"' in shown(answer)
    with tenant_scope(tenant):
        assert not Message.objects.exists()


def test_a_colleagues_chat_is_not_found(sam, tenant, whatsapp, manager, template):
    with tenant_scope(tenant):
        theirs = ConversationFactory(channel=whatsapp, assignee=manager)
    assert sam.get(f"/inbox/{theirs.number}/template/").status_code == 404
    form = {"template": template.pk, "value.first_name": "Mei"}
    assert sam.post(f"/inbox/{theirs.number}/template/", form).status_code == 404


def test_what_it_costs_is_named_and_missing_credit_closes_send(sam, tenant, closed, template):
    with tenant_scope(tenant):
        since = timezone.now() - timedelta(days=60)
        for category in ("utility", "service"):
            Price.objects.create(
                currency="USD", market="*", category=category, amount=11_300, valid_from=since
            )
    form = {"template": template.pk, "value.first_name": "Mei"}
    typed = shown(sam.post(f"/inbox/{closed.number}/template/shown/", form, headers=HTMX))
    assert "Cost: up to 0.0113 USD" in typed
    assert re.search(r'id="send"[^>]*disabled', typed)
    assert "credit" in typed
    refused = sam.post(f"/inbox/{closed.number}/template/", form)
    assert refused.status_code == 402
    assert 'value="Mei"' in shown(refused)
    with tenant_scope(tenant):
        assert not Message.objects.exists()

"""A WhatsApp template to one customer whose reply window is closed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from conversations import outbox
from conversations.errors import ContactOptedOut, InvalidTemplateMessage, TemplateSent, WindowClosed
from conversations.inbound import receive_messages
from conversations.models import Contact, Conversation, Message
from conversations.replies import refusal_of, send_again, send_reply, send_template
from conversations.services import end_conversation
from tenants.errors import WrongStatus
from tests.conversations.conftest import PHONE, inbound, live
from tests.conversations.test_outbox import arrived, state
from tests.factories import MediaFactory, TemplateFactory
from tests.sandbox.conftest import WHATSAPP

NOW = timezone.now()
AT_META = {template["name"]: template for template in WHATSAPP["templates"]}
GREETING = {"first_name": "{{ name|顧客 }}"}


@pytest.fixture
def chat(team, whatsapp, providers):
    """Its customer last wrote two days ago."""
    live(whatsapp, WHATSAPP)
    receive_messages(
        team, whatsapp, [inbound(PHONE, phone=PHONE, at=NOW - timedelta(days=2), profile_name="Mei\nLin")]
    )
    return Conversation.objects.get(channel=whatsapp)


@pytest.fixture
def template(whatsapp):
    return known(whatsapp, "order_ready")


def known(channel, name):
    """The template as the sandbox has it."""
    there = AT_META[name]
    return TemplateFactory(
        account=channel.whatsapp_account,
        name=name,
        language=there["language"],
        status=there["status"].lower(),
        category=there["category"],
        named=there.get("parameter_format") == "NAMED",
        components=there["components"],
    )


def reloaded(chat):
    return Conversation.objects.select_related("contact", "channel", "customer").get(pk=chat.pk)


@pytest.mark.requirement("S0-14", "D-6")
def test_it_invites_and_the_answer_opens_a_day_of_free_conversation(team, chat, template, providers, mei):
    with pytest.raises(WindowClosed):
        send_reply(chat, by=mei, text="Hello?")
    message = send_template(chat, by=mei, template=template, values=GREETING)
    outbox.send_due()
    assert state(message) == "accepted"
    (row,) = arrived(providers, PHONE)
    assert row["body"]["template"] == {
        "name": "order_ready",
        "language": {"code": "zh_TW"},
        "components": [
            {
                "type": "body",
                "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Mei Lin"}],
            }
        ],
    }
    assert (message.kind, message.text, message.test) == (
        "template",
        "親愛的 Mei Lin，您的訂單已可取貨。",
        False,
    )
    chat = reloaded(chat)
    assert (chat.status, chat.assignee, chat.last_message_kind) == ("in_progress", mei, "template")
    assert refusal_of(chat, timezone.now()).code == TemplateSent.code
    with pytest.raises(TemplateSent):
        send_reply(chat, by=mei, text="Hello?")
    receive_messages(
        team, chat.channel, [inbound(PHONE, phone=PHONE, at=timezone.now(), kind="postback", text="Yes")]
    )
    chat = reloaded(chat)
    assert refusal_of(chat, timezone.now()) is None
    assert refusal_of(chat, timezone.now() + timedelta(hours=23, minutes=59)) is None
    assert refusal_of(chat, timezone.now() + timedelta(hours=24, minutes=1)).code == WindowClosed.code
    send_reply(chat, by=mei, text="It is ready.")


def test_a_header_shows_the_file_and_numbered_values_go_in_order(chat, whatsapp, providers, mei, settings):
    settings.PUBLIC_URL = "https://shop.example"
    picture = MediaFactory()
    values = {"1": "Mei", "2": "20%"}
    send_template(chat, by=mei, template=known(whatsapp, "spring_sale"), values=values, media=picture)
    outbox.send_due()
    (row,) = arrived(providers, PHONE)
    header, body = row["body"]["template"]["components"]
    assert header["parameters"][0]["image"]["link"].startswith(f"https://shop.example/m/{picture.key}/")
    assert [parameter["text"] for parameter in body["parameters"]] == ["Mei", "20%"]


def test_one_that_failed_invites_nobody_and_can_be_sent_again(chat, template, mei):
    message = send_template(chat, by=mei, template=template, values=GREETING, test=True)
    Message.objects.update(status="failed", due_at=None)
    assert refusal_of(reloaded(chat), timezone.now()).code == WindowClosed.code
    message.refresh_from_db()
    again = send_again(message, by=mei)
    assert (again.filled, again.template, again.test, again.repeats) == (
        message.filled,
        template,
        True,
        message,
    )
    with pytest.raises(WrongStatus):
        send_again(message, by=mei)


def test_a_template_that_whatsapp_stopped_fails_with_its_reason(chat, whatsapp, mei):
    paused = known(whatsapp, "paused_one")
    paused.status = "approved"  # as far as we know
    paused.save()
    message = send_template(chat, by=mei, template=paused, values={})
    outbox.send_due()
    assert state(message) == "failed"
    assert (message.reason, message.provider_code) == ("template_unavailable", "132015")


def test_what_would_be_refused_is_named_and_nothing_is_written(chat, whatsapp, template, mei, boss):
    other = TemplateFactory()
    for chosen, values, fault in (
        (other, GREETING, ("template", "other_account")),
        (known(whatsapp, "paused_one"), {}, ("template", "not_sendable")),
        (template, {}, ("template.parameters.first_name", "missing")),
        (template, {"first_name": "{{ shoe|x }}"}, ("template.parameters.first_name", "unknown_variable")),
        (known(whatsapp, "spring_sale"), {"1": "a", "2": "b"}, ("template.header_media", "missing")),
    ):
        with pytest.raises(InvalidTemplateMessage) as refused:
            send_template(chat, by=mei, template=chosen, values=values)
        assert [(entry["field"], entry["code"]) for entry in refused.value.errors] == [fault]
    Contact.objects.update(opted_out_at=timezone.now())
    offer = TemplateFactory(account=whatsapp.whatsapp_account, category="MARKETING")
    with pytest.raises(ContactOptedOut):
        send_template(reloaded(chat), by=mei, template=offer, values=GREETING)
    end_conversation(chat, by=boss)
    with pytest.raises(WrongStatus):
        send_template(chat, by=mei, template=template, values=GREETING)
    assert not Message.objects.filter(direction="out").exists()

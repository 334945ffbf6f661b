"""What a webhook only names, fetched over HTTP from the provider sandbox: files, and names on LINE."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from django.utils import timezone

from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, InboundMessage, IncomingMedia, MessageWithdrawn
from channels.signals import Received, withdrawals
from conversations.files import fetch_due_files
from conversations.inbound import apply_withdrawals, receive_messages
from conversations.models import Contact, Conversation, Customer, Message
from conversations.profiles import fetch_due_profiles
from tests.conversations.conftest import ALICE, NOW, PHONE, inbound, live, make_due
from tests.factories import PNG
from tests.sandbox.conftest import LINE, WHATSAPP


def arrives(team, channel, providers, webhooks, **said):
    """A customer's message goes through the sandbox's webhook into the conversation."""
    assert providers.post("/_sandbox/inbound", {"channel": channel.kind, **said}).status == 200
    payload = webhooks.wait(lambda calls: calls and calls[-1].json())
    events = [
        event
        for event in ADAPTERS[ChannelKind(channel.kind)].events(payload)
        if isinstance(event, InboundMessage)
    ]
    receive_messages(team, channel, events)


@pytest.mark.parametrize("kind", ["line", "whatsapp"])
@pytest.mark.requirement("D-7")
def test_a_picture_a_customer_sent_is_fetched_and_shown(request, team, providers, kind):
    channel = live(request.getfixturevalue(kind), {"line": LINE, "whatsapp": WHATSAPP}[kind])
    webhooks = request.getfixturevalue(f"{kind}_webhooks")
    picture = base64.b64encode(PNG).decode()
    sender = ALICE if kind == "line" else PHONE
    arrives(
        team,
        channel,
        providers,
        webhooks,
        **{"from": sender, "media": {"mime": "image/png", "base64": picture}},
    )
    message = Message.objects.get()
    assert (message.kind, message.media) == ("image", None)

    assert fetch_due_files() is False
    message.refresh_from_db()
    assert message.media.kind == "image"
    assert (message.media_source, message.due_at) == (None, None)
    assert message.media.width == 1


def test_a_file_the_provider_does_not_have_is_tried_again_and_then_let_go(team, whatsapp, providers):
    live(whatsapp, WHATSAPP)
    gone = IncomingMedia(mime="image/png", provider_media_id="123456")
    receive_messages(team, whatsapp, [inbound(PHONE, "", kind="image", media=gone)])
    message = Message.objects.get()
    for tries in range(1, 7):
        make_due()
        fetch_due_files()
        message.refresh_from_db()
        assert message.tries == tries
        assert (message.due_at is None) == (tries == 6)
    assert (message.media, message.reason) == (None, "media_unavailable")


def test_a_customer_on_line_gets_the_name_of_their_profile(team, line, providers):
    live(line, LINE)
    people = [{"address": ALICE, "name": "陳美玲"}]
    providers.post("/_sandbox/people", {"account": LINE["channel_id"], "people": people})
    receive_messages(team, line, [inbound(ALICE)])
    assert fetch_due_profiles() is False
    assert Customer.objects.get().name == "陳美玲"
    assert Contact.objects.get().profile_due_at is None


def test_a_name_given_meanwhile_stays(team, line, providers):
    live(line, LINE)
    receive_messages(team, line, [inbound(ALICE)])
    Customer.objects.update(name="VIP Chan")
    fetch_due_profiles()
    assert Customer.objects.get().name == "VIP Chan"


def test_names_are_asked_again_later_when_the_provider_does_not_answer(settings, team, line):
    settings.PROVIDER_URLS = {"line": "http://127.0.0.1:9"}
    receive_messages(team, line, [inbound(ALICE)])
    fetch_due_profiles()
    assert Contact.objects.get().profile_due_at > timezone.now()
    Contact.objects.update(profile_due_at=timezone.now(), created_at=timezone.now() - timedelta(hours=2))
    fetch_due_profiles()
    assert Contact.objects.get().profile_due_at is None


# --- Taken back ----------------------------------------------------------------------------------------------------


def taken_back(provider_id: str) -> MessageWithdrawn:
    return MessageWithdrawn(
        account_id="x", event_id=provider_id, at=NOW, raw={}, sender=ALICE, provider_id=provider_id
    )


def test_what_a_customer_took_back_is_not_shown_any_more(team, line):
    event = inbound(ALICE, "oops")
    receive_messages(team, line, [event])
    assert apply_withdrawals(team, line, [taken_back(event.provider_id)]) == []
    message = Message.objects.get()
    assert (message.kind, message.text) == ("withdrawn", "")
    assert Conversation.objects.get().last_message_text == ""


def test_taking_back_what_is_not_here_yet_waits(team, line):
    early = Received(line, taken_back("not-yet"))
    answers = dict(withdrawals.send(MessageWithdrawn, tenant=team, received=[early]))
    assert {early} in answers.values()

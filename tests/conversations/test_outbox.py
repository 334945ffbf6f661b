"""Replies over HTTP: the outbox against the provider sandbox in its own process."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Shard
from channels.models import Channel
from conversations import outbox
from conversations.errors import ChannelOff, ContactBlocked, ConversationEnded, WindowClosed
from conversations.inbound import apply_contact_changes, receive_messages
from conversations.models import Contact, Conversation, Message
from conversations.replies import refusal_of, send_again, send_reply
from conversations.services import end_conversation
from tenants.errors import Invalid, NotFound, WrongStatus
from tests.conversations.conftest import ALICE, PHONE, inbound, live, make_due
from tests.conversations.test_inbound import change
from tests.factories import CampaignFactory
from tests.sandbox.conftest import LINE, WHATSAPP


@pytest.fixture
def line_chat(team, line, providers):
    live(line, LINE)
    providers.post("/_sandbox/people", {"account": LINE["channel_id"], "people": [{"address": ALICE}]})
    receive_messages(team, line, [inbound(ALICE, at=timezone.now())])
    return Conversation.objects.get(channel=line)


@pytest.fixture
def whatsapp_chat(team, whatsapp, providers):
    live(whatsapp, WHATSAPP)
    now = timezone.now()
    person = {"address": PHONE.removeprefix("+"), "last_inbound_at": now.timestamp()}
    providers.post("/_sandbox/people", {"account": WHATSAPP["phone_number_id"], "people": [person]})
    receive_messages(team, whatsapp, [inbound(PHONE, phone=PHONE, at=now)])
    return Conversation.objects.get(channel=whatsapp)


def arrived(providers, recipient):
    return providers.get(f"/_sandbox/journal?recipient={recipient.removeprefix('+')}").json()["results"]


def state(message):
    message.refresh_from_db()
    return message.status


@pytest.mark.parametrize("chat", ["line_chat", "whatsapp_chat"])
def test_a_reply_reaches_the_customer_once(request, providers, mei, chat):
    chat = request.getfixturevalue(chat)
    message = send_reply(chat, by=mei, text="Yes, in red and blue 🎉")
    outbox.send_due()
    outbox.send_due()
    assert state(message) == "accepted"
    assert message.sent_at is not None
    assert message.due_at is None
    (row,) = arrived(providers, chat.contact.address)
    assert "Yes, in red and blue 🎉" in str(row)


def test_replies_leave_in_the_order_they_were_written(providers, whatsapp_chat, mei):
    for text in ("one", "two", "three"):
        send_reply(whatsapp_chat, by=mei, text=text)
    outbox.send_due()
    rows = arrived(providers, PHONE)
    assert [next(t for t in ("one", "two", "three") if t in str(row)) for row in rows] == [
        "one",
        "two",
        "three",
    ]


def test_line_answers_by_the_free_token_while_it_lives_and_then_by_push(
    team, line, providers, line_chat, line_webhooks, mei
):
    providers.post(
        "/_sandbox/inbound", {"channel": "line", "account": LINE["channel_id"], "from": ALICE, "text": "hi"}
    )
    token = line_webhooks.wait(lambda calls: calls and calls[0].json()["events"][0]["replyToken"])
    receive_messages(team, line, [inbound(ALICE, at=timezone.now(), reply_token=token)])
    by_token, by_push = (
        send_reply(line_chat, by=mei, text="first"),
        send_reply(line_chat, by=mei, text="then"),
    )
    outbox.send_due()
    assert (state(by_token), state(by_push)) == ("accepted", "accepted")
    assert (by_token.reply_token, by_push.reply_token) == (token, "")
    assert len(arrived(providers, ALICE)) == 2


def test_a_token_that_died_is_replaced_by_a_push(team, line, providers, line_chat, mei):
    receive_messages(team, line, [inbound(ALICE, at=timezone.now(), reply_token="0" * 32)])
    message = send_reply(line_chat, by=mei, text="hello")
    outbox.send_due()
    assert state(message) == "accepted"
    assert len(arrived(providers, ALICE)) == 1


def test_on_line_a_lost_answer_is_found_out_under_the_same_key(providers, line_chat, mei):
    providers.post("/_sandbox/scenario", {"cut_rate": 1.0, "accepted_share": 1.0})
    message = send_reply(line_chat, by=mei, text="once")
    outbox.send_due()
    assert state(message) == "sending"
    providers.post("/_sandbox/scenario", {"cut_rate": 0.0})
    make_due()
    outbox.send_due()
    assert state(message) == "accepted"
    assert len(arrived(providers, ALICE)) == 1


def test_on_whatsapp_a_lost_answer_is_never_sent_again(providers, whatsapp_chat, mei):
    providers.post("/_sandbox/scenario", {"cut_rate": 1.0, "accepted_share": 1.0})
    message = send_reply(whatsapp_chat, by=mei, text="once")
    outbox.send_due()
    assert state(message) == "unconfirmed"
    providers.post("/_sandbox/scenario", {"cut_rate": 0.0})
    outbox.send_due()
    assert state(message) == "unconfirmed"
    assert len(arrived(providers, PHONE)) == 1


def test_a_worker_that_died_while_sending_leaves_a_doubt(providers, whatsapp_chat, mei):
    message = send_reply(whatsapp_chat, by=mei, text="maybe")
    Message.objects.filter(pk=message.pk).update(
        status="sending", leased_until=timezone.now() - timedelta(seconds=1)
    )
    outbox.send_due()
    assert state(message) == "unconfirmed"
    assert arrived(providers, PHONE) == []


def test_a_live_lease_is_left_alone(providers, whatsapp_chat, mei):
    message = send_reply(whatsapp_chat, by=mei, text="held")
    Message.objects.filter(pk=message.pk).update(leased_until=timezone.now() + timedelta(minutes=1))
    assert outbox.send_due() is False
    assert state(message) == "waiting"


def test_throttling_waits_and_slows_the_channel_down(providers, valkey, whatsapp_chat, mei):
    providers.post("/_sandbox/scenario", {"throttle_rate": 1.0})
    message = send_reply(whatsapp_chat, by=mei, text="patience")
    outbox.send_due()
    assert state(message) == "waiting"
    assert message.due_at > timezone.now()
    providers.post("/_sandbox/scenario", {"throttle_rate": 0.0})
    make_due()
    outbox.send_due()
    assert state(message) == "waiting"  # the whole channel pauses
    assert message.tries == 1
    valkey.flushdb()
    make_due()
    outbox.send_due()
    assert state(message) == "accepted"


def test_without_redis_nothing_leaves(settings, providers, whatsapp_chat, mei):
    settings.TOKENS_REDIS_URL = "redis://127.0.0.1:9/0"
    message = send_reply(whatsapp_chat, by=mei, text="hello")
    outbox.send_due()
    assert (state(message), message.tries) == ("waiting", 0)
    assert arrived(providers, PHONE) == []


def test_a_revoked_token_fails_at_once_with_its_reason(providers, whatsapp_chat, mei):
    providers.post("/_sandbox/scenario", {"token_revoked": True})
    message = send_reply(whatsapp_chat, by=mei, text="hello")
    outbox.send_due()
    assert (state(message), message.reason) == ("failed", "channel_disconnected")
    channel = Channel.objects.get(pk=message.conversation.channel_id)
    assert (channel.state, channel.state_reason) == ("disconnected", "channel_disconnected")


def test_a_revoked_token_that_a_reply_meets_pauses_the_broadcasts_on_the_channel(
    providers, whatsapp_chat, mei
):
    channel = whatsapp_chat.channel
    campaign = CampaignFactory(status="running")
    Shard.objects.create(tenant=channel.tenant, campaign=campaign, channel=channel)
    done = CampaignFactory(status="running")
    Shard.objects.create(tenant=channel.tenant, campaign=done, channel=channel, state=2)
    providers.post("/_sandbox/scenario", {"token_revoked": True})
    send_reply(whatsapp_chat, by=mei, text="Hello")
    outbox.send_due()
    campaign.refresh_from_db()
    done.refresh_from_db()
    assert (campaign.status, campaign.reason) == ("paused", "channel_disconnected")
    assert done.status == "running"


def test_an_unreachable_provider_is_tried_again_five_times(settings, line_chat, mei):
    settings.PROVIDER_URLS = dict.fromkeys(settings.PROVIDER_URLS, "http://127.0.0.1:9")
    message = send_reply(line_chat, by=mei, text="hello")
    for tries in range(1, 6):
        make_due()
        outbox.send_due()
        message.refresh_from_db()
        assert message.tries == tries
    assert (message.status, message.reason) == ("failed", "connection_failed")


def test_a_window_that_closed_meanwhile_stops_the_reply(providers, whatsapp_chat, mei):
    message = send_reply(whatsapp_chat, by=mei, text="late")
    Contact.objects.update(window_closes_at=timezone.now())
    outbox.send_due()
    assert (state(message), message.reason) == ("failed", "window_closed")
    assert arrived(providers, PHONE) == []


# --- May it be written at all? ------------------------------------------------------------------------------------


@pytest.mark.requirement("D-19")
def test_the_first_reply_makes_it_mine_and_in_progress(line_chat, mei):
    send_reply(line_chat, by=mei, text="Hello")
    line_chat.refresh_from_db()
    assert (line_chat.assignee, line_chat.status) == (mei, "in_progress")
    assert (line_chat.last_message_text, line_chat.last_message_author, line_chat.unread) == (
        "Hello",
        "member",
        0,
    )


def test_a_managers_reply_leaves_it_with_its_member(line_chat, mei, boss):
    send_reply(line_chat, by=mei, text="Hello")
    send_reply(line_chat, by=boss, text="I can help")
    line_chat.refresh_from_db()
    assert line_chat.assignee == mei


def test_a_colleagues_conversation_cannot_be_answered(line_chat, mei, ken):
    send_reply(line_chat, by=mei, text="Hello")
    with pytest.raises(NotFound):
        send_reply(line_chat, by=ken, text="Me too")
    assert Message.objects.filter(direction="out").count() == 1


def refused(chat, mei, error):
    chat = Conversation.objects.select_related("contact", "channel").get(pk=chat.pk)
    assert refusal_of(chat, timezone.now()).code == error.code
    with pytest.raises(error):
        send_reply(chat, by=mei, text="Hello")
    assert not Message.objects.filter(direction="out").exists()


def test_a_closed_window_refuses(whatsapp_chat, mei):
    Contact.objects.update(window_closes_at=timezone.now() - timedelta(minutes=1))
    refused(whatsapp_chat, mei, WindowClosed)


def test_line_has_no_window(line_chat, mei):
    Contact.objects.update(last_inbound_at=timezone.now() - timedelta(days=400))
    assert send_reply(line_chat, by=mei, text="Long time no see").status == "waiting"


def test_a_customer_who_blocked_us_refuses(team, line, line_chat, mei):
    apply_contact_changes(team, line, [change(ALICE, "blocked")])
    refused(line_chat, mei, ContactBlocked)


def test_who_opted_out_of_broadcasts_still_gets_an_answer(team, whatsapp, whatsapp_chat, mei):
    receive_messages(team, whatsapp, [inbound(PHONE, "STOP", at=timezone.now())])
    assert send_reply(whatsapp_chat, by=mei, text="Understood.").status == "waiting"


def test_a_channel_switched_off_refuses(line, line_chat, mei):
    line.enabled = False
    line.save()
    refused(line_chat, mei, ChannelOff)


def test_an_ended_conversation_refuses(line_chat, mei):
    end_conversation(line_chat, by=mei)
    refused(line_chat, mei, ConversationEnded)


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 5001, "🍎" * 2501])
def test_empty_and_overlong_texts_are_refused(line_chat, mei, text):
    with pytest.raises(Invalid):
        send_reply(line_chat, by=mei, text=text)
    assert send_reply(line_chat, by=mei, text="🍎" * 2500).status == "waiting"


def test_the_ring_follows_the_commit(line_chat, mei, monkeypatch, django_capture_on_commit_callbacks):
    rung = []
    monkeypatch.setattr("tenants.doorbell.ring", lambda task: rung.append(task.name))
    with django_capture_on_commit_callbacks(execute=True):
        send_reply(line_chat, by=mei, text="hello")
        assert rung == []
    assert rung == ["conversations.tasks.send_replies"]


def test_a_failed_reply_is_sent_again_once(providers, whatsapp_chat, mei):
    failed = send_reply(whatsapp_chat, by=mei, text="On its way")
    Message.objects.filter(pk=failed.pk).update(status="failed", due_at=None, reason="channel_disconnected")
    again = send_again(failed, by=mei)
    assert (again.text, again.repeats, again.opaque_id != failed.opaque_id) == ("On its way", failed, True)
    with pytest.raises(WrongStatus):
        send_again(failed, by=mei)
    outbox.send_due()
    assert state(again) == "accepted"
    assert len(arrived(providers, PHONE)) == 1


@pytest.mark.parametrize("status", ["unconfirmed", "accepted", "waiting", "sending"])
def test_what_may_have_arrived_is_not_sent_again(whatsapp_chat, mei, status):
    doubtful = send_reply(whatsapp_chat, by=mei, text="On its way")
    Message.objects.filter(pk=doubtful.pk).update(status=status)
    with pytest.raises(WrongStatus):
        send_again(doubtful, by=mei)

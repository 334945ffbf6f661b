"""Messenger and Instagram in the inbox: names, files, replies within and after the window."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from django.utils import timezone

from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, Delivery, Echo, IncomingMedia, ReadUpTo
from channels.errors import MediaUnavailable
from channels.media import fetch_incoming
from channels.models import Channel, MetaApp
from conversations import outbox
from conversations.echoes import apply_echoes
from conversations.errors import WindowClosed
from conversations.files import fetch_due_files
from conversations.inbound import receive_messages
from conversations.models import Contact, Conversation, Customer, Message
from conversations.profiles import fetch_due_profiles
from conversations.replies import send_reply
from conversations.statuses import apply_watermarks
from tests.conversations.conftest import NOW, inbound
from tests.factories import PNG
from tests.sandbox.conftest import INSTAGRAM, PAGE, instagram_webhooks, page_webhooks  # noqa: F401

PERSON = "7412589630147852"
ACCOUNTS = {"facebook": (PAGE, "page_id"), "instagram": (INSTAGRAM, "ig_id")}
both = pytest.mark.parametrize("kind", ["facebook", "instagram"])


@pytest.fixture
def connect(team, settings, providers):
    settings.PROVIDER_URLS = settings.PROVIDER_URLS | {
        "instagram": f"{providers.base}/{settings.GRAPH_VERSION}"
    }

    def make(kind):
        account, key = ACCOUNTS[kind]
        app = MetaApp.objects.create(
            tenant=team, app_id=f"5{key}", secret=account["app_secret"], verify_token="verify-me"
        )
        return Channel.objects.create(
            tenant=team,
            kind=kind,
            name="Shop",
            account_id=account[key],
            access_token=account["access_token"],
            meta_app=app,
        )

    return make


@pytest.fixture
def write(request, team, providers):
    """A customer writes in the sandbox, and the inbox has it."""

    def go(channel, **said):
        webhooks = request.getfixturevalue(
            {"facebook": "page_webhooks", "instagram": "instagram_webhooks"}[channel.kind]
        )
        assert (
            providers.post("/_sandbox/inbound", {"channel": channel.kind, "from": PERSON, **said}).status
            == 200
        )
        payload = webhooks.wait(lambda calls: calls and calls[-1].json())
        receive_messages(team, channel, list(ADAPTERS[ChannelKind(channel.kind)].events(payload)))
        return Conversation.objects.get(channel=channel)

    return go


@both
def test_a_customer_writes_is_named_and_answered(connect, write, providers, mei, kind):
    chat = write(connect(kind), text="有現貨嗎？", name="林美")
    fetch_due_profiles()
    assert Customer.objects.get().name == "林美"
    assert chat.contact.address == PERSON
    assert chat.contact.window_closes_at - chat.contact.last_inbound_at == timedelta(hours=24)

    reply = send_reply(chat, by=mei, text="有的！")
    outbox.send_due()
    reply.refresh_from_db()
    assert reply.status == "accepted"
    (row,) = [
        row
        for row in providers.get(f"/_sandbox/journal?recipient={PERSON}").json()["results"]
        if row["body"].get("text") == "有的！"
    ]
    assert row["channel"] == kind


@both
def test_a_picture_of_a_customer_is_fetched_without_our_token(connect, write, kind):
    write(connect(kind), media={"mime": "image/png", "base64": base64.b64encode(PNG).decode()})
    assert fetch_due_files() is False
    message = Message.objects.get()
    assert (message.kind, message.media.kind, message.media.width) == ("image", "image", 1)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test/a.png",
        "https://fbcdn.net.evil.test/a.png",
        "http://scontent.xx.fbcdn.net/a.png",
        "https://user@scontent.xx.fbcdn.net:8443/a.png",
        "file:///etc/passwd",
        "",
    ],
)
def test_an_address_that_is_not_metas_is_not_opened(connect, url):
    with pytest.raises(MediaUnavailable):
        fetch_incoming(connect("facebook"), IncomingMedia(url=url))


@both
def test_after_the_window_only_a_member_may_answer_and_only_where_meta_allows(
    connect, providers, team, mei, kind
):
    channel, wrote = connect(kind), timezone.now() - timedelta(days=2)
    person = {"address": PERSON, "last_inbound_at": wrote.timestamp()}
    providers.post("/_sandbox/people", {"account": channel.account_id, "people": [person]})
    receive_messages(team, channel, [inbound(PERSON, at=wrote)])
    chat = Conversation.objects.get()
    with pytest.raises(WindowClosed):
        send_reply(chat, by=mei, text="Back to your question")

    MetaApp.objects.update(human_agent=True)
    reply = send_reply(Conversation.objects.get(), by=mei, text="Back to your question")
    outbox.send_due()
    reply.refresh_from_db()
    assert reply.status == "accepted"

    Contact.objects.update(last_inbound_at=timezone.now() - timedelta(days=7, minutes=1))
    with pytest.raises(WindowClosed):
        send_reply(Conversation.objects.get(), by=mei, text="Too late")


def test_a_reaction_that_opens_no_window_leaves_it_closed(connect, team):
    channel = connect("instagram")
    receive_messages(team, channel, [inbound(PERSON, "❤️", kind="reaction", opens_window=False)])
    assert Contact.objects.get().window_closes_at is None


# --- Echoes and watermarks of replies -------------------------------------------------------------------------------


def replied(chat, mei, **values):
    given = {"status": "sending", "text": "Yes", "at": NOW + timedelta(minutes=1)}
    return Message.objects.create(
        tenant=chat.tenant,
        conversation=chat,
        contact=chat.contact,
        direction="out",
        author="member",
        member=mei,
        **(given | values),
    )


def echo(text="Yes", *, seconds=61, **values):
    at = NOW + timedelta(seconds=seconds)
    given = {"recipient": PERSON, "provider_id": "mid-1", "text": text}
    return Echo(account_id="x", event_id=given["provider_id"], at=at, raw={}, **(given | values))


@pytest.fixture
def chat(connect, team):
    channel = connect("instagram")
    receive_messages(team, channel, [inbound(PERSON)])
    return Conversation.objects.get()


def test_an_echo_of_a_reply_waits_for_the_answer_and_is_no_second_message(chat, team, mei):
    reply = replied(chat, mei)
    assert apply_echoes(team, chat.channel, [echo()]) == [echo()]
    Message.objects.filter(pk=reply.pk).update(status="accepted", provider_id="mid-1")
    assert apply_echoes(team, chat.channel, [echo()]) == []
    assert Message.objects.filter(direction="out").count() == 1
    reply.refresh_from_db()
    assert reply.sent_at == echo().at


def test_a_reply_in_doubt_is_settled_by_the_only_echo_it_can_be(chat, team, mei):
    reply = replied(chat, mei, status="unconfirmed", reason="answer_lost")
    assert apply_echoes(team, chat.channel, [echo("Something else", provider_id="mid-0")]) == []
    reply.refresh_from_db()
    assert reply.status == "unconfirmed"
    assert apply_echoes(team, chat.channel, [echo()]) == []
    reply.refresh_from_db()
    assert (reply.status, reply.provider_id) == ("accepted", "mid-1")


def test_watermarks_move_replies_and_wait_for_those_on_their_way(chat, team, mei):
    first = replied(chat, mei, status="accepted", sent_at=NOW + timedelta(minutes=1))
    second = replied(chat, mei, status="sending", at=NOW + timedelta(minutes=2))

    def mark(minutes, status=Delivery.READ):
        up_to = NOW + timedelta(minutes=minutes)
        return ReadUpTo("x", f"{status}{minutes}", up_to, {}, PERSON, status, up_to)

    assert apply_watermarks(team, chat.channel, [mark(0.5)]) == []
    assert apply_watermarks(team, chat.channel, [mark(1)]) == []
    assert apply_watermarks(team, chat.channel, [mark(3)]) == [mark(3)]
    for message in (first, second):
        message.refresh_from_db()
    assert (first.status, second.status) == ("read", "sending")

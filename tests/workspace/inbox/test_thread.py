"""What stands in an open conversation: who wrote what, and when, and what became of it."""

from __future__ import annotations

import zoneinfo
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import PartState
from tenants.scopes import tenant_scope
from tests.factories import (
    CampaignFactory,
    ConversationFactory,
    CustomerFactory,
    MediaFactory,
    MessageFactory,
    PartFactory,
    RecipientFactory,
)
from tests.workspace.inbox.test_pages import MINE, htmx


def test_a_broadcast_is_seen_with_every_kind_of_message_that_left(tenant, sales, sam):
    made = [
        ("image", "image/png", ".png"),
        ("video", "video/mp4", ".mp4"),
        ("file", "application/pdf", ".pdf"),
    ]
    with tenant_scope(tenant):
        chat = ConversationFactory(assignee=sales)
        campaign = CampaignFactory()
        PartFactory(campaign=campaign, position=0, text="Good morning")
        for position, (kind, mime, extension) in enumerate(made, 1):
            media = MediaFactory(kind=kind, mime=mime, extension=extension, name=f"spring{extension}")
            PartFactory(campaign=campaign, position=position, kind=kind, text="", media=media)
        PartFactory(
            campaign=campaign,
            position=4,
            kind="file",
            text="",
            media=MediaFactory(kind="file", name="no.pdf"),
        )
        states = [PartState.ACCEPTED] * 4 + [PartState.DROPPED]
        RecipientFactory(
            campaign=campaign,
            contact=chat.contact,
            conversation=chat,
            channel=chat.channel,
            marked_at=timezone.now(),
            part_states=states,
        )
    shown = sam.get(f"/inbox/{chat.number}/").content.decode()
    assert shown.count(f"Broadcast №{campaign.number}") == 4
    assert 'class="inbox-picture"' in shown
    assert '<video class="inbox-film" src="/m/' in shown
    assert 'download="spring.pdf"' in shown
    assert "no.pdf" not in shown  # left out for this channel


@pytest.mark.requirement("S4-9")
def test_authors_are_told_apart(tenant, sam, chats, sales):
    chat = chats[0][0]
    with tenant_scope(tenant):
        MessageFactory(conversation=chat, text="from customer")
        MessageFactory(conversation=chat, direction="out", author="member", member=sales, status="read")
        MessageFactory(conversation=chat, direction="out", author="bot", status="accepted")
        MessageFactory(conversation=chat, direction="out", author="app", status="accepted")
        campaign = CampaignFactory()
        PartFactory(campaign=campaign, text="Hello {{ name|there }}")
        RecipientFactory(
            campaign=campaign,
            contact=chat.contact,
            marked_at=timezone.now(),
            part_states=[3],
            fields={"name": "Wing"},
        )
    text = sam.get(f"/inbox/{chat.number}/", headers=htmx("thread")).content.decode()
    for author in ("customer", "member", "bot", "app", "campaign"):
        assert f"inbox-by-{author}" in text
    assert f"Broadcast №{campaign.number}" in text
    assert "Hello Wing" in text


def test_what_people_write_is_never_markup(tenant, sam, sales):
    evil = "<script>alert(1)</script>{{ 7|add:1 }}"
    with tenant_scope(tenant):
        chat = ConversationFactory(
            assignee=sales, contact__customer=CustomerFactory(name=evil), last_message_text=evil
        )
        MessageFactory(conversation=chat, text=evil)
    for url in (MINE, f"/inbox/{chat.number}/"):
        text = sam.get(url).content.decode()
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7|add:1 }}" in text


def test_a_failed_reply_says_why_and_what_to_do(tenant, sam, chats, sales):
    chat = chats[0][0]
    with tenant_scope(tenant):
        MessageFactory(
            conversation=chat,
            direction="out",
            author="member",
            member=sales,
            status="failed",
            reason="channel_disconnected",
        )
    thread = sam.get(f"/inbox/{chat.number}/").context["thread"]
    assert thread.days[-1].bubbles[-1].explanation.cure


def test_a_broadcast_after_the_chat_has_ended_stands_in_it(tenant, sam, sales):
    now = timezone.now()
    with tenant_scope(tenant):
        ended = ConversationFactory(
            assignee=sales,
            status="ended",
            created_at=now - timedelta(days=30),
            ended_at=now - timedelta(days=20),
        )
        campaign = CampaignFactory()
        PartFactory(campaign=campaign, text="For our bound customers")
        RecipientFactory(
            campaign=campaign,
            contact=ended.contact,
            marked_at=now - timedelta(days=10),
            accepted_at=now - timedelta(days=10),
            part_states=[3],
        )
    assert "For our bound customers" in sam.get(f"/inbox/{ended.number}/").content.decode()
    with tenant_scope(tenant):
        following = ConversationFactory(
            assignee=sales, contact=ended.contact, channel=ended.channel, created_at=now - timedelta(days=15)
        )
    assert "For our bound customers" not in sam.get(f"/inbox/{ended.number}/").content.decode()
    assert "For our bound customers" in sam.get(f"/inbox/{following.number}/").content.decode()


@pytest.mark.requirement("D-7")
def test_files_are_shown_as_what_they_are_and_can_be_saved(tenant, sam, chats):
    chat = chats[0][0]
    kinds = [
        ("image", "image/png", ".png"),
        ("video", "video/mp4", ".mp4"),
        ("audio", "audio/mpeg", ".mp3"),
        ("file", "application/pdf", ".pdf"),
    ]
    with tenant_scope(tenant):
        for kind, mime, extension in kinds:
            media = MediaFactory(
                kind=kind, mime=mime, extension=extension, name=f"our{extension}", bytes=1_240_000
            )
            MessageFactory(conversation=chat, kind=kind, text="", media=media)
        MessageFactory(conversation=chat, kind="video", text="")
    page = sam.get(f"/inbox/{chat.number}/").content.decode()
    for shown in ("data-lightbox=", 'class="inbox-film"', 'class="inbox-sound"', 'download="our.pdf"'):
        assert shown in page
    assert "PDF · 1.2 MB" in page
    assert "The phone app shows it." in page


def test_today_is_that_of_the_team_and_not_of_the_server(tenant, sam, sales):
    far = (
        "Pacific/Kiritimati" if timezone.now().hour >= 12 else "Pacific/Pago_Pago"
    )  # another date there by now
    tenant.time_zone = far
    tenant.save()
    with tenant_scope(tenant):
        chat = ConversationFactory(assignee=sales)
        MessageFactory(conversation=chat, at=timezone.now())
    assert timezone.localdate(timezone=zoneinfo.ZoneInfo(far)) != timezone.now().date()
    assert "<span>Today</span>" in sam.get(f"/inbox/{chat.number}/").content.decode()

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels.models import Media
from conversations.filters import ConversationFilter
from conversations.models import Conversation, ConversationStatus, Message
from tenants.scopes import tenant_scope
from tests.factories import (
    PNG,
    CampaignFactory,
    ChannelFactory,
    ConversationFactory,
    MessageFactory,
    PartFactory,
    RecipientFactory,
)
from workspace.inbox.rows import read_page

MINE = "/inbox/?mine=true&status=in_progress"


def htmx(target):
    return {"HX-Request": "true", "HX-Target": target}


def numbers(response):
    return [row.conversation.number for row in response.context["page"].rows]


@pytest.mark.requirement("S1-10")
def test_it_opens_with_my_chats_in_progress(sam, chats):
    response = sam.get("/inbox/", follow=True)
    assert response.redirect_chain == [(MINE, 302)]
    assert sorted(numbers(response)) == [chat.number for chat in chats[0]]


def test_tabs_count_what_a_salesperson_may_see(sam, chats):
    tabs = sam.get(MINE).context["tabs"]
    assert [(tab.label, tab.count) for tab in tabs.whose] == [("Mine", "3"), ("Team", "4")]
    assert [(tab.label, tab.count, tab.current) for tab in tabs.statuses] == [
        ("Pending", "0", False),
        ("In progress", "3", True),
        ("Ended", "0", False),
    ]


def test_a_colleagues_conversation_is_not_found(sam, chats, sign_in, manager):
    _mine, pending, theirs = chats
    assert sam.get(f"/inbox/{theirs.number}/").status_code == 404
    assert sam.post(f"/inbox/{theirs.number}/reply/", {"text": "hi"}).status_code == 404
    assert sam.get(f"/inbox/{pending.number}/").status_code == 200
    assert sign_in(manager).get(f"/inbox/{theirs.number}/").status_code == 200


@pytest.mark.requirement("S3-12", "S3-13", "S3-14")
def test_every_conversation_shows_its_number_in_list_and_panel(sam, chats):
    chat = chats[0][0]
    assert f"#{chat.number}<" in sam.get(MINE).content.decode()
    panel = sam.get(f"/inbox/{chat.number}/").content.decode()
    assert f'<span id="chat-number" class="figure">{chat.number}</span>' in panel


def test_pages_hang_together_without_gap_or_repetition(tenant, sales, sam):
    with tenant_scope(tenant):
        line, same = ChannelFactory(), timezone.now()
        for n in range(95):
            ConversationFactory(
                assignee=sales, channel=line, last_message_at=same - timedelta(minutes=n // 3)
            )
    seen, url = [], MINE
    while url:
        response = sam.get(url)
        seen += numbers(response)
        query = response.context["next_query"]
        url = f"/inbox/?{query}" if query else ""
    assert len(seen) == len(set(seen)) == 95


def test_all_statuses_together_stand_in_one_order(tenant, sales, manager):
    with tenant_scope(tenant):
        now = timezone.now()
        made = [
            ConversationFactory(
                assignee=sales,
                status=list(ConversationStatus)[n % 3],
                last_message_at=now - timedelta(minutes=n // 2),
            ).pk
            for n in range(11)
        ]
        in_order = [pk for pair in (made[n : n + 2] for n in range(0, 11, 2)) for pk in reversed(pair)]
        seen, cursor, wanted = [], "", ConversationFilter()
        while cursor or not seen:
            page = read_page(Conversation.objects.visible_to(manager), wanted, cursor=cursor, size=4)
            seen += [row.conversation.pk for row in page.rows]
            cursor = page.next
    assert seen == in_order


@pytest.mark.parametrize("cursor", ["x", "1", "--", "9" * 40 + "-1", "1-x"])
def test_a_broken_cursor_is_refused_in_words(sam, chats, cursor):
    assert sam.get(f"{MINE}&cursor={cursor}").status_code == 400


def test_a_broken_filter_is_refused_in_words(sam, chats):
    assert sam.get("/inbox/?status=lost").status_code == 400


@pytest.mark.parametrize(
    "path",
    [MINE, f"{MINE}&q=linen", "/inbox/?status=pending&select=message", "/inbox/{number}/?mine=true"],
)
def test_queries_do_not_grow_with_rows(tenant, sales, sam, path):
    with tenant_scope(tenant):
        line = ChannelFactory()
        first = ConversationFactory(assignee=sales, channel=line)
        MessageFactory(conversation=first)
    url = path.format(number=first.number)
    sam.get(url)
    with CaptureQueriesContext(connection) as few:
        assert sam.get(url).status_code == 200
    with tenant_scope(tenant):
        for _ in range(30):
            chat = ConversationFactory(assignee=sales, channel=line)
            MessageFactory(conversation=chat)
            MessageFactory(conversation=first, direction="out", author="member", member=sales, status="read")
        campaign = CampaignFactory()
        PartFactory(campaign=campaign)
        RecipientFactory(campaign=campaign, contact=first.contact, marked_at=timezone.now(), part_states=[3])
    with CaptureQueriesContext(connection) as many:
        assert sam.get(url).status_code == 200
    assert len(many) <= len(few) + 1  # +1: the parts of broadcasts, for however many


@pytest.mark.parametrize(
    ("target", "url", "has", "lacks"),
    [
        ("rows", MINE, 'id="rows"', "<html"),
        ("further", f"{MINE}&cursor=9000000000000000-1", "inbox-row", 'id="rows"'),
        ("list", MINE, 'id="list"', "<html"),
        ("conversation", "/inbox/{number}/", 'id="customer"', "<html"),
        ("thread", "/inbox/{number}/", 'id="thread"', 'id="reply"'),
    ],
)
def test_fragments_hold_their_element_alone(sam, chats, target, url, has, lacks):
    text = sam.get(url.format(number=chats[0][0].number), headers=htmx(target)).content.decode()
    assert has in text
    assert lacks not in text


def test_going_back_in_the_history_asks_for_the_whole_page(sam, chats):
    headers = htmx("conversation") | {"HX-History-Restore-Request": "true"}
    assert "<html" in sam.get(f"/inbox/{chats[0][0].number}/", headers=headers).content.decode()


def test_looking_marks_read_for_its_member_only(tenant, sam, chats, sign_in, manager):
    chat = chats[0][0]
    with tenant_scope(tenant):
        Conversation.objects.update(unread=2)
    sign_in(manager).get(f"/inbox/{chat.number}/")
    with tenant_scope(tenant):
        assert Conversation.objects.get(pk=chat.pk).unread == 2
    sam.force_login(chat.assignee.user)
    sam.get(f"/inbox/{chat.number}/")
    with tenant_scope(tenant):
        assert Conversation.objects.get(pk=chat.pk).unread == 0


# --- Answering -----------------------------------------------------------------------------------------------------


def test_a_reply_is_written_and_shown(tenant, sam, chats):
    chat = chats[0][0]
    answer = sam.post(f"/inbox/{chat.number}/reply/", {"text": "On its way"}, headers=htmx("thread"))
    assert "On its way" in answer.content.decode()
    with tenant_scope(tenant):
        assert Message.objects.get(direction="out").status == "waiting"


def test_a_picture_and_its_text_leave_as_two_messages(tenant, sam, chats):
    chat = chats[0][0]
    picture = SimpleUploadedFile("shirt.png", PNG, "image/png")
    sam.post(f"/inbox/{chat.number}/reply/", {"text": "This one?", "files": picture}, headers=htmx("thread"))
    with tenant_scope(tenant):
        sent = Message.objects.filter(direction="out").order_by("pk")
        assert [(m.kind, m.text) for m in sent] == [("image", ""), ("text", "This one?")]


@pytest.mark.parametrize(
    ("file", "status"), [((b"%PDF-1.4 not a picture", "shirt.png"), 415), ((b"", "empty.png"), 400)]
)
def test_what_is_no_picture_is_refused_and_nothing_sent(tenant, sam, chats, file, status):
    upload = SimpleUploadedFile(file[1], file[0], "image/png")
    answer = sam.post(
        f"/inbox/{chats[0][0].number}/reply/", {"text": "x", "files": upload}, headers=htmx("thread")
    )
    assert answer.status_code == status
    with tenant_scope(tenant):
        assert not Message.objects.filter(direction="out").exists()


def test_a_refused_reply_is_a_toast_and_keeps_the_page(tenant, sam, chats):
    chat = chats[0][0]
    answer = sam.post(f"/inbox/{chat.number}/reply/", {"text": "  "}, headers=htmx("thread"))
    assert (answer.status_code, answer["HX-Retarget"]) == (400, "#toasts")


def test_a_closed_window_shows_why_instead_of_the_box(tenant, sam, sales):
    with tenant_scope(tenant):
        chat = ConversationFactory(assignee=sales, channel=ChannelFactory(kind="whatsapp"))
        chat.contact.window_closes_at = timezone.now() - timedelta(minutes=1)
        chat.contact.save()
    response = sam.get(f"/inbox/{chat.number}/")
    assert response.context["refusal"].code == "window_closed"
    assert "The reply window is closed" in response.content.decode()


def test_join_end_and_reopen_from_the_page(tenant, sam, chats, sales):
    _mine, pending, _theirs = chats
    for act, expected in (("join", "in_progress"), ("end", "ended"), ("reopen", "in_progress")):
        assert sam.post(f"/inbox/{pending.number}/{act}/", headers=htmx("thread")).status_code == 200
        with tenant_scope(tenant):
            row = Conversation.objects.get(pk=pending.pk)
            assert (row.status, row.assignee) == (expected, sales)


def test_assigning_is_for_those_who_lead(tenant, sam, chats, sign_in, manager, sales):
    _mine, pending, _theirs = chats
    url = f"/inbox/{pending.number}/assign/"
    assert sam.post(url, {"member": sales.pk}, headers=htmx("thread")).status_code == 403
    assert sign_in(manager).post(url, {"member": sales.pk}, headers=htmx("thread")).status_code == 200
    with tenant_scope(tenant):
        assert Conversation.objects.get(pk=pending.pk).assignee == sales


# --- Files ---------------------------------------------------------------------------------------------------------


def test_a_file_is_uploaded_first_and_sent_by_its_key(tenant, sam, chats):
    chat = chats[0][0]
    picture = SimpleUploadedFile("shirt.png", PNG, "image/png")
    kept = sam.post(f"/inbox/{chat.number}/attach/", {"file": picture}).json()["media"]
    assert (kept["name"], kept["kind"]) == ("shirt.png", "image")
    form = {"text": "This one?", "media": [kept["media"], kept["media"]]}
    sam.post(f"/inbox/{chat.number}/reply/", form, headers=htmx("thread"))
    with tenant_scope(tenant):
        sent = Message.objects.filter(direction="out").order_by("pk")
        assert [m.kind for m in sent] == ["image", "image", "text"]


def test_what_the_channel_does_not_take_is_refused_by_its_rule_and_not_kept(tenant, sam, chats):
    file = SimpleUploadedFile("menu.pdf", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "application/pdf")
    answer = sam.post(f"/inbox/{chats[0][0].number}/attach/", {"file": file}).json()
    assert "LINE" in answer["error"]
    with tenant_scope(tenant):
        assert not Media.objects.exists()


def test_a_key_that_is_no_longer_here_sends_nothing(tenant, sam, chats):
    form = {"text": "x", "media": ["gone"]}
    assert sam.post(f"/inbox/{chats[0][0].number}/reply/", form).status_code == 400
    with tenant_scope(tenant):
        assert not Message.objects.filter(direction="out").exists()


def test_the_tabs_counts_come_with_the_rows(sam, chats):
    fresh = sam.get(MINE, headers=htmx("rows")).content.decode()
    assert 'id="tabs"' in fresh
    assert 'hx-swap-oob="morph"' in fresh
    assert (
        'id="tabs"'
        not in sam.get(f"{MINE}&cursor=9000000000000000-1", headers=htmx("further")).content.decode()
    )

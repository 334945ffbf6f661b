from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from conversations.models import SavedReply
from tenants.scopes import tenant_scope
from tests.factories import (
    PNG,
    ChannelFactory,
    ContactFactory,
    ConversationFactory,
    CustomerFactory,
    MediaFactory,
    SavedReplyFactory,
)


@pytest.fixture
def sam(sign_in, sales):
    return sign_in(sales)


@pytest.fixture
def rows(tenant, sales, manager):
    with tenant_scope(tenant):
        return {
            "hours": SavedReplyFactory(
                title="Opening hours", shortcut="hours", text="Hi {{ name|there }}, 11 to 9."
            ),
            "mine": SavedReplyFactory(title="My number", shortcut="me", owner=sales),
            "theirs": SavedReplyFactory(title="Secret of Mandy", owner=manager),
        }


def titles(response):
    return [entry.row.title for entry in response.context["entries"]]


def test_the_list_shows_the_teams_and_ones_own_and_searches(sam, rows):
    assert titles(sam.get("/saved-replies/")) == ["My number", "Opening hours"]
    assert titles(sam.get("/saved-replies/?q=hours")) == ["Opening hours"]
    assert titles(sam.get("/saved-replies/?whose=mine")) == ["My number"]
    fragment = sam.get("/saved-replies/?q=zzz", headers={"HX-Request": "true", "HX-Target": "list"})
    assert "No saved reply matches" in fragment.content.decode()
    assert "<html" not in fragment.content.decode()


def test_one_with_a_picture_is_written_and_changed(tenant, sam, sales):
    picture = SimpleUploadedFile("map.png", PNG, "image/png")
    answer = sam.post("/saved-replies/new/", {"title": "The way", "shortcut": "/way", "file": picture})
    assert answer["Location"] == "/saved-replies/"
    with tenant_scope(tenant):
        row = SavedReply.objects.select_related("media").get()
        assert (row.owner, row.shortcut, row.media.name) == (sales, "way", "map.png")
    form = {"title": "The way", "text": "Here we are", "file_key": row.media.key}
    sam.post(f"/saved-replies/{row.pk}/", form)
    with tenant_scope(tenant):
        row = SavedReply.objects.get()
        assert (row.text, row.media_id is not None) == ("Here we are", True)
    sam.post(f"/saved-replies/{row.pk}/", form | {"file_key": ""})
    with tenant_scope(tenant):
        assert SavedReply.objects.get().media is None


def test_a_fault_keeps_everything_typed_and_the_chosen_file(sam):
    picture = SimpleUploadedFile("map.png", PNG, "image/png")
    answer = sam.post("/saved-replies/new/", {"title": "", "text": "Here {{ surname }}", "file": picture})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Here {{ surname }}" in page
    assert "map.png" in page


def test_the_teams_is_read_only_for_a_salesperson(tenant, sam, rows):
    page = sam.get(f"/saved-replies/{rows['hours'].pk}/")
    assert not page.context["may_change"]
    assert sam.post(f"/saved-replies/{rows['hours'].pk}/", {"title": "x", "text": "x"}).status_code == 403
    assert sam.post(f"/saved-replies/{rows['hours'].pk}/delete/").status_code == 403
    assert sam.get(f"/saved-replies/{rows['theirs'].pk}/").status_code == 404
    sam.post(f"/saved-replies/{rows['mine'].pk}/delete/")
    with tenant_scope(tenant):
        assert not SavedReply.objects.filter(pk=rows["mine"].pk).exists()


# --- Picking -------------------------------------------------------------------------------------------------------


@pytest.fixture
def chat(tenant, sales):
    with tenant_scope(tenant):
        contact = ContactFactory(customer=CustomerFactory(name="Wing"))
        return ConversationFactory(assignee=sales, contact=contact, channel=contact.channel)


def test_what_is_typed_filters_with_shortcuts_first(tenant, sam, rows, chat):
    with tenant_scope(tenant):
        SavedReplyFactory(title="About hours of work", text="hours")
    options = sam.get(f"/saved-replies/pick/?q=hours&chat={chat.number}").context["options"]
    assert [row.title for row, _text in options] == ["Opening hours", "About hours of work"]
    assert options[0][1] == "Hi Wing, 11 to 9."


def test_variables_are_filled_in_for_a_chat_and_left_for_a_broadcast(sam, rows, chat):
    use = f"/saved-replies/{rows['hours'].pk}/use/"
    assert sam.get(f"{use}?chat={chat.number}").json()["text"] == "Hi Wing, 11 to 9."
    assert sam.get(use).json()["text"] == "Hi {{ name|there }}, 11 to 9."


def test_a_colleagues_chat_fills_nothing_in(tenant, sam, rows, manager):
    with tenant_scope(tenant):
        theirs = ConversationFactory(assignee=manager)
    assert sam.get(f"/saved-replies/{rows['hours'].pk}/use/?chat={theirs.number}").status_code == 404


def test_one_that_was_deleted_meanwhile_says_so(tenant, sam, rows):
    gone = rows["hours"].pk
    with tenant_scope(tenant):
        rows["hours"].delete()
    for pk in (gone, rows["theirs"].pk):
        answer = sam.get(f"/saved-replies/{pk}/use/")
        assert answer.status_code == 404
        assert "deleted meanwhile" in answer.json()["error"]


def test_its_file_comes_with_what_each_channel_says_to_it(tenant, sam):
    with tenant_scope(tenant):
        film = MediaFactory(kind="file", mime="application/pdf", extension=".pdf", name="menu.pdf")
        reply = SavedReplyFactory(media=film)
        ChannelFactory()
    media = sam.get(f"/saved-replies/{reply.pk}/use/").json()["media"]
    assert (media["kind"], media["media"]) == ("file", film.key)
    assert "line" in media["problems"]
    assert "whatsapp" not in media["problems"]

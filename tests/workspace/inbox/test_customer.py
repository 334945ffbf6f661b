"""The customer's panel, the dialog history, and what is found by search."""

from __future__ import annotations

import pytest
from django.utils import timezone

from conversations.models import Customer, Message
from tenants.models import AuditEntry
from tenants.scopes import tenant_scope
from tests.factories import (
    CampaignFactory,
    ChannelFactory,
    ContactFactory,
    ConversationFactory,
    CustomerFactory,
    MemberFactory,
    MessageFactory,
    PartFactory,
    RecipientFactory,
)

MINE = "/inbox/?mine=true&status=in_progress"


@pytest.fixture
def sam(sign_in, sales):
    return sign_in(sales)


@pytest.fixture
def chat(tenant, sales):
    """Wing's chat of today; two older ones of theirs have ended, one of them a colleague's."""
    with tenant_scope(tenant):
        wing = CustomerFactory(name="Wing", tags=["VIP"], language="zh-hant")
        contact = ContactFactory(customer=wing, channel=ChannelFactory(name="Shop LINE"))
        old = {"contact": contact, "channel": contact.channel, "status": "ended", "ended_at": timezone.now()}
        ConversationFactory(assignee=sales, **old)
        ConversationFactory(assignee=MemberFactory(), **old)
        return ConversationFactory(assignee=sales, contact=contact, channel=contact.channel)


def customer(tenant, chat):
    with tenant_scope(tenant):
        return Customer.objects.get(pk=chat.customer_id)


@pytest.mark.requirement("S3-11", "S3-14")
def test_the_dialog_history_has_every_chat_with_its_number(tenant, sam, chat, sign_in, manager):
    mine = sam.get(f"/inbox/{chat.number}/history/")
    assert [row.number for row in mine.context["chats"]] == [chat.number, chat.number - 2]
    page = sign_in(manager).get(f"/inbox/{chat.number}/history/").content.decode()
    for number in (chat.number, chat.number - 1, chat.number - 2):
        assert f'<span id="number-{number}">{number}</span>' in page
        assert f'data-copy="#number-{number}"' in page
    assert "data-copy-numbers" in page


def test_a_colleagues_customers_history_is_not_found(tenant, sam):
    with tenant_scope(tenant):
        theirs = ConversationFactory(assignee=MemberFactory())
    assert sam.get(f"/inbox/{theirs.number}/history/").status_code == 404


def test_the_history_is_read_in_pages(tenant, sam, chat, sales):
    with tenant_scope(tenant):
        for _ in range(101):
            ConversationFactory(assignee=sales, contact=chat.contact, channel=chat.channel, status="ended")
    first = sam.get(f"/inbox/{chat.number}/history/")
    second = sam.get(first.context["next_page"])
    numbers = [row.number for page in (first, second) for row in page.context["chats"]]
    assert len(numbers) == len(set(numbers)) == first.context["total"] == 103


def test_tags_come_and_go(tenant, sam, chat):
    url = f"/inbox/{chat.number}/tag/"
    panel = sam.post(url, {"add": " Tea  lover "}, headers={"HX-Request": "true"}).content.decode()
    assert "Tea lover" in panel
    sam.post(url, {"add": "tea LOVER"})
    sam.post(url, {"remove": "VIP"})
    assert customer(tenant, chat).tags == ["Tea lover"]
    assert sam.post(url, {"add": " "}).status_code == 400


def test_the_bound_member_is_changed_by_those_who_lead(tenant, sam, chat, sign_in, manager, sales):
    url = f"/inbox/{chat.number}/bind/"
    assert sam.post(url, {"member": sales.pk}).status_code == 403
    assert sign_in(manager).post(url, {"member": sales.pk}).status_code == 302
    assert customer(tenant, chat).bound_to_id == sales.pk
    with tenant_scope(tenant):
        entry = AuditEntry.objects.get(action="customer.bound")
        assert entry.details == {"before": None, "after": sales.pk}


def test_the_panel_says_what_became_of_broadcasts(tenant, sam, chat):
    with tenant_scope(tenant):
        campaign = CampaignFactory(started_at=timezone.now())
        PartFactory(campaign=campaign)
        RecipientFactory(campaign=campaign, contact=chat.contact, state=5, reason="recipient_unavailable")
    response = sam.get(f"/inbox/{chat.number}/")
    (entry,) = response.context["broadcasts"]
    assert entry["campaign"] == campaign
    page = response.content.decode()
    assert f"№{campaign.number}" in page
    assert str(entry["person"].reason) in page
    assert "Traditional Chinese" in page


# --- Search --------------------------------------------------------------------------------------------------------


def test_a_row_found_by_what_was_said_shows_the_line(tenant, sam, chat):
    with tenant_scope(tenant):
        MessageFactory(conversation=chat, text="Where is the <b>linen</b> shirt I saw last week?")
        MessageFactory(conversation=chat, text="Thanks!")
        chat.last_message_text, chat.last_message_author = "Thanks!", "customer"
        chat.save()
    row = sam.get(f"{MINE}&q=LINEN").content.decode()
    assert "&lt;b&gt;<mark>linen</mark>&lt;/b&gt; shirt" in row
    assert "Thanks!" not in row.partition('id="rows"')[2].partition("</ul>")[0]
    assert "Thanks!" in sam.get(f"{MINE}&q=wing").content.decode()


# --- Sending again -------------------------------------------------------------------------------------------------


def test_a_failed_reply_offers_to_go_again_and_does_once(tenant, sam, chat, sales):
    with tenant_scope(tenant):
        failed = MessageFactory(
            conversation=chat,
            direction="out",
            author="member",
            member=sales,
            status="failed",
            reason="channel_disconnected",
            text="Reserved for you",
        )
    url = f"/inbox/{chat.number}/messages/{failed.pk}/again/"
    assert url in sam.get(f"/inbox/{chat.number}/").content.decode()
    answer = sam.post(url, headers={"HX-Request": "true", "HX-Target": "thread"})
    assert url not in answer.content.decode()
    assert sam.post(url, headers={"HX-Request": "true"}).status_code == 409
    with tenant_scope(tenant):
        assert Message.objects.get(repeats=failed).text == "Reserved for you"


@pytest.mark.parametrize("status", ["unconfirmed", "accepted"])
def test_what_may_have_arrived_offers_nothing(tenant, sam, chat, sales, status):
    with tenant_scope(tenant):
        MessageFactory(conversation=chat, direction="out", author="member", member=sales, status=status)
    assert "/again/" not in sam.get(f"/inbox/{chat.number}/").content.decode()

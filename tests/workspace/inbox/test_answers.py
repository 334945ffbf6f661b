"""The inbox limited to those who answered a broadcast or tapped in it."""

import pytest
from django.utils import timezone

from conversations.filters import ConversationFilter
from conversations.models import Contact, Conversation
from tenants.scopes import tenant_scope
from tests.factories import CampaignFactory, ContactFactory, MemberFactory, RecipientFactory


def numbers(response):
    return sorted(row.conversation.number for row in response.context["page"].rows)


@pytest.fixture
def answered(tenant, sales, chats):
    """Sam's broadcast to four: the first answered, the second tapped, the third neither; a colleague's customer did."""
    (one, other, silent), _pending, theirs = chats
    now = timezone.now()
    with tenant_scope(tenant):
        campaign = CampaignFactory(created_by=sales, status="completed")
        for chat, done in (
            (one, {"replied_at": now}),
            (other, {"clicked_at": now}),
            (silent, {}),
            (theirs, {"replied_at": now}),
        ):
            RecipientFactory(campaign=campaign, contact=chat.contact, conversation=chat, **done)
    return campaign


def test_only_those_who_answered_or_tapped_are_shown(sam, sign_in, manager, chats, answered):
    address = f"/inbox/?answered={answered.number}"
    (one, other, _silent), _pending, theirs = chats
    assert numbers(sam.get(address)) == [one.number, other.number]  # the colleague's chat is not Sam's to see
    assert numbers(sign_in(manager).get(address)) == [one.number, other.number, theirs.number]
    assert numbers(sam.get(f"{address}&status=ended")) == []


def test_the_page_says_whose_answers_these_are_and_leads_back(sam, answered):
    address = f"/inbox/?answered={answered.number}&status=in_progress"
    page = sam.get(address).content.decode()
    assert f"Answers to broadcast №{answered.number}" in page
    assert f'href="/campaigns/{answered.number}/"' in page
    assert 'href="/inbox/?status=in_progress"' in page
    assert f'name="answered" value="{answered.number}"' in page  # searching and filtering stay within them


def test_a_broadcast_one_may_not_see_has_no_answers(tenant, sam, chats, answered):
    with tenant_scope(tenant):
        foreign = CampaignFactory(created_by=MemberFactory(), status="completed")
        RecipientFactory(campaign=foreign, contact=chats[0][0].contact, replied_at=timezone.now())
    for number in (foreign.number, 10**12):
        shown = sam.get(f"/inbox/?answered={number}")
        assert numbers(shown) == []
        assert "you may not see it" in shown.content.decode()
    assert sam.get("/inbox/?answered=x").status_code == 400


def test_somebody_who_goes_by_another_address_since_is_found(tenant, sales, chats, answered):
    with tenant_scope(tenant):
        former = ContactFactory(channel=chats[0][2].contact.channel)
        RecipientFactory(campaign=answered, contact=former, replied_at=timezone.now())
        Contact.objects.filter(pk=former.pk).update(merged_into=chats[0][2].contact)
        found = ConversationFilter(answered=str(answered.number)).apply(
            Conversation.objects.visible_to(sales), sales
        )
        assert set(found) == set(chats[0])


def test_all_of_them_can_be_chosen_for_another_broadcast(sam, chats, answered):
    shown = sam.get(f"/inbox/?answered={answered.number}&mine=true&status=in_progress&select=message")
    assert numbers(shown) == sorted(chat.number for chat in chats[0][:2])
    assert shown.context["total"].count == 2

"""The ways through the pages that salespeople know from the products they use today."""

import re

import pytest

from tenants.models import Tenant
from tenants.scopes import tenant_scope
from tests.factories import ChannelFactory, ConversationFactory, MessageFactory

MINE = "/inbox/?mine=true&status=in_progress"
SELECT = f"{MINE}&select=message"


def page(answer):
    return answer.content.decode()


@pytest.fixture
def sam(sign_in, sales):
    client = sign_in(sales)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def chats(tenant, sales):
    with tenant_scope(tenant):
        line = ChannelFactory()
        return [ConversationFactory(assignee=sales, channel=line) for _ in range(3)]


@pytest.mark.requirement("S0-1")
def test_the_rail_leads_to_broadcasts_and_their_status(sam, chats):
    assert re.search(r'href="/campaigns/"[^>]*>.*?Broadcasts', page(sam.get(MINE)), re.DOTALL)
    shown = page(sam.get("/campaigns/"))
    assert shown.count('class="tile-link"') == 5


@pytest.mark.requirement("S1-1")
def test_the_feature_has_its_name_and_belongs_to_the_omo_plan(sam, sales, tenant, chats):
    sales.user.language = "zh-hant"
    sales.user.save()
    assert re.search(
        r'href="[^"]*select=message[^"]*">(?:(?!</a>).)*群發訊息', page(sam.get(MINE)), re.DOTALL
    )
    Tenant.objects.filter(pk=tenant.pk).update(plan="starter")
    locked = page(sam.get(MINE))
    assert "select=message" not in locked
    assert "OMO" in locked
    assert sam.get(SELECT).status_code == 403


@pytest.mark.requirement("S1-13", "S1-14")
def test_single_chats_are_picked_and_handed_to_the_composer(sam, chats):
    shown = page(sam.get(SELECT))
    assert sorted(re.findall(r'value="(\d+)" data-select ', shown)) == sorted(str(c.number) for c in chats)
    form = shown.split('<form id="selection"')[1].split("</form>")[0]
    assert 'action="/campaigns/new/"' in form
    assert 'name="conversations"' in form
    answer = sam.post("/campaigns/new/", {"mode": "message", "conversations": str(chats[1].number)})
    assert "1 chat" in page(sam.get(answer.url))


@pytest.mark.requirement("S3-11")
def test_chat_numbers_are_found_in_the_history(sam, sales, tenant):
    with tenant_scope(tenant):
        ended = ConversationFactory(assignee=sales, status="ended")
    assert f"#{ended.number}<" in page(sam.get("/inbox/?status=ended"))


@pytest.mark.requirement("S4-20")
def test_media_that_is_not_here_is_announced_with_where_to_see_it(sam, tenant, chats):
    with tenant_scope(tenant):
        MessageFactory(conversation=chats[0], kind="image", text="")
    shown = page(sam.get(f"/inbox/{chats[0].number}/"))
    assert "The phone app shows it." in shown.split('class="inbox-absent"')[1].split("</p>")[0]

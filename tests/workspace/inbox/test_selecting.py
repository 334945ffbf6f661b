from __future__ import annotations

import pytest

from tenants.models import Member, Tenant
from tenants.roles import Role
from tenants.scopes import tenant_scope
from tests.factories import ChannelFactory, ConversationFactory
from tests.fixtures_tenants import hire

MINE = "/inbox/?mine=true&status=in_progress"
SELECT = f"{MINE}&select=message"
ENTRY = "Broadcast message"


@pytest.fixture
def chats(tenant, sales, manager):
    """Of Sam's: two on LINE and one on WhatsApp in progress, one ended; of Mandy's, one in progress."""
    with tenant_scope(tenant):
        line, whatsapp = ChannelFactory(), ChannelFactory(kind="whatsapp")
        for channel, status, member in (
            (line, "in_progress", sales),
            (line, "in_progress", sales),
            (whatsapp, "in_progress", sales),
            (line, "ended", sales),
            (line, "in_progress", manager),
        ):
            ConversationFactory(channel=channel, status=status, assignee=member)


def rows(response):
    return [row.conversation for row in response.context["page"].rows]


@pytest.mark.requirement("S1-11", "S2-9", "S2-10")
def test_the_top_right_menu_of_my_chats_in_progress_leads_to_selection(sign_in, sales, chats):
    page = sign_in(sales).get(MINE).content.decode()
    menu = page[page.index("page-menu") : page.index("</details>", page.index("page-menu"))]
    assert ENTRY in menu
    assert "select=message" in menu


@pytest.mark.requirement("S1-8", "S2-5")
def test_only_ones_own_chats_in_progress_can_be_selected(sign_in, sales, chats):
    found = rows(sign_in(sales).get("/inbox/?status=ended&select=message"))
    assert {(chat.status, chat.assignee) for chat in found} == {("in_progress", sales)}
    assert len(found) == 3


def test_a_manager_may_select_the_teams(sign_in, manager, chats):
    client = sign_in(manager)
    assert len(rows(client.get("/inbox/?select=message"))) == 4
    assert len(rows(client.get("/inbox/?mine=true&select=message"))) == 1


@pytest.mark.requirement("S1-12", "S2-11")
def test_select_all_stands_first_and_knows_how_many_match(sign_in, sales, chats):
    response = sign_in(sales).get(SELECT)
    page = response.content.decode()
    assert page.index("data-select-page") < page.index('type="search"') < page.index("inbox-filters")
    assert response.context["total"].count == 3
    assert response.context["total"].labels == [("line", "LINE", 2), ("whatsapp", "WhatsApp", 1)]


@pytest.mark.requirement("S2-12", "S2-13")
def test_the_funnel_narrows_what_can_be_selected_and_counts_while_choosing(sign_in, sales, chats):
    client = sign_in(sales)
    counted = client.get("/inbox/matches/?mine=true&status=in_progress&channel=line&select=message")
    assert "Show 2" in counted.content.decode()
    response = client.get(f"{SELECT}&channel=line")
    assert response.context["total"].count == 2
    assert 'data-query="mine=true&amp;status=in_progress&amp;channel=line"' in response.content.decode()


@pytest.mark.requirement("S1-4", "S2-4")
@pytest.mark.parametrize("role", ["owner", "admin"])
def test_roles_that_do_not_sell_have_no_entry_and_no_way_in(sign_in, tenant, chats, role):
    client = sign_in(hire(tenant, Role(role), "Nobody"))
    assert ENTRY not in client.get(MINE).content.decode()
    assert client.get(SELECT).status_code == 403


@pytest.mark.requirement("S1-2", "S2-3")
def test_without_the_plan_the_entry_explains_itself(sign_in, tenant, sales, chats):
    Tenant.objects.filter(pk=tenant.pk).update(plan="starter")
    client = sign_in(sales)
    page = client.get(MINE).content.decode()
    assert "Part of the OMO plan" in page
    assert "select=message" not in page
    assert client.get(SELECT).status_code == 403


def test_a_seller_with_several_roles_may(sign_in, tenant, owner, chats):
    with tenant_scope(tenant):
        Member.objects.filter(pk=owner.pk).update(roles=["owner", "salesperson"])
    assert sign_in(owner).get(SELECT).status_code == 200


def test_nothing_to_select_says_what_to_do(sign_in, sales):
    assert "Join or answer a pending conversation first" in sign_in(sales).get(SELECT).content.decode()

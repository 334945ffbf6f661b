"""Bound customers: one channel, search, single ones or all, then the composer (S2-36..41). And the question before."""

import re

import pytest

from campaigns.models import Campaign
from tenants.scopes import tenant_scope
from tests.factories import ChannelFactory, ContactFactory, ConversationFactory, CustomerFactory
from tests.workspace.broadcasts.test_status import page


@pytest.fixture
def bound(sales):
    """`bound(line, "Mei", status="ended")`: a customer of the salesperson's, with a chat in that state or none."""

    def make(channel, name, *, status="", to=sales, **person):
        contact = ContactFactory(channel=channel, customer=CustomerFactory(name=name, bound_to=to, **person))
        if status:
            ConversationFactory(contact=contact, channel=channel, status=status)
        return contact.customer

    return make


def shown_customers(shown):
    return [" ".join(name.split()) for name in re.findall(r'id="customer-\d+">([^<]+)<', shown)]


@pytest.mark.requirement("S2-36")
def test_the_section_shows_ones_own_on_one_channel(browser, bound, line, whatsapp, manager):
    for name, status in (("Ann", "pending"), ("Bea", "in_progress"), ("Cho", "ended"), ("Dee", "")):
        bound(line, name, status=status)
    bound(whatsapp, "Elsewhere")
    bound(line, "Not mine", to=manager)
    assert 'href="/campaigns/bound/"' in page(browser.get("/campaigns/"))
    shown = page(browser.get("/campaigns/bound/"))
    assert shown_customers(shown) == ["Ann", "Bea", "Cho", "Dee"]
    assert "cannot be filtered by the state" in shown
    assert "No chat yet" in shown
    assert shown_customers(page(browser.get("/campaigns/bound/", {"channel": whatsapp.pk}))) == ["Elsewhere"]


def test_search_by_name_phone_and_tag(browser, bound, line):
    bound(line, "陳美玲", phone="+886912345678")
    bound(line, "Bob", tags=["VIP"])
    for words, name in (("美玲", "陳美玲"), ("912345", "陳美玲"), ("ｂｏｂ", "Bob"), ("VIP", "Bob")):
        assert shown_customers(page(browser.get("/campaigns/bound/", {"channel": line.pk, "q": words}))) == [
            name
        ]
    assert "No customer matches" in page(browser.get("/campaigns/bound/", {"channel": line.pk, "q": "zzz"}))


def test_further_customers_follow_the_last_one_shown(browser, bound, line):
    for n in range(101):
        bound(line, f"Customer {n // 2:03}")
    first = page(browser.get("/campaigns/bound/"))
    assert len(shown_customers(first)) == 100
    following = re.search(r'hx-get="([^"]+)"', first.split('id="further"')[1])[1].replace("&amp;", "&")
    rest = page(browser.get(following, headers={"HX-Request": "true", "HX-Target": "further"}))
    assert shown_customers(rest) == ["Customer 050"]
    assert "<html" not in rest


def test_chosen_customers_open_in_the_composer(browser, bound, line):
    one, _other = bound(line, "Ann"), bound(line, "Bea")
    answer = browser.post("/campaigns/new/", {"channel": line.pk, "customers": str(one.pk)})
    campaign = Campaign.objects.get(number=answer.url.split("/")[2])
    assert campaign.audience == {"bound_customers": {"channel": line.pk, "customers": [one.pk]}}
    shown = page(browser.get(answer.url))
    assert "1 customer" in shown
    assert f'href="/campaigns/bound/?channel={line.pk}"' in shown
    assert '"person": {"name": "Ann"' in shown
    every = browser.post("/campaigns/new/", {"channel": line.pk, "customers": "all"})
    assert "2 customers" in page(browser.get(every.url))


def test_people_behind_a_line_need_no_chat(browser, bound, line):
    bound(line, "Ann")
    answer = browser.post("/campaigns/new/", {"channel": line.pk, "customers": "all"})
    number = answer.url.split("/")[2]
    shown = page(browser.get(f"/campaigns/{number}/people/?code=takes_all&channel=line"))
    assert "Ann" in shown
    assert "#" not in re.sub(r"<[^>]+>", "", shown)


def test_a_manager_looks_at_a_colleagues_customers(sign_in, bound, line, sales, manager):
    bound(line, "Ann")
    shown = page(sign_in(manager).get("/campaigns/bound/", {"channel": line.pk, "whose": sales.pk}))
    assert shown_customers(shown) == ["Ann"]
    assert f'name="whose" value="{sales.pk}"' in shown


def test_a_salesperson_does_not(browser, bound, line, manager):
    bound(line, "Theirs", to=manager)
    assert browser.get("/campaigns/bound/", {"whose": manager.pk}).status_code == 404
    refused = browser.post("/campaigns/new/", {"channel": line.pk, "customers": "all", "whose": manager.pk})
    assert refused.status_code == 400
    assert not Campaign.objects.exists()


def test_another_tenants_channel_member_and_customer_do_not_exist(sign_in, manager, line, other_tenant):
    with tenant_scope(other_tenant):
        foreign = ContactFactory(channel=ChannelFactory(), customer__name="Foreign")
    client = sign_in(manager)
    assert client.get("/campaigns/bound/", {"channel": foreign.channel_id}).status_code == 404
    assert client.get("/campaigns/bound/", {"whose": 10**9}).status_code == 404
    for form in (
        {"channel": foreign.channel_id, "customers": "all"},
        {"channel": line.pk, "customers": str(foreign.customer_id)},
    ):
        answer = client.post("/campaigns/new/", form)
        assert answer.status_code == 400
        assert "Foreign" not in page(answer)
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    "form", [{"customers": "all"}, {"channel": "x", "customers": "1"}, {"channel": "1", "customers": "a,b"}]
)
def test_nonsense_is_refused(browser, line, form):
    assert browser.post("/campaigns/new/", form).status_code == 400


def test_without_bound_customers_the_page_says_so(browser, line):
    assert "Nobody is bound here" in page(browser.get("/campaigns/bound/"))


def test_without_a_channel_the_page_says_so(browser):
    assert "No channel is connected" in page(browser.get("/campaigns/bound/"))


@pytest.mark.requirement("D-18", "S0-15")
def test_a_new_broadcast_asks_first_for_whom(browser, line):
    shown = page(browser.get("/campaigns/new/")).split('<ul class="ways">')[1].split("</ul>")[0]
    ways = re.findall(r'(?:way" href|action)="([^"]+)"', shown)
    assert ways == [
        "/inbox/?mine=true&amp;status=in_progress&amp;select=message",
        "/campaigns/bound/",
        "/campaigns/by-chats/new/",
    ]

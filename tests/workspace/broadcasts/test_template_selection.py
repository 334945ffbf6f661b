"""Choosing whom a template is for: the second entry of the menu, WhatsApp chats only, one account at a time."""

import html
import re

import pytest

from campaigns.drafts import draft_of
from campaigns.models import Campaign, CampaignKind
from tests.factories import ChannelFactory, TemplateFactory

HTMX = {"HX-Request": "true"}
MINE = "/inbox/?mine=true&status=in_progress"
SELECT = f"{MINE}&select=template"
PROMPT = {
    "en": "Please select the conversations again. A message template can only be sent to customers of the same"
    " WhatsApp business account.",
    "zh-hant": "請重新選擇對話事件。訊息範本僅支援發送相同WhatsApp商業帳號的顧客",
}


def shown(answer):
    return html.unescape(answer.content.decode())


@pytest.fixture
def two_accounts(chats, whatsapp):
    """Three chats on one WhatsApp account, over two of its numbers, and two on another."""
    same = ChannelFactory(kind="whatsapp", whatsapp_account=whatsapp.whatsapp_account)
    return chats(whatsapp, 2) + chats(same, 1), chats(ChannelFactory(kind="whatsapp"), 2)


@pytest.fixture
def choose(browser):
    """Press Next with these chats, or with all that match a filter; the answer."""

    def post(chats=(), query="", mode="template", **headers):
        numbers = ",".join(str(chat.number) for chat in chats)
        chosen = {"conversations": numbers} if chats else {"filter": query}
        return browser.post("/campaigns/new/", {"mode": mode, **chosen}, headers=headers)

    return post


@pytest.mark.requirement("S1-7", "S2-25")
def test_the_menu_of_my_chats_in_progress_has_both_entries(browser, chats, whatsapp):
    chats(whatsapp, 1)
    page = shown(browser.get(MINE))
    menu = page[page.index("page-menu") : page.index("</details>", page.index("page-menu"))]
    entries = re.findall(r"select=(\w+)[^>]*>.*?</svg>([^<]+)</a>", menu)
    assert entries == [
        ("message", "Broadcast message"),
        ("template", "Broadcast message template"),
    ]


@pytest.mark.requirement("S1-6", "S2-8", "S2-27")
def test_only_whatsapp_chats_can_be_selected_and_the_page_says_so(browser, chats, line, whatsapp):
    chats(line, 2)
    mine = chats(whatsapp, 3)
    page = browser.get(SELECT)
    assert {row.conversation for row in page.context["page"].rows} == set(mine)
    assert page.context["total"].labels == [("whatsapp", "WhatsApp", 3)]
    assert "Only WhatsApp chats" in shown(page)
    assert 'data-query="mine=true&status=in_progress&channel=whatsapp"' in shown(page)
    of_line = browser.get(f"{SELECT}&channel={line.pk}")
    assert {row.conversation for row in of_line.context["page"].rows} == set(mine)


@pytest.mark.requirement("S2-26")
def test_select_all_and_the_funnel_work_as_for_messages(browser, two_accounts, whatsapp):
    page = shown(browser.get(SELECT))
    assert page.index("data-select-page") < page.index('type="search"') < page.index("inbox-filters")
    assert "All channels" not in page
    counted = browser.get(
        f"/inbox/matches/?mine=true&status=in_progress&select=template&account={whatsapp.whatsapp_account_id}"
    )
    assert "Show 3" in shown(counted)


def test_leaving_the_selection_leaves_its_conditions(browser, two_accounts):
    page = browser.get(f"{SELECT}&tag=vip")
    assert page.context["cancel_query"] == "mine=true&status=in_progress&tag=vip"


@pytest.mark.requirement("S2-28", "S2-29", "S2-30")
@pytest.mark.parametrize("language", PROMPT)
def test_two_accounts_are_a_conflict_in_the_references_own_words(
    browser, sales, choose, two_accounts, language
):
    first, second = two_accounts
    sales.user.language = language
    sales.user.save()
    answer = choose([*first, *second], **HTMX)
    assert answer.status_code == 409
    assert answer["HX-Retarget"] == "#faults"
    assert PROMPT[language] in shown(answer)
    if language == "zh-hant":
        assert "群發訊息範本衝突提示" in shown(answer)


@pytest.mark.requirement("S2-31", "S2-32")
def test_nobody_is_left_out_silently_and_one_click_keeps_one_account(choose, two_accounts, whatsapp):
    first, second = two_accounts
    answer = choose([*first, *second], **HTMX)
    assert not Campaign.objects.exists()
    found = re.findall(r'font-medium">([^<]+)<.*?data-keep="([\d,]+)"', shown(answer), re.DOTALL)
    kept = {name: sorted(map(int, numbers.split(","))) for name, numbers in found}
    assert list(kept) == [whatsapp.whatsapp_account.name, second[0].channel.whatsapp_account.name]
    assert list(kept.values()) == [sorted(c.number for c in first), sorted(c.number for c in second)]
    assert choose(first, **HTMX)["HX-Redirect"].endswith("/edit/")


def test_all_that_match_keep_one_account_as_a_condition(browser, choose, two_accounts, whatsapp):
    answer = choose(query="mine=true&status=in_progress&channel=whatsapp", **HTMX)
    assert answer.status_code == 409
    (href,) = re.findall(rf'href="([^"]+account={whatsapp.whatsapp_account_id}&[^"]+)#all"', shown(answer))
    page = browser.get(href)
    assert page.context["total"].count == 3
    assert f"Only WhatsApp chats of {whatsapp.whatsapp_account.name}" in shown(page)


def test_without_scripts_the_prompt_is_a_page_that_goes_on_with_one_account(browser, choose, two_accounts):
    first, second = two_accounts
    answer = choose([*first, *second])
    assert answer.status_code == 409
    numbers = re.search(r'name="conversations" value="([\d,]+)"', shown(answer))[1]
    kept = browser.post("/campaigns/new/", {"mode": "template", "conversations": numbers})
    assert kept.status_code == 302
    assert Campaign.objects.get().audience == {"conversations": sorted(c.number for c in first)}


def test_messages_go_to_both_accounts_at_once(choose, two_accounts):
    first, second = two_accounts
    assert choose([*first, *second], mode="message").status_code == 302


def test_what_is_wrong_with_the_selection_is_said_over_it(choose, chats, whatsapp):
    answer = choose(chats(whatsapp, 1, status="ended"), **HTMX)
    assert (answer.status_code, answer["HX-Retarget"]) == (400, "#faults")
    assert "is not in progress" in shown(answer)
    assert 'name="mode" value="template"' in shown(answer)


def test_a_template_that_is_picked_first_narrows_to_its_account(browser, choose, two_accounts, whatsapp):
    first, _second = two_accounts
    template = TemplateFactory(account=whatsapp.whatsapp_account)
    page = browser.get(f"{MINE}&select=template-{template.pk}")
    assert {row.conversation for row in page.context["page"].rows} == set(first)
    assert f"the template {template.name} goes to no others" in shown(page)
    answer = choose(first, mode=f"template-{template.pk}")
    draft = draft_of(Campaign.objects.get())
    assert (draft.kind, draft.template.template) == (CampaignKind.TEMPLATE, template.pk)
    assert template.name in shown(browser.get(answer.url))


def test_looking_at_both_ways_leaves_one_untouched_draft_of_each(choose, chats, whatsapp):
    mine = chats(whatsapp, 1)
    for _ in range(2):
        choose(mine)
        choose(mine, mode="message")
    assert sorted(Campaign.objects.values_list("kind", flat=True)) == ["message", "template"]


def test_bound_customers_on_whatsapp_can_get_a_template(browser, sales, whatsapp, line, chats):
    for chat in chats(whatsapp, 1) + chats(line, 1):
        chat.customer.bound_to = sales
        chat.customer.save()
    assert 'name="mode" value="template"' in shown(browser.get(f"/campaigns/bound/?channel={whatsapp.pk}"))
    assert 'name="mode" value="template"' not in shown(browser.get(f"/campaigns/bound/?channel={line.pk}"))
    browser.post("/campaigns/new/", {"mode": "template", "channel": whatsapp.pk, "customers": "all"})
    assert Campaign.objects.get().kind == "template"

"""By chats (S3): its home is the list of sent broadcasts; two fields, judged while one types, make a new one."""

import re

import pytest
from django.utils import timezone

from campaigns.engine.prepare import prepare_campaigns
from campaigns.models import Campaign, Recipient
from tests.factories import CampaignFactory, PartFactory
from tests.workspace.broadcasts.test_status import page, rows


@pytest.fixture
def begin(browser):
    """Press "Create a new broadcast"; the number of the draft that opens."""

    def press():
        answer = browser.post("/campaigns/by-chats/new/")
        assert answer.status_code == 302
        return int(answer.url.split("/")[2])

    return press


@pytest.fixture
def type_in(browser):
    """`type_in(number, "12, 15", "Hello", to="save")`: what the form posts."""

    def post(number, numbers, text="Hello", to="save"):
        headers = {"HX-Request": "true"} if to == "save" else {}
        fields = {"chat_numbers": numbers, "text": text}
        return browser.post(f"/campaigns/{number}/by-chats/{to}/", fields, headers=headers)

    return post


def faults(shown):
    """{code: entries shown} of the judged list."""
    return {
        code: re.findall(r'class="fault-entry"[^>]*>([^<]+)<', group)
        for code, group in re.findall(r'data-fault="(\w+)"(.*?)</ul>', shown, re.DOTALL)
    }


@pytest.mark.requirement("S3-3", "S3-4", "S3-5")
def test_the_menu_leads_to_the_list_and_its_button(browser, past_campaign, line):
    past_campaign(line, read=3, failed=1)
    assert 'href="/campaigns/by-chats/"' in page(browser.get("/campaigns/"))
    shown = page(browser.get("/campaigns/by-chats/"))
    assert re.findall(r"<th [^>]*>([^<]+)<", shown) == [
        "№",
        "Message",
        "Agent",
        "Creation time",
        "Total chats",
        "Completed",
        "Status",
    ]
    assert len(rows(shown)) == 1
    assert "Create a new broadcast" in shown.split("</header>")[0]


@pytest.mark.requirement("S3-2", "S3-11", "S3-12")
def test_the_page_says_what_it_is_for_and_where_numbers_are_found(browser, line):
    shown = page(browser.get("/campaigns/by-chats/"))
    help_text = (
        shown.split("<details")[-1] if "How broadcasting" not in shown else shown.split("How broadcasting")[1]
    )
    assert "any channel but WhatsApp" in help_text
    assert "in the inbox&#x27;s list" in help_text or "in the inbox's list" in help_text
    assert "earlier chats" in help_text
    assert help_text.count("<li>") >= 4


@pytest.mark.requirement("S3-8", "S3-15")
def test_the_two_fields_are_labelled_as_the_platform_labels_them(browser, begin):
    shown = page(browser.get(f"/campaigns/{begin()}/by-chats/"))
    labels = dict(re.findall(r'<label for="([\w-]+)">([^<]+)</label>', shown))
    assert labels == {
        "chat-numbers": "Chat numbers (use comma as a delimiter)",
        "broadcast-message": "Broadcast message",
    }


@pytest.mark.requirement("S3-16", "S3-18")
def test_sending_shows_the_new_row_at_once(browser, begin, type_in, chats, line):
    first, second = chats(line, 2)
    number = begin()
    answer = type_in(number, f"{first.number}, {second.number}", "We are open on Sunday.", to="send")
    assert answer.url.startswith(f"/campaigns/by-chats/?sent={number}")
    (row,) = rows(page(browser.get("/campaigns/by-chats/")))
    assert (row[0], row[1], row[2], row[4]) == (str(number), "We are open on Sunday.", "Sam Lau", "2")
    prepare_campaigns()
    sent_to = Recipient.objects.filter(campaign__number=number).values_list("conversation__number", flat=True)
    assert sorted(sent_to) == [first.number, second.number]


def test_each_fault_is_named_and_nothing_is_sent(browser, begin, type_in, chats, line, whatsapp):
    (good,) = chats(line, 1)
    (refused,) = chats(whatsapp, 1)
    number = begin()
    typed = f"{good.number}, {refused.number}, x9, {good.number}, 99999"
    shown = page(type_in(number, typed))
    assert faults(shown) == {
        "not_a_number": ["x9"],
        "not_found": ["99999"],
        "repeated": [str(good.number)],
        "whatsapp": [str(refused.number)],
    }
    assert f'data-keep="{good.number}"' in shown
    assert re.search(r'<button id="send"[^>]* disabled', shown)
    answer = type_in(number, typed, to="send")
    assert answer.status_code == 400
    assert "Keep the 1 good one" in page(answer)
    campaign = Campaign.objects.get(number=number)
    assert campaign.status == "draft"
    assert campaign.audience == {"chat_numbers": typed}


def test_what_is_typed_is_kept_as_it_was(browser, begin, type_in, line):
    number = begin()
    type_in(number, " 12，x\n#", "Half a sent")
    shown = page(browser.get(f"/campaigns/{number}/by-chats/"))
    assert ">\n" not in re.search(r"<textarea[^>]*chat_numbers[^>]*>.", shown, re.DOTALL)[0]
    assert " 12，x\n#</textarea>" in shown
    assert "Half a sent</textarea>" in shown
    assert browser.get(f"/campaigns/{number}/edit/").url == f"/campaigns/{number}/by-chats/"


def test_reply_windows_and_channels_are_shown_for_the_good_ones(begin, type_in, chats, line):
    chats(line, 2)
    (out,) = chats(line, 1, opted_out_at=timezone.now())
    numbers = ",".join(str(n) for n in range(1, out.number + 1))
    shown = page(type_in(begin(), numbers + ",x"))
    assert "2 on LINE get everything." in shown
    assert "opted out" in shown
    assert "Keep the 3 good ones" in shown


def test_ten_thousand_faults_are_grouped_and_counted(begin, type_in, line):
    shown = page(type_in(begin(), ", ".join(map(str, range(50_000, 60_000)))))
    assert "10,000" in shown
    assert "and 9,970 more" in shown
    assert len(faults(shown)["not_found"]) == 30
    assert len(shown) < 20_000


def test_an_empty_message_is_asked_for(begin, type_in, chats, line):
    (chat,) = chats(line, 1)
    shown = page(type_in(begin(), str(chat.number), " "))
    assert "Message 1: This message is empty." in shown
    assert " disabled" in re.search(r'<button id="send"[^>]*>', shown)[0]


def test_a_second_click_finds_it_sent(begin, type_in, chats, line):
    (chat,) = chats(line, 1)
    number = begin()
    type_in(number, str(chat.number), to="send")
    assert type_in(number, str(chat.number), to="send").url == f"/campaigns/{number}/"
    assert type_in(number, str(chat.number)).headers["HX-Redirect"] == f"/campaigns/{number}/"
    assert Campaign.objects.exclude(status="draft").count() == 1


def test_a_draft_it_cannot_show_opens_in_the_composer(browser, sales, line):
    campaign = CampaignFactory(created_by=sales, audience={"chat_numbers": "1"})
    for position in range(2):
        PartFactory(campaign=campaign, position=position)
    answer = browser.get(f"/campaigns/{campaign.number}/by-chats/")
    assert answer.url == f"/campaigns/{campaign.number}/edit/"
    assert browser.get(answer.url).status_code == 200


def test_colleagues_drafts_do_not_exist(begin, sign_in, manager, line):
    number = begin()
    client = sign_in(manager)
    assert client.get(f"/campaigns/{number}/by-chats/").status_code == 404
    for to in ("save", "send"):
        assert client.post(f"/campaigns/{number}/by-chats/{to}/", {"chat_numbers": "1"}).status_code == 404


def test_who_may_not_send_sees_the_list_and_no_button(sign_in, owner, past_campaign, line):
    past_campaign(line, read=1)
    shown = page(sign_in(owner).get("/campaigns/by-chats/"))
    assert len(rows(shown)) == 1
    assert "Create a new broadcast</button>" not in shown
    assert "sales managers and salespeople" in shown


@pytest.mark.parametrize(
    ("language", "label"), [("zh-hant", "對話編號（以逗號分隔）"), ("zh-hans", "对话编号（以逗号分隔）")]
)
def test_it_speaks_chinese(sales, browser, begin, language, label):
    number = begin()
    sales.user.language = language
    sales.user.save()
    assert label in page(browser.get(f"/campaigns/{number}/by-chats/"))

"""The composer: from the inbox's selection to a campaign on its way, and everything that can be wrong with it."""

import html
import json
import re

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Status
from conversations.models import Message
from tenants.plans import Plan
from tests.factories import ChannelFactory, MediaFactory
from tests.workspace.broadcasts.conftest import text


def page(answer):
    return answer.content.decode()


def setup_in(shown):
    """What the page tells its scripts."""
    return json.loads(shown.split('id="composer-setup" type="application/json">')[1].split("</script>")[0])


def test_the_selection_is_shown_by_channel(browser, draft, chats, line, whatsapp):
    number = draft(chats(line, 3) + chats(whatsapp, 2))
    shown = page(browser.get(f"/campaigns/{number}/edit/"))
    assert "5 chats" in shown
    assert "select=message" in shown


def test_looking_twice_leaves_one_untouched_draft(draft, chats, line):
    first = draft(chats(line, 1))
    second = draft(chats(line, 2))
    assert first == second
    assert len(Campaign.objects.get(number=second).audience["conversations"]) == 2


@pytest.mark.requirement("S2-12")
def test_a_filter_chooses_as_the_inbox_does(browser, chats, line, whatsapp):
    chats(line, 2)
    chats(whatsapp, 3)
    answer = browser.post(
        "/campaigns/new/", {"mode": "message", "filter": "mine=true&channel=whatsapp&select=message"}
    )
    assert "3 chats" in page(browser.get(answer.url))


def test_an_unknown_condition_never_widens_the_audience(browser, chats, line):
    chats(line, 2)
    answer = browser.post("/campaigns/new/", {"mode": "message", "filter": "chanel=whatsapp"})
    assert answer.status_code == 400


@pytest.mark.parametrize("form", [{}, {"conversations": ""}, {"conversations": " "}])
def test_an_empty_selection_says_so(browser, chats, line, form):
    answer = browser.post("/campaigns/new/", {"mode": "message", **form})
    assert answer.status_code == 400
    assert "Nobody is selected" in page(answer)
    assert not Campaign.objects.exists()


@pytest.mark.requirement("S1-8", "S2-5")
def test_chats_that_cannot_be_sent_to_are_named(hand_over, chats, manager, line):
    mine = chats(line, 1)
    ended = chats(line, 1, status="ended")
    of_another = chats(line, 1, assignee=manager)
    answer = hand_over(mine + ended + of_another)
    assert answer.status_code == 400
    shown = page(answer)
    assert f"#{ended[0].number} is not in progress" in shown
    assert f"#{of_another[0].number}" in shown
    assert f"#{mine[0].number}" not in shown


def test_one_can_go_on_without_the_faulty_chats(browser, hand_over, chats, line):
    good, ended = chats(line, 2), chats(line, 1, status="ended")
    answer = hand_over(good + ended, faulty="leave_out")
    assert "2 chats" in page(browser.get(answer.url))


def test_chats_of_another_team_do_not_exist(hand_over, chats, line, other_tenant):
    answer = hand_over(chats(line, 1), conversations="1,999999")
    assert "#999999 does not exist" in page(answer)


@pytest.mark.requirement("S1-4", "S2-4")
@pytest.mark.parametrize("role", ["owner", "admin"])
def test_other_roles_are_told_who_may_broadcast(request, sign_in, role, chats, line):
    chats(line, 1)
    answer = sign_in(request.getfixturevalue(role)).post("/campaigns/new/", {"conversations": "1"})
    assert answer.status_code == 403
    assert "sales managers and salespeople" in page(answer)


@pytest.mark.requirement("S1-3", "S1-4")
@pytest.mark.parametrize("role", ["manager", "sales"])
def test_sales_roles_may_broadcast(request, sign_in, role, chats, line):
    member = request.getfixturevalue(role)
    (chat,) = chats(line, 1, assignee=member)
    answer = sign_in(member).post("/campaigns/new/", {"conversations": str(chat.number)})
    assert answer.status_code == 302


@pytest.mark.requirement("S1-2", "S2-3")
def test_a_plan_without_broadcasts_is_named(hand_over, chats, line, tenant):
    made = chats(line, 1)
    tenant.plan = Plan.STARTER
    tenant.save()
    answer = hand_over(made)
    assert answer.status_code == 403
    assert "OMO" in page(answer)


def test_what_is_typed_is_kept_even_when_it_cannot_be_sent(browser, draft, write, chats, line):
    number = draft(chats(line, 1))
    saved = write(number, [text("Half a sen"), text("")])
    assert saved.status_code == 200
    assert "Saved" in page(saved)
    setup = setup_in(page(browser.get(f"/campaigns/{number}/edit/")))
    assert [part["text"] for part in setup["parts"]] == ["Half a sen", ""]


def test_the_preflight_has_a_line_for_every_outcome(draft, write, chats, line, whatsapp):
    open_chats = chats(line, 2) + chats(whatsapp, 3)
    closed = chats(whatsapp, 2, window_closes_at=timezone.now())
    out = chats(line, 1, opted_out_at=timezone.now())
    shown = page(write(draft(open_chats + closed + out), [text("Hello")]))
    assert "2 on LINE get everything" in shown
    assert "3 on WhatsApp get everything" in shown
    assert "2 on WhatsApp last wrote more than 24 hours ago" in shown
    assert "1 on LINE opted out" in shown
    assert "Send to 5 people" in shown


def test_the_people_behind_a_line_can_be_looked_at(browser, draft, chats, whatsapp):
    closed = chats(whatsapp, 1, name="林美玲", window_closes_at=timezone.now())
    number = draft(chats(whatsapp, 1, name="Bob") + closed)
    shown = page(browser.get(f"/campaigns/{number}/people/?code=window_closed&channel=whatsapp"))
    assert "林美玲" in shown
    assert "Bob" not in shown


def test_windows_are_seen_before_the_first_word(browser, draft, chats, whatsapp):
    number = draft(chats(whatsapp, 1, window_closes_at=timezone.now()) + chats(whatsapp, 1))
    shown = page(browser.get(f"/campaigns/{number}/edit/"))
    assert "1 on WhatsApp last wrote more than 24 hours ago" in shown
    assert "Add at least one message" in shown


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([], "Add at least one message."),
        ([text(" ")], "Message 1: This message is empty."),
        (
            [text("Hi"), text("字" * 5001)],
            "Message 2: LINE takes at most 5000 characters; this may have 5001.",
        ),
        ([text("Hi {{ nickname }}")], "There is no variable “nickname”."),
        ([{"kind": "image", "media": ""}], "Message 1: Choose a file."),
    ],
)
def test_send_stays_closed_and_says_why(draft, write, chats, line, parts, reason):
    shown = page(write(draft(chats(line, 1)), parts))
    assert reason in shown
    assert 'type="submit" disabled' in shown


def test_each_channel_counts_in_its_own_way(draft, write, chats, line, whatsapp):
    emoji = "🎉" * 2400  # 4,800 UTF-16 units for LINE, 2,400 code points for WhatsApp
    assert "disabled" not in page(write(draft(chats(line, 1) + chats(whatsapp, 1)), [text(emoji)]))
    assert "LINE takes at most" in page(write(draft(chats(line, 1)), [text("🎉" * 2501)]))
    assert "WhatsApp takes at most" in page(write(draft(chats(whatsapp, 1)), [text("字" * 4097)]))


@pytest.mark.requirement("S2-15")
def test_a_sixth_part_is_refused(draft, write, chats, line):
    number = draft(chats(line, 1))
    answer = write(number, [text(str(n)) for n in range(6)], to="send")
    assert answer.status_code == 400
    assert Campaign.objects.get(number=number).status == Status.DRAFT


def test_parts_that_are_no_list_are_refused(draft, write, chats, line):
    assert write(draft(chats(line, 1)), "nonsense", to="send").status_code == 400


@pytest.mark.requirement("S1-16", "S2-14")
def test_send_starts_the_campaign_and_opens_its_page(draft, write, chats, line):
    number = draft(chats(line, 2))
    answer = write(number, [text("Hello"), text("Again")], to="send")
    assert answer.url == f"/campaigns/{number}/"
    campaign = Campaign.objects.get(number=number)
    assert campaign.status == Status.PREPARING
    assert [part.text for part in campaign.parts.all()] == ["Hello", "Again"]


def test_a_second_click_sends_nothing_more(draft, write, chats, line):
    number = draft(chats(line, 1))
    write(number, [text("Hello")], to="send")
    again = write(number, [text("Hello twice")], to="send")
    assert again.url == f"/campaigns/{number}/"
    campaign = Campaign.objects.get(number=number)
    assert [part.text for part in campaign.parts.all()] == ["Hello"]
    assert Campaign.objects.count() == 1


def test_a_late_save_cannot_change_what_was_sent(draft, write, chats, line):
    number = draft(chats(line, 1))
    write(number, [text("Hello")], to="send")
    late = write(number, [text("Changed")])
    assert late["HX-Redirect"] == f"/campaigns/{number}/"
    assert Campaign.objects.get(number=number).parts.get().text == "Hello"


def test_a_refused_send_keeps_the_text_and_the_page(draft, write, chats, line):
    (chat,) = chats(line, 1)
    number = draft([chat])
    chat.status = "ended"
    chat.save()
    answer = write(number, [text("Hello")], to="send")
    assert answer.status_code == 400
    assert f"#{chat.number} is not in progress" in page(answer)
    assert "Hello" in page(answer)


def test_a_chat_that_ended_meanwhile_can_be_left_out(browser, draft, write, chats, line):
    first, second = chats(line, 2)
    number = draft([first, second])
    first.status = "ended"
    first.save()
    answer = browser.post(f"/campaigns/{number}/save/", {"parts": "[]", "faulty": "leave_out"})
    assert answer.url == f"/campaigns/{number}/edit/"
    assert "1 chat" in page(browser.get(answer.url))


@pytest.mark.parametrize("address", ["edit/", "people/"])
def test_drafts_of_others_do_not_exist(sign_in, manager, draft, chats, line, address):
    number = draft(chats(line, 1))
    assert sign_in(manager).get(f"/campaigns/{number}/{address}").status_code == 404


@pytest.mark.requirement("S2-16", "S2-51")
def test_what_is_offered_follows_the_table_of_the_client(browser, draft, chats, line):
    instagram = ChannelFactory(kind="instagram", name="Shop Instagram")
    setup = setup_in(page(browser.get(f"/campaigns/{draft(chats(line, 1) + chats(instagram, 1))}/edit/")))
    web, app = setup["offers"]["web"], setup["offers"]["app"]
    assert web["video"]["refusals"] == {"instagram": "Instagram takes videos only from the app."}
    assert app["video"]["refusals"] == {}
    assert set(web["file"]["refusals"]) == {"line", "instagram"}
    assert web["file"]["accept"] == ""
    assert app["file"]["refusals"] == {"line": "LINE takes no files in broadcasts."}
    assert app["file"]["accept"] == ".pdf"
    assert ".mov" not in web["video"]["accept"].split(",")  # LINE takes MP4 only
    assert ".mov" in app["video"]["accept"].split(",")
    assert app["video"]["hint"].startswith("MP4 up to 25 MB")


def test_each_channel_of_the_draft_keeps_its_own_choice(browser, draft, write, chats, line, whatsapp):
    number = draft(chats(line, 1) + chats(whatsapp, 2))
    file = MediaFactory(kind="file", mime="application/pdf", extension=".pdf", name="prices.pdf")
    parts = [text("Hello"), {"kind": "file", "media": file.key}]
    shown = page(write(number, parts))
    assert "cannot take message 2 (file) and is left out. LINE takes no files in broadcasts." in shown
    assert 'data-fix="drop_part" data-channel="line"' in shown
    assert "For every channel" not in shown
    shown = page(write(number, parts, on_unsupported_by='{"line": "drop_part"}'))
    assert "1 on LINE gets everything but message 2 (file)" in shown
    assert "each gets those of the 2 messages that their channel takes" in shown
    assert "Send to 3 people" in shown
    assert 'value="{&quot;line&quot;: &quot;drop_part&quot;}"' in page(
        browser.get(f"/campaigns/{number}/edit/")
    )
    assert write(number, parts, on_unsupported_by='{"fax": "drop_part"}').status_code == 400


@pytest.mark.requirement("D-3")
def test_people_whose_channel_refuses_a_part_can_get_the_rest(draft, write, chats, line, whatsapp):
    number = draft(chats(line, 1) + chats(whatsapp, 2))
    large = MediaFactory(bytes=6_000_000, preview="kept")
    parts = [text("Hello"), {"kind": "image", "media": large.key}]
    left_out = page(write(number, parts))
    assert "Send to 1 person" in left_out
    assert 'data-fix="drop_part"' in left_out
    assert "Send to 3 people" in page(write(number, parts, on_unsupported="drop_part"))


@pytest.mark.requirement("S2-22", "D-3")
def test_the_table_of_what_channels_take_is_shown(browser, draft, chats, line):
    shown = page(browser.get(f"/campaigns/{draft(chats(line, 1))}/edit/"))
    assert "What each channel takes" in shown
    table = shown.split('<table class="rows">')[1].split("</table>")[0]
    assert table.count("<tr>") == 6
    web, app = table.count('text-error" '), table.split('class="of-app"')[1:]
    assert web == 4  # from the web: video and file on Instagram, file on LINE; from the app: file on LINE
    assert sum("text-error" in cell.split("</span>")[0] for cell in app) == 1


@pytest.mark.parametrize(
    ("language", "words"), [("zh-hant", "第 1 則"), ("zh-hans", "第 1 条"), ("en", "Message 1")]
)
def test_errors_are_told_in_the_readers_language(draft, write, chats, line, sales, language, words):
    sales.user.language = language
    sales.user.save()
    assert words in page(write(draft(chats(line, 1)), [text("")]))


def test_a_test_goes_to_a_chat_of_ones_choice_and_counts_for_nobody(
    browser, draft, write, chats, line, whatsapp
):
    number = draft(chats(line, 1))
    (mine,) = chats(whatsapp, 1, name="Sam's own phone")
    (closed,) = chats(whatsapp, 1, window_closes_at=timezone.now())
    web_chat = chats(ChannelFactory(kind="web"), 1)[0]
    offered = browser.get(f"/campaigns/{number}/test/?q=own+phone").context["rows"]
    assert [row.conversation for row in offered] == [mine]
    rows = browser.get(f"/campaigns/{number}/test/").context["rows"]
    assert {row.conversation: row.window.state for row in rows}[closed] == "closed"
    assert web_chat not in [row.conversation for row in rows]
    parts = [text("Hello {{ name|there }}"), text("See you")]
    assert write(number, parts, to="test", chat=mine.number)["HX-Retarget"] == "#toasts"
    messages = list(Message.objects.order_by("pk"))
    assert [message.text for message in messages] == ["Hello Sam's own phone", "See you"]
    assert {(message.conversation, message.test) for message in messages} == {(mine, True)}
    assert page(browser.get(f"/inbox/{mine.number}/")).count("Test</span>") == 2
    assert Campaign.objects.get().status == Status.DRAFT
    refused = write(number, parts, to="test", chat=closed.number)
    assert (refused.status_code, Message.objects.count()) == (409, 2)
    assert "the reply window of this chat is closed" in page(refused)
    assert write(number, parts, to="test", chat=web_chat.number).status_code == 404


def test_send_pressed_before_the_scripts_are_there_sends_what_was_saved(browser, draft, write, chats, line):
    number = draft(chats(line, 1))
    parts = [text("“Hello” <you> {{ name|there }}"), text("Again")]
    write(number, parts)
    shown = page(browser.get(f"/campaigns/{number}/edit/"))
    carried = html.unescape(re.search(r'name="parts" value="([^"]*)"', shown)[1])
    answer = write(number, json.loads(carried), to="send")
    assert answer.url == f"/campaigns/{number}/"
    assert [part.text for part in Campaign.objects.get().parts.all()] == [part["text"] for part in parts]

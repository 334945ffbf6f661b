"""The status page: five counters, the list with its columns, what it filters and finds."""

import re

import pytest

from tests.workspace.broadcasts.conftest import text


def page(answer):
    return answer.content.decode()


def tile(shown, name):
    """The figures of one tile: its own, then the lines below it."""
    tiles = shown.split('<ul class="tiles">')[1].split("<form")[0].split('<li class="tile">')[1:]
    order = ["created", "sent", "interacted", "failed", "waiting"]
    return [int(n) for n in re.findall(r'class="figure[^"]*">([\d,]+)<', tiles[order.index(name)])]


def rows(shown):
    """The cells of every row, as text."""
    body = shown.split("<tbody>")[1].split("</tbody>")[0] if "<tbody>" in shown else ""
    return [
        [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split())
            for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)
    ]


@pytest.mark.requirement("S0-2", "S0-3", "S0-7")
def test_broadcasts_created_sent_and_waiting_are_counted(browser, past_campaign, line):
    past_campaign(line, read=2)
    past_campaign(line, read=1)
    past_campaign(line, status="scheduled").__class__.objects.filter(status="scheduled").update(
        started_at=None
    )
    shown = page(browser.get("/campaigns/"))
    assert tile(shown, "created")[0] == 3
    assert tile(shown, "sent")[0] == 2
    assert tile(shown, "waiting")[0] == 1


@pytest.mark.requirement("S0-4", "S0-6", "S0-27")
def test_people_who_interacted_failed_or_wait_are_three_figures(browser, past_campaign, line):
    past_campaign(line, read=2, failed=4)
    past_campaign(line, status="running", waiting=5, read=1)
    past_campaign(line, status="refused")
    shown = page(browser.get("/campaigns/"))
    assert tile(shown, "interacted")[0] == 3
    assert tile(shown, "failed")[:2] == [1, 4]
    assert tile(shown, "waiting")[-1] == 5


@pytest.mark.requirement("D-8")
def test_broadcasts_and_people_are_counted_and_each_figure_has_its_unit(browser, past_campaign, line):
    past_campaign(line, accepted=4, delivered=2, read=1, partial=1, failed=3, skipped=5)
    past_campaign(line, status="running", waiting=6, sending=2)
    shown = page(browser.get("/campaigns/"))
    assert tile(shown, "created") == [2]
    assert tile(shown, "sent") == [2, 7, 3, 1]  # broadcasts; people sent to, of them delivered, of them read
    assert tile(shown, "interacted")[0] == 2
    assert tile(shown, "failed") == [0, 3, 1, 5]  # broadcasts; people failed, partly reached, left out
    assert tile(shown, "waiting") == [0, 8]
    units = re.findall(r'</strong>\s*<span class="text-muted text-xs">(\w+)</span>', shown)
    assert units == ["broadcasts", "broadcasts", "people", "broadcasts", "broadcasts"]


@pytest.mark.parametrize("name", ["created", "sent", "interacted", "failed", "waiting"])
def test_every_tile_opens_its_list(browser, past_campaign, line, name):
    past_campaign(line, read=1)
    order = ["created", "sent", "interacted", "failed", "waiting"]
    links = re.findall(r'class="tile-link" href="([^"]+)"', page(browser.get("/campaigns/")))
    assert browser.get(links[order.index(name)]).status_code == 200


@pytest.mark.requirement("S0-20", "S0-21", "S0-26")
def test_the_hint_beside_the_failed_explains_undeliverable(browser, past_campaign, line):
    past_campaign(line, failed=1)
    shown = page(browser.get("/campaigns/"))
    hint = shown.split("reason-hint-text")[1].split("</details>")[0]
    assert "Message Undeliverable" in hint
    assert hint.count("<li>") == 4
    assert "This phone has blocked messages from strangers" in hint


@pytest.mark.requirement("S3-21", "S3-22", "S3-25")
def test_a_row_names_number_message_and_agent(browser, past_campaign, line):
    campaign = past_campaign(line, read=2)
    (row,) = rows(page(browser.get("/campaigns/")))
    assert row[:3] == [str(campaign.number), "New arrivals for you", "Sam Lau"]


@pytest.mark.requirement("S3-27", "S3-28", "S3-31")
def test_total_and_completed_are_two_figures(browser, past_campaign, line):
    past_campaign(line, accepted=3, delivered=2, read=1, failed=2, skipped=1)
    (row,) = rows(page(browser.get("/campaigns/")))
    assert row[4:6] == ["9", "6"]


@pytest.mark.requirement("S3-29", "S3-30", "D-10")
@pytest.mark.parametrize(
    ("status", "terms", "said"),
    [
        ("completed", {"read": 2}, "Completed"),
        ("completed", {"read": 2, "failed": 1}, "Completed with failures 1 failed"),
        ("running", {"waiting": 2}, "Sending Nobody at work"),
        ("paused", {"waiting": 2}, "Paused Waits for Resume"),
    ],
)
def test_the_status_is_said_in_words(browser, past_campaign, line, status, terms, said):
    past_campaign(line, status=status, **terms)
    (row,) = rows(page(browser.get("/campaigns/")))
    assert row[6] == said


@pytest.mark.requirement("S3-26", "D-9")
def test_creation_time_is_the_start_and_the_tooltip_has_the_others(browser, past_campaign, line):
    past_campaign(line, read=1)
    shown = page(browser.get("/campaigns/"))
    tooltip = re.search(r'title="([^"]*created[^"]*)"', shown)[1]
    assert "started" in tooltip
    assert "finished" in tooltip
    assert "(CST)" in tooltip


@pytest.mark.requirement("S3-4", "S3-19", "S3-20")
def test_every_broadcast_is_one_row_newest_first(browser, past_campaign, line):
    first, second = past_campaign(line, read=1), past_campaign(line, read=1)
    numbers = [row[0] for row in rows(page(browser.get("/campaigns/")))]
    assert numbers == [str(second.number), str(first.number)]


@pytest.mark.requirement("S3-18")
def test_a_broadcast_just_sent_is_in_the_list(browser, draft, write, chats, line):
    number = draft(chats(line, 1))
    write(number, [text("Just now")], to="send")
    assert rows(page(browser.get("/campaigns/")))[0][1] == "Just now"


def test_a_draft_nobody_wrote_in_is_not_listed(browser, draft, write, chats, line):
    number = draft(chats(line, 1))
    assert rows(page(browser.get("/campaigns/"))) == []
    write(number, [text("Begun")])
    assert rows(page(browser.get("/campaigns/")))[0][6] == "Draft"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=completed", ["2", "1"]),
        ("status=failures", ["2"]),
        ("status=running", ["3"]),
        ("status=interacted", ["3", "2", "1"]),
        ("q=linen", ["2"]),
        ("q=%23%EF%BC%93", ["3"]),
        ("q=Sam", ["3", "2", "1"]),
        ("q=nothing-like-it", []),
        ("status=nonsense", ["3", "2", "1"]),
    ],
)
def test_status_and_words_narrow_the_list(browser, past_campaign, line, query, found):
    past_campaign(line, read=1)
    past_campaign(line, failed=1, words="Linen shirts")
    past_campaign(line, status="running", waiting=1)
    assert [row[0] for row in rows(page(browser.get(f"/campaigns/?{query}")))] == found


def test_the_list_goes_on_where_a_page_ended(browser, past_campaign, line):
    for _ in range(27):
        past_campaign(line, read=1)
    first = page(browser.get("/campaigns/"))
    onward = re.search(r'href="([^"]+)" rel="next"', first)[1]
    second = page(browser.get(onward))
    numbers = [int(row[0]) for row in rows(first) + rows(second)]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 27


@pytest.mark.requirement("S3-5")
def test_an_empty_page_says_what_to_do_next(browser, line):
    shown = page(browser.get("/campaigns/"))
    assert "No broadcasts yet" in shown
    assert 'href="/campaigns/new/"' in shown


@pytest.mark.requirement("S0-15")
def test_new_broadcast_leads_to_choosing_for_whom(browser, line):
    shown = page(browser.get("/campaigns/new/"))
    assert "/inbox/?mine=true&amp;status=in_progress&amp;select=message" in shown


def test_who_may_not_broadcast_sees_why_and_no_button(sign_in, owner, line):
    shown = page(sign_in(owner).get("/campaigns/"))
    assert "sales managers and salespeople" in shown
    assert 'href="/campaigns/new/"' not in shown


def test_salespeople_see_their_own_and_leaders_all(sign_in, sales, manager, past_campaign, line):
    past_campaign(line, by=manager, read=1)
    assert rows(page(sign_in(sales).get("/campaigns/"))) == []
    assert len(rows(page(sign_in(manager).get("/campaigns/")))) == 1


def test_queries_do_not_grow_with_rows(browser, past_campaign, line, django_assert_max_num_queries):
    for _ in range(25):
        past_campaign(line, read=1)
    with django_assert_max_num_queries(14):
        browser.get("/campaigns/")

"""Links on the pages: the switch in the composers, and what came of them on the broadcast's page."""

import csv
import io
import json
import re

import pytest
from django.utils import timezone

from campaigns.drafts import draft_of
from campaigns.links.figures import links_of
from campaigns.links.freezing import freeze_links
from campaigns.links.taps import note_robot, note_tap
from campaigns.models import Campaign, DeliveryRank, PartState, State
from tests.factories import PartFactory
from tests.workspace.broadcasts.conftest import text


def page(answer):
    return answer.content.decode()


def switch(shown):
    """(whether it is seen, whether it is on)"""
    box = re.search(r'<div id="track-links"[^>]*>', shown)[0]
    return " hidden" not in box, "checked" in re.search(r'<input id="track-links-switch"[^>]*>', shown)[0]


def test_the_switch_is_seen_where_a_text_has_a_link_and_kept(browser, draft, write, chats, line):
    number = draft(chats(line, 1))
    address = f"/campaigns/{number}/edit/"
    assert switch(page(browser.get(address))) == (False, True)
    write(number, [text("See https://shop.example")])
    assert switch(page(browser.get(address))) == (True, True)
    write(number, [text("See https://shop.example")], track_links="off")
    assert switch(page(browser.get(address))) == (True, False)
    assert not draft_of(Campaign.objects.get(number=number)).track_links
    browser.post(f"/campaigns/{number}/duplicate/")
    assert not Campaign.objects.latest("pk").track_links


def test_by_chats_has_it_too(browser, chats, line):
    (chat,) = chats(line, 1)
    number = int(browser.post("/campaigns/by-chats/new/").url.split("/")[2])
    form = {"chat_numbers": str(chat.number), "text": "See https://shop.example"}
    for said, on in ((["off", "on"], True), (["off"], False)):
        browser.post(f"/campaigns/{number}/by-chats/save/", form | {"track_links": said})
        assert switch(page(browser.get(f"/campaigns/{number}/by-chats/"))) == (True, on)


@pytest.fixture
def sent(past_campaign, person_in, line, tenant):
    """To four on LINE: one tapped both links, one the first, one neither; one got only the first message."""
    tenant.official_sites = ["shop.example"]
    tenant.save()
    campaign = past_campaign(line, delivered=3, partial=1, words="Hello https://shop.example/sale")
    PartFactory(campaign=campaign, position=1, kind="text", text="Or https://b.example/x")
    campaign.tenant = tenant
    freeze_links(campaign)
    campaign.counters.update(replied=0, interacted=0)
    both, first, neither = (
        person_in(
            campaign,
            line,
            name=name,
            state=State.ACCEPTED,
            delivery=DeliveryRank.DELIVERED,
            part_states=[PartState.ACCEPTED] * 2,
            accepted_at=timezone.now(),
        )
        for name in ("Both", "First", "Neither")
    )
    half = person_in(
        campaign,
        line,
        name="Half",
        state=State.PARTIAL,
        reason="expired",
        part_states=[PartState.ACCEPTED, PartState.FAILED],
        accepted_at=timezone.now(),
    )
    one, other = campaign.links.all()
    for link, person in ((one, both), (other, both), (one, both), (one, first)):
        note_tap(link, person.pk, timezone.now())
    note_robot(one, neither.pk)
    return campaign, both, half


@pytest.mark.requirement("S1-21")
def test_each_link_tells_how_many_were_sent_it_and_tapped_it(browser, sent):
    campaign, _both, _half = sent
    found = [
        (each.link.url, each.link.official, each.sent, each.people, each.taps, each.robots)
        for each in links_of(campaign)
    ]
    assert found == [
        ("https://shop.example/sale", True, 4, 2, 3, 1),
        ("https://b.example/x", False, 3, 1, 1, 0),
    ]
    shown = page(browser.get(f"/campaigns/{campaign.number}/"))
    assert f'hx-get="/campaigns/{campaign.number}/links/"' in shown
    table = re.sub(r"<[^>]+>", " ", page(browser.get(f"/campaigns/{campaign.number}/links/")))
    assert re.search(r"https://shop.example/sale\s+official\s+4\s+2\s+3\s+1\s", table)
    assert re.search(r"https://b.example/x\s+other\s+3\s+1\s+1\s+0\s", table)


def names(shown):
    return re.findall(r'class="link link-hover[^>]*>([^<]+)<', shown)


@pytest.mark.requirement("B-12")
def test_who_tapped_and_who_did_not_can_be_looked_at_and_written_to(browser, sent):
    campaign, _both, _half = sent
    shown = page(browser.get(f"/campaigns/{campaign.number}/"))
    assert "2 people answered or tapped" in shown
    assert "2 tapped a link" in shown
    assert f'href="/inbox/?answered={campaign.number}"' in shown
    for state, people in (("clicked", ["Both", "First"]), ("not_clicked", ["Neither"])):
        listed = page(browser.get(f"/campaigns/{campaign.number}/?state={state}"))
        assert names(listed) == people
        assert f'name="states" value="{state}"' in listed
    answer = browser.post("/campaigns/new/", {"campaign": campaign.number, "states": "not_clicked"})
    follow_up = Campaign.objects.get(number=int(answer.url.split("/")[2]))
    assert follow_up.audience == {"campaign": {"id": campaign.number, "states": ["not_clicked"]}}
    assert "1 person" in page(browser.get(answer.url))


def test_without_links_nothing_is_said_of_taps(browser, past_campaign, line):
    campaign = past_campaign(line, read=2)
    shown = page(browser.get(f"/campaigns/{campaign.number}/"))
    assert "tapped nothing" not in shown
    assert f"/campaigns/{campaign.number}/links/" not in shown


def test_the_file_and_the_drawer_tell_when_somebody_tapped(browser, sent):
    campaign, both, _half = sent
    answer = browser.get(f"/campaigns/{campaign.number}/people.csv?state=clicked")
    written = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(written)))
    (column,) = [name for name in rows[0] if name.startswith("Tapped")]
    assert [(row["Customer"], bool(row[column])) for row in rows] == [("Both", True), ("First", True)]
    drawer = page(browser.get(f"/campaigns/{campaign.number}/recipients/{both.pk}/"))
    assert "Tapped https://shop.example/sale" in drawer
    assert "Tapped https://b.example/x" in drawer


def test_the_composer_is_told_how_long_a_short_link_is(browser, draft, chats, line, settings):
    shown = page(browser.get(f"/campaigns/{draft(chats(line, 1))}/edit/"))
    short = re.search(r'data-short="([^"]+)"', shown)[1]
    assert len(short) == len(f"{settings.PUBLIC_URL}/l/") + 20
    assert json.loads(shown.split('id="composer-setup" type="application/json">')[1].split("</script>")[0])

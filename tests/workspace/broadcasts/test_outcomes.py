"""What came of a broadcast, on its page: each message of a person, doubts, retries, the chart."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from campaigns.models import Campaign, PartState, Recipient, State
from conversations.models import Contact

UNITS = [PartState.ACCEPTED, PartState.DROPPED, PartState.FAILED, PartState.WAITING]


def page(answer):
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def asked_for(campaign):
    campaign.audience = {"filter": {"status": "in_progress"}}
    campaign.save(update_fields=["audience"])
    return campaign


def text_of(markup):
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


@pytest.fixture
def failed(past_campaign, person_in, whatsapp, sales):
    """A broadcast that ended with one person failed, whose chat is the salesperson's."""
    campaign = asked_for(past_campaign(whatsapp, failed=1))
    person = person_in(campaign, whatsapp, state=State.FAILED, part_states=[4], reason="undeliverable")
    person.conversation.assignee = sales
    person.conversation.save()
    return campaign, person


@pytest.fixture
def doubtful(past_campaign, person_in, whatsapp, sales):
    campaign = asked_for(past_campaign(whatsapp, unconfirmed=2))
    people = []
    for minutes in (20, 5):
        person = person_in(
            campaign,
            whatsapp,
            state=State.UNCONFIRMED,
            part_states=[2],
            marked_at=timezone.now() - timedelta(minutes=minutes),
            reason="answer_lost",
        )
        person.conversation.assignee = sales
        person.conversation.save()
        people.append(person)
    return campaign, people


@pytest.mark.requirement("D-14", "S0-18")
def test_the_drawer_shows_each_message_with_its_times_and_reason(browser, past_campaign, person_in, whatsapp):
    campaign = past_campaign(whatsapp, partial=1)
    at = timezone.now()
    person = person_in(
        campaign,
        whatsapp,
        state=State.PARTIAL,
        part_states=UNITS,
        delivered_at=[at, None, None, None],
        failed_at=[None, None, at, None],
        reason="media_rejected",
    )
    shown = page(browser.get(f"/campaigns/{campaign.number}/recipients/{person.pk}/"))
    assert "partial, 1 of 3" in shown  # what was left out on purpose counts for nothing
    first, second, third, fourth = map(text_of, re.findall(r"<li class=\"flex gap-3.*?</li>", shown, re.S))
    assert "delivered" in first
    assert "left out" in second
    assert "failed" in third
    assert "File not accepted" in third
    assert "not sent" in fourth


def test_a_window_that_closed_says_when_in_the_teams_zone(
    browser, past_campaign, person_in, whatsapp, tenant
):
    campaign = past_campaign(whatsapp, skipped=1)
    closed = timezone.now() - timedelta(days=1, minutes=2)
    person_in(campaign, whatsapp, state=State.SKIPPED, reason="window_closed", closes_at=closed)
    local = closed.astimezone(tenant.zone)
    shown = page(browser.get(f"/campaigns/{campaign.number}/"))
    assert tenant.zone.utcoffset(closed) != timedelta(0)
    assert "Reply window closed at " + date_format(local, "SHORT_DATETIME_FORMAT") in shown


def test_retry_names_people_and_cost_first_and_links_both_broadcasts(browser, failed):
    campaign, person = failed
    address = f"/campaigns/{campaign.number}/retry/"
    assert f'href="{address}"' in page(browser.get(f"/campaigns/{campaign.number}/"))
    asked = text_of(page(browser.get(address)))
    assert "Send to 1 person" in asked
    assert "Cost:" in asked
    assert not Campaign.objects.filter(retry_of=campaign).exists()
    answer = browser.post(address)
    retry = Campaign.objects.get(retry_of=campaign)
    assert answer.url == f"/campaigns/{retry.number}/"
    assert f"Broadcast №{retry.number}" in text_of(page(browser.get(f"/campaigns/{campaign.number}/")))
    assert f"Broadcast №{campaign.number}" in text_of(page(browser.get(answer.url)))
    asked = page(browser.get(address))
    assert "Nobody is left to retry" in asked
    assert "disabled" in asked
    drawer = page(browser.get(f"/campaigns/{campaign.number}/recipients/{person.pk}/"))
    assert f"Sent again with broadcast №{retry.number}" in drawer


def test_a_window_closed_since_is_named_and_nothing_can_be_sent(browser, failed):
    campaign, person = failed
    Contact.objects.filter(pk=person.contact_id).update(window_closes_at=timezone.now())
    asked = page(browser.get(f"/campaigns/{campaign.number}/retry/"))
    assert "last wrote more than 24 hours ago" in asked
    assert "disabled" in asked


@pytest.mark.requirement("B-3")
def test_doubts_are_listed_with_what_is_known_and_decided_by_a_person(browser, doubtful):
    campaign, (old, young) = doubtful
    shown = page(browser.get(f"/campaigns/{campaign.number}/"))
    listed = shown.split('id="doubts-title"')[1].split("</section>")[0]
    assert f"?recipient={old.pk}" in listed
    assert f"?recipient={young.pk}" not in listed
    assert "You may decide from" in listed
    assert "WhatsApp&#x27;s report that names this message." in listed
    asked = page(browser.get(f"/campaigns/{campaign.number}/again/?recipient={old.pk}"))
    assert "second time" in asked
    answer = browser.post(f"/campaigns/{campaign.number}/again/", {"recipient": old.pk})
    assert answer.status_code == 302
    old.refresh_from_db()
    young.refresh_from_db()
    assert old.retried_in.in_doubt
    assert young.retried_in is None
    assert f"Sent again with №{old.retried_in.number}" in page(browser.get(f"/campaigns/{campaign.number}/"))


@pytest.mark.parametrize("recipient", ["0", "x", "9" * 30, "1; DROP"])
def test_somebody_who_is_not_in_doubt_cannot_be_sent_to_again(browser, doubtful, recipient):
    campaign, _people = doubtful
    answer = browser.post(f"/campaigns/{campaign.number}/again/", {"recipient": recipient})
    assert answer.status_code == 400
    assert not Recipient.objects.exclude(retried_in=None).exists()


def test_the_chart_holds_its_figures_and_comes_alone_for_htmx(browser, past_campaign, whatsapp):
    campaign = past_campaign(whatsapp, delivered=2, read=3)
    shown = page(browser.get(f"/campaigns/{campaign.number}/"))
    figures = json.loads(re.search(r'<script id="chart-data"[^>]*>(.*?)</script>', shown)[1])
    assert figures["sent"] == [0, 5]
    assert figures["read"] == [0, 3]
    alone = page(
        browser.get(f"/campaigns/{campaign.number}/", headers={"HX-Request": "true", "HX-Target": "chart"})
    )
    assert "chart-data" in alone
    assert "doubts-title" not in alone
    assert 'class="equation"' not in alone

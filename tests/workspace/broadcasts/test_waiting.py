"""What the pages say about waiting, held people and the check."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Counter, Recipient, Shard, State, Status
from campaigns.outlook import Outlook, Wait, Waiting
from channels.services import set_enabled
from tests.factories import (
    CampaignFactory,
    ContactFactory,
    MemberFactory,
    PartFactory,
    RecipientFactory,
)
from workspace.broadcasts.waiting import WORDS, brief, duration, finish_text, shown_waits

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(sales, whatsapp):
    """A campaign with three people waiting on WhatsApp, one of whom has a window that closes soon."""
    campaign = CampaignFactory(created_by=sales, status=Status.RUNNING, total=3, started_at=timezone.now())
    PartFactory(campaign=campaign, text="Hello")
    shard = Shard.objects.create(tenant=campaign.tenant, campaign=campaign, channel=whatsapp, people=3)
    until = timezone.now() + timedelta(hours=1)
    for _ in range(3):
        contact = ContactFactory(channel=whatsapp, window_closes_at=until)
        RecipientFactory(campaign=campaign, contact=contact, shard=shard, closes_at=until)
    Counter.objects.create(tenant=campaign.tenant, campaign=campaign, channel=whatsapp, waiting=3)
    return campaign


def page(browser, campaign):
    return browser.get(f"/campaigns/{campaign.number}/").content.decode()


def test_every_code_is_explained():
    assert {str(code) for code in WORDS} == {code.value for code in Waiting}


def test_the_page_and_the_list_say_what_it_waits_for(browser, running, whatsapp):
    whatsapp.enabled = False
    whatsapp.save()
    shown = page(browser, running)
    assert "The channel is switched off; whoever waits on it is held." in shown
    assert "An administrator switches it on again" in shown
    assert "A channel is switched off" in browser.get("/campaigns/").content.decode()


def test_switching_on_again_offers_to_continue_with_the_closed_windows_named(browser, running, whatsapp):
    owner = MemberFactory(tenant=running.tenant, roles=["owner"])
    set_enabled(whatsapp, False, by=owner)
    shown = page(browser, running)
    assert "3 people wait: the channel was switched off." in shown
    assert f"/campaigns/{running.number}/held/{whatsapp.pk}/continue/" not in shown
    set_enabled(whatsapp, True, by=owner)
    late = Recipient.objects.first().contact
    late.window_closes_at = timezone.now() - timedelta(minutes=1)
    late.save()
    shown = page(browser, running)
    assert "1 reply window has closed meanwhile" in shown
    assert "Channel switched off" in shown  # beside each person
    browser.post(f"/campaigns/{running.number}/held/{whatsapp.pk}/continue/")
    assert not Shard.objects.exclude(held="").exists()
    assert "people wait: the channel" not in page(browser, running)


def test_leaving_them_out_ends_the_campaign(browser, running, whatsapp):
    set_enabled(whatsapp, False, by=MemberFactory(tenant=running.tenant, roles=["owner"]))
    browser.post(f"/campaigns/{running.number}/held/{whatsapp.pk}/leave-out/")
    assert Campaign.objects.get(pk=running.pk).status == "completed"
    assert set(Recipient.objects.values_list("state", flat=True)) == {State.CANCELLED}


def test_nobody_else_decides_over_held_people(sign_in, running, whatsapp):
    set_enabled(whatsapp, False, by=MemberFactory(tenant=running.tenant, roles=["owner"]))
    stranger = sign_in(MemberFactory(tenant=running.tenant, roles=["salesperson"]))
    assert stranger.post(f"/campaigns/{running.number}/held/{whatsapp.pk}/leave-out/").status_code == 404
    assert Shard.objects.exclude(held="").exists()


def test_words_of_an_outlook():
    at = timezone.now() + timedelta(seconds=30)
    waits = (Wait(Waiting.OTHER_CAMPAIGNS, "Shop", count=2), Wait(Waiting.NO_WORKER))
    outlook = Outlook(at, 30, waits)
    assert shown_waits(outlook)[0].text == "2 other broadcasts use the same channel; they take turns."
    assert brief(outlook).startswith("Nobody at work")
    assert finish_text(outlook).startswith("Expected to finish at ")
    assert finish_text(Outlook(None, 600, waits)) == "About 10 minutes of sending left once it goes on"
    assert finish_text(Outlook()) == brief(Outlook()) == ""
    assert (duration(3), duration(5_400), duration(7_000)) == ("a minute", "2 hours", "2 hours")
    assert shown_waits(Outlook(waits=(Wait("quiet_moon"),)))[0].text == "quiet_moon"


def test_the_check_is_offered_only_where_no_provider_is_real(browser, running, settings):
    Campaign.objects.filter(pk=running.pk).update(status=Status.COMPLETED)
    settings.PROVIDER_URLS = settings.PROVIDER_URLS | {"graph": "https://graph.facebook.com"}
    assert f"/campaigns/{running.number}/check/" not in page(browser, running)
    assert browser.get(f"/campaigns/{running.number}/check/").status_code == 409
    assert browser.get(f"/campaigns/{running.number}/check/parts.csv").status_code == 409
    settings.PROVIDER_URLS = dict.fromkeys(settings.PROVIDER_URLS, "http://127.0.0.1:9")
    assert f"/campaigns/{running.number}/check/" in page(browser, running)
    answer = browser.get(f"/campaigns/{running.number}/check/")
    assert "The provider sandbox does not answer" in answer.content.decode()

"""The campaign page: the equation, reasons, people, and what can be done."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign, DeliveryRank, PartState, State, Status
from tests.factories import MediaFactory, PartFactory


def page(answer):
    return answer.content.decode()


def equation(shown):
    """ "6 people = 1 accepted + 2 delivered + 3 read" as text."""
    line = shown.split('<p class="equation">')[1].split("</p>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", line).split())


def names(shown):
    return re.findall(r'class="link link-hover[^>]*>([^<]+)<', shown)


@pytest.mark.requirement("S0-16", "S0-18", "S0-17")
def test_the_equation_adds_up(browser, past_campaign, line):
    terms = {"accepted": 60, "delivered": 40, "read": 88, "failed": 9, "skipped": 3}
    campaign = past_campaign(line, **terms)
    shown = page(browser.get(f"/campaigns/{campaign.number}/"))
    assert equation(shown) == "200 people = 60 accepted + 40 delivered + 88 read + 9 failed + 3 skipped"


def test_every_term_that_is_not_zero_is_shown(browser, past_campaign, line):
    every = [
        "accepted",
        "delivered",
        "read",
        "partial",
        "failed",
        "skipped",
        "unconfirmed",
        "cancelled",
        "sending",
    ]
    campaign = past_campaign(line, status="running", waiting=10, **dict.fromkeys(every, 1))
    shown = page(browser.get(f"/campaigns/{campaign.number}/"))
    assert equation(shown).startswith("19 people = 1 accepted + ")
    assert equation(shown).count("+") == 9
    assert shown.count("<rect ") == 10


def test_the_result_leads_to_the_chats_of_those_who_answered(browser, past_campaign, line):
    campaign = past_campaign(line, read=2)
    link = f'href="/inbox/?answered={campaign.number}"'
    assert link in page(browser.get(f"/campaigns/{campaign.number}/"))
    campaign.counters.update(replied=0, interacted=0)
    assert link not in page(browser.get(f"/campaigns/{campaign.number}/"))


def test_each_term_filters_the_people(browser, past_campaign, person_in, line):
    campaign = past_campaign(line, read=1, failed=1)
    person_in(campaign, line, name="Reader", state=State.ACCEPTED, delivery=DeliveryRank.READ)
    person_in(campaign, line, name="Unlucky", state=State.FAILED, reason="recipient_invalid")
    links = re.findall(
        r'href="(\?state=\w+)#recipients"', page(browser.get(f"/campaigns/{campaign.number}/"))
    )
    assert links == ["?state=read", "?state=failed", "?state=replied"]
    assert names(page(browser.get(f"/campaigns/{campaign.number}/?state=read"))) == ["Reader"]
    assert names(page(browser.get(f"/campaigns/{campaign.number}/?state=failed"))) == ["Unlucky"]


@pytest.mark.requirement("S0-19", "S0-25")
def test_reasons_are_grouped_with_cause_cure_and_the_providers_words(
    browser, past_campaign, person_in, whatsapp
):
    campaign = past_campaign(whatsapp, failed=3)
    for _ in range(2):
        person_in(campaign, whatsapp, state=State.FAILED, reason="undeliverable", provider_code="131026")
    person_in(campaign, whatsapp, state=State.FAILED, reason="something_new")
    shown = page(browser.get(f"/campaigns/{campaign.number}/"))
    reasons = shown.split("Why some were not reached")[1].split("</section>")[0]
    first, second = reasons.split("<li")[1:3]
    assert ">2</strong>" in first
    assert "Message Undeliverable" in first
    assert "131026" in first
    assert "Check the number" in first
    assert ">1</strong>" in second


@pytest.mark.requirement("S0-26")
def test_reasons_are_told_in_traditional_chinese(browser, past_campaign, person_in, whatsapp, sales):
    campaign = past_campaign(whatsapp, failed=1)
    person_in(campaign, whatsapp, state=State.FAILED, reason="undeliverable", provider_code="131026")
    sales.user.language = "zh-hant"
    sales.user.save()
    shown = page(browser.get(f"/campaigns/{campaign.number}/"))
    assert "未能送達的原因" in shown
    assert "WhatsApp" in shown.split("未能送達的原因")[1]
    assert "Check the number" not in shown


def test_a_partly_reached_person_says_how_far(browser, past_campaign, person_in, whatsapp):
    campaign = past_campaign(whatsapp, partial=1)
    states = [PartState.ACCEPTED, PartState.ACCEPTED, PartState.FAILED, PartState.WAITING, PartState.WAITING]
    person_in(campaign, whatsapp, state=State.PARTIAL, part_states=states, reason="media_rejected")
    assert "partial, 2 of 5" in page(browser.get(f"/campaigns/{campaign.number}/"))


def test_people_are_found_by_name_and_phone(browser, past_campaign, person_in, whatsapp):
    campaign = past_campaign(whatsapp, read=2)
    person_in(campaign, whatsapp, name="林美玲", phone="+886912000001", state=State.ACCEPTED)
    person_in(campaign, whatsapp, name="Bob Chan", phone="+85290000002", state=State.ACCEPTED)
    assert names(page(browser.get(f"/campaigns/{campaign.number}/", {"q": "美玲"}))) == ["林美玲"]
    assert names(page(browser.get(f"/campaigns/{campaign.number}/", {"q": "90000002"}))) == ["Bob Chan"]


def test_the_people_go_on_where_a_page_ended(browser, past_campaign, person_in, line):
    campaign = past_campaign(line, accepted=53)
    for n in range(53):
        person_in(campaign, line, name=f"Person {n}", state=State.ACCEPTED)
    first = page(browser.get(f"/campaigns/{campaign.number}/"))
    onward = re.search(r'href="([^"]+)" rel="next"', first)[1].replace("&amp;", "&")
    second = page(browser.get(onward))
    assert len(set(names(first) + names(second))) == 53


def test_the_drawer_tells_what_happened_to_one_person(browser, past_campaign, person_in, whatsapp):
    campaign = past_campaign(whatsapp, failed=1)
    person = person_in(
        campaign,
        whatsapp,
        name="Unlucky",
        state=State.FAILED,
        reason="undeliverable",
        provider_code="131026",
        provider_answer='{"title": "Message undeliverable"}',
        marked_at=timezone.now() - timedelta(minutes=2),
        failed_at=[timezone.now()],
        part_states=[PartState.FAILED],
    )
    shown = page(browser.get(f"/campaigns/{campaign.number}/recipients/{person.pk}/"))
    assert "Unlucky" in shown
    assert "Reported as failed" in shown
    assert "&quot;Message undeliverable&quot;" in shown


def test_a_person_of_another_campaign_is_not_found(browser, past_campaign, person_in, line):
    campaign, other = past_campaign(line, read=1), past_campaign(line, read=1)
    person = person_in(other, line, state=State.ACCEPTED)
    assert browser.get(f"/campaigns/{campaign.number}/recipients/{person.pk}/").status_code == 404


def test_campaigns_of_colleagues_are_hidden_from_salespeople(browser, past_campaign, manager, line):
    campaign = past_campaign(line, by=manager, read=1)
    assert browser.get(f"/campaigns/{campaign.number}/").status_code == 404


@pytest.mark.parametrize(
    ("before", "act", "after"),
    [
        (Status.RUNNING, "pause", Status.PAUSED),
        (Status.PAUSED, "resume", Status.RUNNING),
        (Status.RUNNING, "cancel", Status.CANCELLING),
    ],
)
def test_sending_can_be_paused_resumed_and_cancelled(browser, past_campaign, line, before, act, after):
    campaign = past_campaign(line, status=before, waiting=3)
    shown = page(browser.get(f"/campaigns/{campaign.number}/"))
    assert f'action="/campaigns/{campaign.number}/{act}/"' in shown
    browser.post(f"/campaigns/{campaign.number}/{act}/")
    assert Campaign.objects.get(pk=campaign.pk).status == after


def test_cancelling_names_who_will_not_be_sent_to(browser, past_campaign, line):
    campaign = past_campaign(line, status=Status.RUNNING, waiting=88, read=12)
    assert "88 people still wait and will not be sent to" in page(
        browser.get(f"/campaigns/{campaign.number}/")
    )


def test_what_is_over_cannot_be_paused(browser, past_campaign, line):
    campaign = past_campaign(line, read=1)
    assert browser.post(f"/campaigns/{campaign.number}/pause/").status_code == 409
    assert "/pause/" not in page(browser.get(f"/campaigns/{campaign.number}/"))


def test_a_copy_opens_as_a_new_draft(browser, past_campaign, chats, line):
    (chat,) = chats(line, 1)
    campaign = past_campaign(line, read=1)
    Campaign.objects.filter(pk=campaign.pk).update(audience={"conversations": [chat.number]})
    answer = browser.post(f"/campaigns/{campaign.number}/duplicate/")
    copy = Campaign.objects.latest("number")
    assert answer.url == f"/campaigns/{copy.number}/edit/"
    assert copy.parts.get().text == "New arrivals for {{ name|you }}"


def test_what_was_sent_marks_its_variables(browser, past_campaign, line):
    shown = page(browser.get(f"/campaigns/{past_campaign(line, read=1).number}/"))
    assert 'New arrivals for <span class="variable">Customer&#x27;s name</span>' in shown


def test_every_kind_of_message_is_shown_as_it_was_sent(browser, past_campaign, line):
    campaign = past_campaign(line, read=1)
    made = {
        "image": ("image/png", ".png"),
        "video": ("video/mp4", ".mp4"),
        "file": ("application/pdf", ".pdf"),
    }
    for position, (kind, (mime, extension)) in enumerate(made.items(), 1):
        media = MediaFactory(kind=kind, mime=mime, extension=extension, name=f"spring{extension}")
        PartFactory(campaign=campaign, position=position, kind=kind, text="", media=media)
    shown = page(browser.get(f"/campaigns/{campaign.number}/")).split('aria-labelledby="parts-title"')[1]
    assert '<img class="phone-picture" src="/m/' in shown
    assert '<video class="phone-picture" src="/m/' in shown
    assert 'download="spring.pdf"' in shown
    campaign.parts.filter(position__lt=2).delete()
    assert "Video" in page(browser.get("/campaigns/"))


@pytest.mark.parametrize("part", ["progress", "recipients"])
def test_a_live_part_comes_alone(browser, past_campaign, line, part):
    campaign = past_campaign(line, read=1)
    answer = browser.get(f"/campaigns/{campaign.number}/", headers={"HX-Request": "true", "HX-Target": part})
    assert page(answer).lstrip().startswith(("<div", "<section"))
    assert f'id="{part}"' in page(answer)


def test_queries_do_not_grow_with_people(
    browser, past_campaign, person_in, line, django_assert_max_num_queries
):
    campaign = past_campaign(line, accepted=50)
    for _ in range(50):
        person_in(campaign, line, state=State.ACCEPTED)
    with django_assert_max_num_queries(20):
        browser.get(f"/campaigns/{campaign.number}/")


def test_the_people_of_an_outcome_can_be_written_to(browser, past_campaign, person_in, line, sales):
    campaign = past_campaign(line, read=1, failed=2)
    failed = [person_in(campaign, line, state=State.FAILED) for _ in range(2)]
    person_in(campaign, line, state=State.ACCEPTED, delivery=2)
    shown = browser.get(f"/campaigns/{campaign.number}/?state=failed").content.decode()
    assert "Write to these 2" in shown
    assert "Write to" not in browser.get(f"/campaigns/{campaign.number}/").content.decode()
    answer = browser.post("/campaigns/new/", {"campaign": campaign.number, "states": "failed"})
    draft = Campaign.objects.get(number=answer.url.split("/")[2])
    assert draft.audience == {"campaign": {"id": campaign.number, "states": ["failed"]}}
    composer = browser.get(answer.url).content.decode()
    assert f"{len(failed)} customers" in composer
    assert f"People of broadcast №{campaign.number}." in composer


def test_who_may_not_send_is_not_offered_to_write(sign_in, owner, past_campaign, person_in, line):
    campaign = past_campaign(line, failed=1)
    person_in(campaign, line, state=State.FAILED)
    shown = sign_in(owner).get(f"/campaigns/{campaign.number}/?state=failed").content.decode()
    assert "Write to" not in shown

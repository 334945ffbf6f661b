"""The shopping-link report over broadcasts sent through the real engine: units, days, members, addresses."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.engine.messages import count_ended_campaigns
from campaigns.links.report import OfAddress, Period, Sums, days_of, link_report
from campaigns.links.taps import note_robot, note_tap
from campaigns.models import Campaign, Recipient
from tenants.roles import Role
from tests.campaigns.links.conftest import links, people
from tests.factories import MemberFactory, MessageFactory

pytestmark = pytest.mark.django_db(transaction=True)
SHOP = "https://www.shop.example/coat"
BLOG = "https://blog.example/spring"


@pytest.fixture
def period():
    today = timezone.localdate()
    return Period(today - timedelta(days=2), today)


@pytest.fixture
def sent(shop):
    """Two parts with three links, two of them official, to one person on LINE and two on WhatsApp."""
    shop.tenant.official_sites = ["shop.example"]
    shop.tenant.save()
    shop.chats(shop.line, 1)
    shop.chats(shop.whatsapp, 2)
    campaign = shop.send(shop.launch(f"See {SHOP} and {BLOG}", f"Again: {SHOP}"))
    count_ended_campaigns()
    return campaign


@pytest.mark.requirement("S1-18", "S2-52", "D-17")
def test_messages_are_parts_times_people_and_replies_stand_apart(shop, sent, period):
    MessageFactory(direction="out", author="member", member=shop.sales, status="delivered")
    for other in (
        {"status": "failed"},
        {"author": "bot"},
        {"test": True},
        {"direction": "in", "author": "customer"},
    ):
        given = {"direction": "out", "author": "member", "member": shop.sales, "status": "accepted"}
        MessageFactory(**given | other)
    total = link_report(shop.sales, period).total
    assert (total.messages, total.replies, total.total_messages) == (2 * 3, 1, 7)


@pytest.mark.requirement("S1-19", "S1-20", "S1-21")
def test_links_count_once_a_person_official_and_other_apart(shop, sent, period):
    total = link_report(shop.sales, period).total
    assert (total.official, total.other, total.links) == (2 * 3, 3, 9)


@pytest.mark.requirement("S2-53", "S2-54")
def test_a_part_somebody_did_not_get_carried_no_link_to_them(shop, sent, period):
    last = Recipient.objects.filter(campaign=sent).latest("pk")
    Recipient.objects.filter(pk=last.pk).update(part_states=[3, 4], state=4)
    Campaign.objects.filter(pk=sent.pk).update(counted_at=None)
    count_ended_campaigns()
    total = link_report(shop.sales, period).total
    assert (total.messages, total.official, total.other) == (5, 5, 3)


def test_people_who_tapped_count_once_a_broadcast(shop, sent, period):
    one, two, _three = people(sent)
    first, second, third = links(sent)
    for link, person in ((first, one), (first, one), (second, one), (third, two)):
        note_tap(link, person.pk, timezone.now())
    note_robot(first, two.pk)
    report = link_report(shop.sales, period)
    assert (report.total.people, report.total.taps, report.total.robots) == (2, 4, 1)
    assert report.addresses == [
        OfAddress(SHOP, True, broadcasts=1, sent=6, people=2, taps=3),
        OfAddress(BLOG, False, broadcasts=1, sent=3, people=1, taps=1),
    ]


def test_days_and_members_add_up_to_the_whole(shop, sent, period):
    shop.chats(shop.line, 1, start=50)
    earlier = shop.send(shop.launch("Without a link"))
    count_ended_campaigns()
    yesterday = timezone.now() - timedelta(days=1)
    Campaign.objects.filter(pk=earlier.pk).update(started_at=yesterday)
    MessageFactory(direction="out", author="member", member=shop.sales, status="read", at=yesterday)
    report = link_report(shop.sales, period)
    for parts in (report.by_day.values(), report.by_member.values()):
        whole = Sums()
        for each in parts:
            whole.add(each)
        assert whole == report.total
    assert [day for day, _sums in days_of(report)] == period.days
    assert [sums.total_messages for _day, sums in days_of(report)] == [0, 5, 6]
    assert [line.campaign.pk for line in report.campaigns] == [earlier.pk, sent.pk]


def test_salespeople_see_their_own_and_who_leads_sees_all(shop, sent, period):
    colleague = MemberFactory(roles=[Role.SALESPERSON.value])
    manager = MemberFactory(roles=[Role.SALES_MANAGER.value])
    MessageFactory(direction="out", author="member", member=colleague, status="read")
    assert link_report(colleague, period).total == Sums(replies=1)
    assert link_report(manager, period).total.total_messages == 7


def test_what_is_still_being_sent_is_said_and_counted_later(shop, period):
    shop.chats(shop.line, 1)
    shop.launch(f"See {SHOP}")
    report = link_report(shop.sales, period)
    assert (report.uncounted, report.total) == (1, Sums())


def test_only_the_days_of_the_period_count(shop, sent):
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert link_report(shop.sales, Period(tomorrow, tomorrow)).total == Sums()


def test_it_takes_as_many_queries_however_many_broadcasts(shop, sent, period, django_assert_max_num_queries):
    shop.send(shop.launch(f"See {BLOG}"))
    count_ended_campaigns()
    with django_assert_max_num_queries(4):
        link_report(shop.sales, period)

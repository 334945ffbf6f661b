"""Who is credited with a tap: people, once, within the period, whatever happens at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.utils import timezone

from campaigns.engine.recount import differences, recount_campaigns
from campaigns.engine.replies import note_replies
from campaigns.links.taps import note_robot, note_tap
from campaigns.models import Click, Counter, Recipient, State
from campaigns.reports import counts_of
from tenants.scopes import tenant_scope
from tests.campaigns.links.conftest import links, people

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(shop):
    """A broadcast with two links to two people."""
    shop.chats(shop.whatsapp, 2)
    return shop.send(shop.launch("See https://shop.example/a or https://b.example/"))


def figures(campaign):
    counts = counts_of(campaign)
    return counts.replied, counts.clicked, counts.interacted


def tapped(link, person, at=None):
    note_tap(link, person.pk, at or timezone.now())


@pytest.mark.requirement("S0-4", "S0-5")
def test_a_person_counts_once_however_often_they_tap_and_answer(shop, sent):
    one, two = people(sent)
    for link in links(sent) * 2:
        tapped(link, one)
    note_replies(shop.tenant, {one.contact_id: timezone.now(), two.contact_id: timezone.now()})
    tapped(links(sent)[0], two)
    assert figures(sent) == (2, 2, 2)
    assert sorted(Click.objects.values_list("recipient", "times")) == [(one.pk, 2), (one.pk, 2), (two.pk, 1)]
    shop.fresh(sent)


def test_the_first_tap_tells_when_and_the_others_are_kept_beside(shop, sent):
    person, link = people(sent)[0], links(sent)[0]
    first = timezone.now()
    for minutes in (0, 5, 3):
        tapped(link, person, first + timedelta(minutes=minutes))
    note_robot(link, person.pk)
    click = Click.objects.get()
    assert (click.first_at, click.last_at) == (first, first + timedelta(minutes=5))
    assert (click.times, click.robots, click.contact_id) == (3, 1, person.contact_id)
    person.refresh_from_db()
    assert person.clicked_at == first


@pytest.mark.parametrize("days", [1, 7, 30])
@pytest.mark.requirement("B-9")
def test_after_the_team_s_days_a_tap_and_an_answer_credit_nobody(shop, sent, days):
    shop.tenant.attribution_days = days
    shop.tenant.save()
    one, two = people(sent)
    late = timezone.now() + timedelta(days=days, minutes=1)
    tapped(links(sent)[0], one, late)
    note_replies(shop.tenant, {two.contact_id: late})
    assert figures(sent) == (0, 0, 0)
    assert Click.objects.get().times == 1
    tapped(links(sent)[0], one, late - timedelta(minutes=5))
    note_replies(shop.tenant, {two.contact_id: late - timedelta(minutes=5)})
    assert figures(sent) == (1, 1, 2)
    shop.fresh(sent)


def test_who_taps_has_got_it_also_where_the_answer_was_lost(shop, sent):
    person = people(sent)[0]
    Recipient.objects.filter(pk=person.pk).update(accepted_at=None, state=State.UNCONFIRMED)
    Counter.objects.update(unconfirmed=1, accepted=0, delivered=0, read=0)
    tapped(links(sent)[0], person)
    person.refresh_from_db()
    assert person.clicked_at is not None
    assert figures(sent) == (0, 1, 1)


def at_once(tenant, *acts):
    """Do all of them at the same moment, each on a connection of its own."""
    ready = Barrier(len(acts))

    def run(act):
        try:
            with tenant_scope(tenant):
                ready.wait()
                act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        list(pool.map(run, acts))


def test_taps_and_an_answer_at_the_same_moment_count_one_person(shop, sent):
    person, (link, other) = people(sent)[0], links(sent)
    now = timezone.now()
    for _round in range(10):
        at_once(
            shop.tenant,
            lambda: tapped(link, person),
            lambda: tapped(link, person),
            lambda: tapped(other, person),
            lambda: note_replies(shop.tenant, {person.contact_id: now}),
        )
        assert figures(sent) == (1, 1, 1)
        shop.fresh(sent)
        Recipient.objects.update(clicked_at=None, replied_at=None)
        Counter.objects.update(clicked=0, replied=0, interacted=0)


def test_a_tap_waits_for_nobody_but_whoever_holds_the_person(shop, sent):
    """Whoever absorbs reports holds people, then counters; a tap that holds a counter holds nobody they wait for."""
    one, two = people(sent)
    with transaction.atomic():
        list(Recipient.objects.select_for_update().filter(pk=one.pk))
        at_once(shop.tenant, lambda: tapped(links(sent)[0], two))
        list(Counter.objects.select_for_update().filter(campaign=sent))
    assert figures(sent) == (0, 1, 1)
    shop.fresh(sent)


def test_the_nightly_check_finds_and_mends_what_taps_and_answers_count(shop, sent):
    tapped(links(sent)[0], people(sent)[0])
    Counter.objects.update(clicked=5, replied=1)
    found = {term: (counted, rows) for _channel, term, counted, rows in differences(sent.tenant_id, sent.pk)}
    assert found == {"clicked": (5, 1), "replied": (1, 0)}
    assert recount_campaigns() == 2
    assert figures(sent) == (0, 1, 1)

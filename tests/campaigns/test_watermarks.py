"""Watermarks: delivered and read up to a time, in any order."""

from datetime import timedelta
from itertools import permutations

import pytest

from campaigns.engine.echoes import claim_echoes
from campaigns.engine.watermarks import apply_watermarks
from campaigns.models import DeliveryRank
from channels.adapters.base import Delivery, ReadUpTo
from channels.signals import reads_up_to
from tests.campaigns.threads import Thread
from tests.factories import ChannelFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def thread(scoped, sales, valkey):
    return Thread.start(ChannelFactory(kind="facebook", account_id="104857600012345"), sales)


@pytest.fixture
def person(thread, tenant):
    """Two parts, both accepted; the echo of each tells its time."""
    person, lease = thread.sending("One", "Two")
    thread.answered(person, lease, "m_1")
    thread.mark(person, lease)
    return thread.answered(person, lease, "m_2")


def echoed(thread, tenant, person, part, seconds):
    echo = thread.echo(
        person, "", provider_id=f"m_{part + 1}", opaque_id=f"{person.pk}.{part}.0", seconds=seconds
    )
    claim_echoes(tenant, [echo])
    return echo.event.at


def test_everything_up_to_the_mark_was_read_and_nothing_after_it(thread, tenant, person):
    first = echoed(thread, tenant, person, 0, 1)
    second = echoed(thread, tenant, person, 1, 2)
    assert apply_watermarks(tenant, [thread.mark_of(first)]) == set()
    person = thread.fresh(person)
    assert person.read_at == [first + timedelta(minutes=5), None]
    assert person.delivery == DeliveryRank.ACCEPTED, "the lowest part counts"

    apply_watermarks(tenant, [thread.mark_of(second, minutes=6)])
    person = thread.fresh(person)
    assert person.read_at == [first + timedelta(minutes=5), second + timedelta(minutes=6)]
    assert person.delivery == DeliveryRank.READ


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_marks_in_any_order_end_at_the_highest(thread, tenant, person, order):
    first = echoed(thread, tenant, person, 0, 1)
    second = echoed(thread, tenant, person, 1, 2)
    marks = [
        thread.mark_of(second, Delivery.DELIVERED, minutes=1),
        thread.mark_of(first, minutes=2),
        thread.mark_of(second, minutes=3),
    ]
    for place in order:
        apply_watermarks(tenant, [marks[place]])
        apply_watermarks(tenant, [marks[place]])
    assert thread.fresh(person).delivery == DeliveryRank.READ


def test_a_mark_waits_for_the_echoes_it_may_cover(thread, tenant, person):
    mark = thread.mark_of(person.marked_at + timedelta(seconds=2))
    assert apply_watermarks(tenant, [mark]) == {mark}
    echoed(thread, tenant, person, 0, 1)
    assert apply_watermarks(tenant, [mark]) == {mark}
    echoed(thread, tenant, person, 1, 2)
    assert apply_watermarks(tenant, [mark]) == set()
    assert thread.fresh(person).delivery == DeliveryRank.READ


def test_a_mark_from_before_the_broadcast_is_about_something_else(thread, tenant, person):
    mark = thread.mark_of(person.marked_at - timedelta(hours=1))
    assert apply_watermarks(tenant, [mark]) == set()
    assert thread.fresh(person).read_at in (None, [None, None])


def test_it_is_kept_where_broadcast_or_inbox_asks_for_it(thread, tenant, person):
    mark = thread.mark_of(person.marked_at)
    answers = [answer for _receiver, answer in reads_up_to.send(ReadUpTo, tenant=tenant, received=[mark])]
    assert sorted(answers, key=len) == [set(), {mark}]

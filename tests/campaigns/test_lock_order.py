"""The order of locks while webhooks are absorbed: recipients by their ids, counters last: nobody waits in a ring."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from campaigns.engine.ahead import lock_ahead
from campaigns.engine.settle import Move, advance, place_of
from campaigns.engine.tally import Shift, write_tally
from campaigns.models import Counter
from channels.adapters.base import Delivery, StatusChange
from channels.webhooks.afterwards import at_the_end, attempt, batch
from tests.campaigns.threads import Thread
from tests.factories import ChannelFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def thread(scoped, sales):
    return Thread.start(ChannelFactory(kind="facebook"), sales)


def report(recipient, now):
    return Move(recipient.pk, 0, StatusChange("page", "event", now, {}, "m_1", Delivery.DELIVERED))


def somebody_else_may_write(row):
    """Whether another transaction gets the row at once."""
    table = row._meta.db_table

    def ask():  # a thread has a connection of its own
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT 1 FROM {table} WHERE id = %s FOR UPDATE SKIP LOCKED",  # noqa: S608
                    [row.pk],
                )
                return cursor.fetchone() is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ask).result()


def test_counters_are_locked_last(thread, now):
    recipient = thread.doubtful("Hello")
    counter = Counter.objects.get()
    with transaction.atomic():
        with batch():
            advance(thread.channel.tenant, [report(recipient, now)])
            assert somebody_else_may_write(counter)
        assert not somebody_else_may_write(counter)
    counter.refresh_from_db()
    assert (counter.unconfirmed, counter.delivered) == (0, 1)
    thread.fresh(recipient)


def test_what_was_rolled_back_counts_nothing(thread, now):
    recipient = thread.doubtful("Hello")
    with batch(), pytest.raises(ZeroDivisionError), transaction.atomic(), attempt():
        advance(thread.channel.tenant, [report(recipient, now)])
        raise ZeroDivisionError
    thread.fresh(recipient)


def test_outside_a_batch_they_are_written_at_once(thread):
    thread.doubtful("Hello")
    counter = Counter.objects.get()
    place = counter.tenant_id, counter.campaign_id, counter.channel_id
    write_tally([Shift(*place, "replied", 2), Shift(*place, "replied", -1)])
    counter.refresh_from_db()
    assert counter.replied == 1


def test_an_attempt_takes_back_only_its_own():
    done = []
    with batch():
        at_the_end(done.extend, [1])
        with pytest.raises(ZeroDivisionError), attempt():
            at_the_end(done.extend, [2])
            raise ZeroDivisionError
        at_the_end(done.extend, [3])
        assert done == []
    assert done == [1, 3]


def test_whoever_several_classes_concern_is_locked_before_the_first(thread):
    echoed = thread.doubtful("Hello")
    other = Thread.start(thread.channel, thread.sales, address="7412589630147999")
    read = other.doubtful("Hello again")
    echo = thread.echo(echoed, "Hello", opaque_id=f"{echoed.pk}.0.0")
    watermark = other.mark_of(read.marked_at)
    with transaction.atomic():
        lock_ahead(thread.channel.tenant, [echo])
        assert somebody_else_may_write(echoed)
        lock_ahead(thread.channel.tenant, [echo, watermark])
        assert not somebody_else_may_write(echoed)
        assert not somebody_else_may_write(read)


@pytest.mark.parametrize("stranger", ["1.2", "a.b.c", "9" * 30 + ".0.1", "1.0.1.1", "-1.0.1", "١.0.1"])
def test_what_is_no_id_of_ours_names_nobody(stranger):
    assert place_of(stranger) is None
    assert place_of("12.0.1") == (12, 0)

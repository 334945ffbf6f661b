"""A broker that goes away, as Celery's client library meets it."""

import uuid

import pytest

from broadcaster.celery import app


@pytest.mark.usefixtures("valkey")
def test_a_lost_connection_can_be_closed_with_a_message_on_hand():
    with app.connection_for_write() as connection:
        queue = connection.SimpleQueue(f"lost-{uuid.uuid4()}")
        queue.put({})
        queue.get(timeout=10)  # and not acknowledged
        channel = queue.channel
        channel._pool = channel._async_pool = (
            None  # so it stands when the line breaks: nothing can be asked any more
        )
        channel.connection.client = None
        channel.close()

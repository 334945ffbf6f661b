"""Workers keep their connection to PostgreSQL between tasks, and get over losing it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection

from campaigns.tasks import upkeep

pytestmark = pytest.mark.django_db(transaction=True)


def cut_off(pid):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    finally:
        connection.close()


def test_the_task_after_a_lost_connection_has_a_new_one():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    with ThreadPoolExecutor(1) as pool:  # a thread has a connection of its own
        pool.submit(cut_off, pid).result()
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert upkeep.apply().successful()

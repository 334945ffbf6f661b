"""Reading the first rows of an index in its order, whatever PostgreSQL expects to find."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def read_in_order() -> Iterator[None]:
    """Queries in the block never sort where an index has the order already.

    For the first page of what may be a million rows that have just been written: until their statistics are gathered
    PostgreSQL expects a handful, and to read and sort all of them is then the cheapest it knows.
    """
    # No savepoint: after an error nothing else is read.
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")
        yield
        cursor.execute("SET LOCAL enable_sort TO DEFAULT")  # the transaction may be a larger one

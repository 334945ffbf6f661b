"""A commit cut off before it arrives does not hold, one cut off after it was carried out does."""

import psycopg
import pytest
from django.db import connection

from broadcaster.embedded.ports import free_port
from faults.relay import Cut, Relay, statements


@pytest.fixture
def relay(transactional_db):
    port = int(connection.settings_dict["PORT"])
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE relayed (n int)")
    with Relay(free_port(), port) as relay:
        yield relay
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE relayed")


def through(relay):
    given = connection.settings_dict
    return psycopg.connect(
        host="127.0.0.1",
        port=relay.port,
        user=given["USER"],
        password=given["PASSWORD"],
        dbname=given["NAME"],
    )


def rows():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM relayed")
        return cursor.fetchone()[0]


@pytest.mark.parametrize(("cut", "kept"), [(Cut.BEFORE, 0), (Cut.AFTER, 1)])
def test_a_commit_is_cut(relay, cut, kept):
    relay.behave(lambda sent: cut if b"COMMIT\x00" in sent else None)
    database = through(relay)
    database.execute("INSERT INTO relayed VALUES (1)")
    with pytest.raises(psycopg.OperationalError):
        database.commit()
    assert relay.cuts == {cut: 1}
    assert rows() == kept


def test_uncut_it_is_only_a_line(relay):
    with through(relay) as database:
        database.execute("INSERT INTO relayed VALUES (1)")
    assert rows() == 1
    assert not relay.cuts


def test_statements_are_cut_before_and_after_by_turns():
    choose = statements([b"COMMIT\x00", b"counter"], every=2, most=2)
    told = [
        choose(sent)
        for sent in (
            b"BEGIN",
            b"COMMIT\x00",
            b"UPDATE counter",
            b"COMMIT\x00",
            b"COMMIT\x00",
            b"COMMIT\x00",
            b"COMMIT\x00",
        )
    ]
    assert told == [None, None, Cut.BEFORE, None, Cut.AFTER, None, None]

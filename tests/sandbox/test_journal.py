"""The journal and the buckets, as values."""

import pytest

from sandbox.journal import Journal, State, part_of
from sandbox.limits import Buckets
from sandbox.whatsapp import addresses


@pytest.mark.parametrize(
    ("opaque", "name", "part"),
    [
        ("12.3.1", "12.3", 3),
        ("c7:12.3.2", "c7:12.3", 3),
        ("", "", 0),
        ("abc", "", 0),
        ("1.2", "", 0),
        ("a.b.c", "", 0),
    ],
)
def test_the_part_is_read_from_the_opaque_id(opaque, name, part):
    assert part_of(opaque) == (name, part)


def test_rows_are_found_by_person_and_by_number():
    journal = Journal(first=100)
    numbers = [journal.add(float(i), 0, i % 3, b"body %d" % i) for i in range(9)]
    assert numbers == list(range(100, 109))
    assert [row.number for row in journal.of_person(1)] == [101, 104, 107]
    assert [row.number for row in journal.after(106)] == [107, 108]
    assert journal.last_of(2).body == b"body 8"
    assert journal.of_person(99) == []
    assert 99 not in journal
    assert 108 in journal


def test_a_row_moves_forward_only():
    journal = Journal()
    row = journal.add(0.0, 0, 0, b"x")
    assert journal.advance(row, State.READ)
    assert not journal.advance(row, State.DELIVERED)
    assert journal.row(row).state is State.READ


def test_what_is_taken_back_did_not_reach_anybody():
    journal = Journal(first=7)
    first, second = (journal.add(0.0, 0, 0, body) for body in (b"a", b"b"))
    journal.fail(second)
    assert journal.people == 1
    journal.fail(first)
    assert journal.people == 0


def test_equal_bodies_are_kept_once():
    journal = Journal()
    for person in range(3):
        journal.add(0.0, 0, person, bytes(bytearray(b"the same words")))
    assert len({id(row.body) for row in journal.after(-1)}) == 1


def test_a_bucket_holds_its_burst_and_no_more():
    buckets = Buckets()
    taken = [buckets.take("a", per_second=0.001, burst=5) for _ in range(7)]
    assert taken == [True] * 5 + [False] * 2
    assert buckets.take("b", per_second=0.001, burst=5)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("+886 912-000-111", "886912000111"),
        ("+55 31 98765-4321", "553187654321"),
        ("+52 1 55 1234 5678", "525512345678"),
        ("+1 (415) 555-0100", "14155550100"),
    ],
)
def test_numbers_become_whatsapp_ids(given, kept):
    assert addresses.wa_id(given) == kept
    assert addresses.address_of_bsuid(addresses.bsuid(kept)) == kept
    assert addresses.is_bsuid(addresses.bsuid(kept))

"""What a part should have cost, by what stands in the journal."""

import pytest

from campaigns.models import PartState
from faults.money import Balance, Part, _compare, expected

PRICE = 11_300
ACCEPTED, DOUBT, FAILED, WAITING = (
    PartState.ACCEPTED,
    PartState.UNCONFIRMED,
    PartState.FAILED,
    PartState.WAITING,
)


@pytest.mark.parametrize(
    ("state", "arrived", "charge"),
    [
        (ACCEPTED, ("sent", True), PRICE),
        (ACCEPTED, ("read", True), PRICE),
        (ACCEPTED, ("delivered", False), 0),
        (ACCEPTED, ("accepted", True), None),
        (FAILED, ("failed", False), 0),
        (FAILED, None, 0),
        (WAITING, None, 0),
        (DOUBT, None, None),
        (DOUBT, ("sent", True), PRICE),
    ],
)
def test_the_journal_says_what_is_owed(state, arrived, charge):
    part = Part((7, 0), state, PRICE, charge)
    places = {part.place: arrived} if arrived else {}
    assert expected(part, places) == charge
    found = Balance()
    _compare(part, places, found)
    assert (found.difference, found.examples) == (0, [])
    for wrong in {None, 0, PRICE, -PRICE} - {charge}:
        found = Balance()
        _compare(Part(part.place, state, PRICE, wrong), places, found)
        assert found.difference
        assert found.examples

"""The judge sees every kind of untruth, and nothing where there is none."""

import pytest

from campaigns.models import PartState, State
from faults.judge import Arrival, Person, judge

ACCEPTED, DOUBT, FAILED, WAITING = (
    PartState.ACCEPTED,
    PartState.UNCONFIRMED,
    PartState.FAILED,
    PartState.WAITING,
)


def person(state, *parts, id=7, address="886912"):
    texts = tuple(f"part {place} for {address}" for place in range(len(parts)))
    return Person(id, "shop", address, state, parts, texts)


def arrived(whom, *places, attempt=""):
    return [Arrival("shop", whom.address, whom.texts[place], attempt) for place in places]


def counts(findings):
    return {
        name: getattr(findings, name)
        for name in ("lost", "duplicates", "doubtful", "unsettled", "wrong")
        if getattr(findings, name)
    }


@pytest.mark.parametrize(
    ("state", "parts", "places", "found"),
    [
        (State.ACCEPTED, (ACCEPTED, ACCEPTED), (0, 1), {}),
        (State.ACCEPTED, (ACCEPTED, ACCEPTED), (0,), {"lost": 1}),
        (State.ACCEPTED, (ACCEPTED, ACCEPTED), (0, 1, 1, 1), {"duplicates": 2}),
        (State.WAITING, (WAITING,), (), {"lost": 1}),
        (State.SENDING, (PartState.SENDING,), (0,), {"lost": 1}),
        (State.UNCONFIRMED, (DOUBT, WAITING), (), {"doubtful": 1}),
        (State.UNCONFIRMED, (DOUBT, WAITING), (0,), {"unsettled": 1}),
        (State.PARTIAL, (ACCEPTED, FAILED), (0,), {}),
        (State.FAILED, (FAILED,), (0,), {"wrong": 1}),
        (State.CANCELLED, (WAITING,), (0,), {"wrong": 1}),
        (State.SKIPPED, (WAITING,), (), {}),
    ],
)
def test_one_person(state, parts, places, found):
    whom = person(state, *parts)
    findings = judge([whom], arrived(whom, *places))
    assert counts(findings) == found
    assert findings.people == 1
    assert findings.clean == (found.keys() <= {"doubtful"})
    assert bool(findings.examples) == (not findings.clean)


def test_what_nobody_sent_is_wrong():
    whom = person(State.ACCEPTED, ACCEPTED)
    stranger = Arrival("shop", "886999", "Buy!")
    assert counts(judge([whom], [*arrived(whom, 0), stranger])) == {"wrong": 1}


@pytest.mark.parametrize("attempt", ["7.0.1", "broadcaster:7.0.1", "", "3f0c-a-line-key"])
def test_the_id_that_came_along_names_person_and_part(attempt):
    whom = person(State.ACCEPTED, ACCEPTED)
    assert judge([whom], arrived(whom, 0, attempt=attempt)).clean


@pytest.mark.parametrize("attempt", ["8.0.1", "7.1.0", "broadcaster:8.0.1"])
def test_an_id_of_somebody_else_is_wrong(attempt):
    whom = person(State.ACCEPTED, ACCEPTED)
    assert counts(judge([whom], arrived(whom, 0, attempt=attempt))) == {"wrong": 1}


def test_two_broadcasts_to_one_person_do_not_hide_each_other():
    one = person(State.ACCEPTED, ACCEPTED, id=1)
    other = Person(2, "shop", one.address, State.ACCEPTED, (ACCEPTED,), ("another broadcast",))
    findings = judge([one, other], arrived(one, 0))
    assert counts(findings) == {"lost": 1}


def test_findings_add_up():
    whom = person(State.WAITING, WAITING)
    findings = judge([whom], []) + judge([whom], [])
    assert (findings.people, findings.lost, len(findings.examples)) == (2, 2, 2)

"""What a page is told of that it missed between being asked for and listening."""

import pytest

from broadcaster import hints
from broadcaster.hints import ANYTHING, Hints, age_in

US, OTHERS = "tenant:1", "tenant:2"


class Clock:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def heard(clock):
    """Has heard everything for a minute."""
    heard = Hints(clock)
    heard.begin()
    clock.now += 60
    return heard


def test_a_page_is_told_its_own_topics_that_changed_since_it_was_asked_for(heard, clock):
    heard.note(US, "inbox")
    clock.now += 20
    for name, topic in (
        (US, "campaigns"),
        (US, "campaign-7"),
        (US, "campaign-7"),
        (OTHERS, "conversation-3"),
    ):
        heard.note(name, topic)
    clock.now += 10
    topics = {"inbox", "campaign-7", "conversation-3"}
    assert heard.missed(US, topics, 9.0) == ['{"topic": "campaign-7"}']
    assert heard.missed(US, topics, 29.0) == ['{"topic": "campaign-7"}', '{"topic": "inbox"}']
    assert heard.missed(OTHERS, topics, 29.0) == ['{"topic": "conversation-3"}']
    assert heard.missed(US, topics, 1.0) == []
    assert heard.missed(US, topics, None) == []


def test_where_not_all_was_heard_anything_may_have_changed(heard, clock):
    assert heard.missed(US, {"inbox"}, 50.0) == []
    assert heard.missed(US, {"inbox"}, 61.0) == [ANYTHING]
    heard.lose()
    assert heard.missed(US, {"inbox"}, 0.0) == [ANYTHING]
    heard.begin()
    clock.now += 10
    assert heard.missed(US, {"inbox"}, 5.0) == []


def test_so_many_are_kept_and_for_so_long(heard, clock, monkeypatch):
    monkeypatch.setattr(hints, "MOST", 2)
    for topic in ("inbox", "campaigns", "credit"):
        clock.now += 10
        heard.note(US, topic)
    assert heard.missed(US, {"inbox"}, 15.0) == []
    assert heard.missed(US, {"inbox"}, 25.0) == [ANYTHING]
    clock.now += hints.KEPT_S + 1
    heard.note(US, "inbox")
    assert heard.missed(US, {"inbox", "credit"}, 100.0) == ['{"topic": "inbox"}']
    assert heard.missed(US, {"inbox", "credit"}, hints.KEPT_S + 10) == [ANYTHING]


@pytest.mark.parametrize(
    ("query", "age"),
    [
        (b"age=812", 0.812),
        (b"age=0", 0.0),
        (b"other=1&age=40", 0.04),
        *((query, None) for query in (b"", b"age=", b"age=-5", b"age=1e3", b"age=%C2%B2", b"\xff\xfe")),
        (b"age=" + b"9" * 13, None),
    ],
)
def test_only_milliseconds_are_an_age(query, age):
    assert age_in(query) == age

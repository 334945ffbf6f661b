"""How long sending takes: pure arithmetic."""

import pytest

from campaigns.forecast import before_mine_end, content_of, requests_of, seconds_for
from channels.adapters import ADAPTERS
from channels.sending.gauges import Gauge


def test_line_sends_to_many_at_once_unless_the_words_are_personal():
    assert requests_of(ADAPTERS["line"], content_of(["text"], ["Hello"]), 1_200) == {"multicast": 3}
    assert requests_of(ADAPTERS["line"], content_of(["text"], ["Hello {{ name }}"]), 1_200) == {"push": 1_200}
    assert requests_of(ADAPTERS["line"], content_of(["text"], ["Hello"]), 1) == {"push": 1}


def test_meta_sends_every_part_to_everybody_and_sound_at_its_own_pace():
    content = content_of(["text", "image", "video"], ["Hello", "", ""])
    assert requests_of(ADAPTERS["whatsapp"], content, 10) == {"messages": 30}
    assert requests_of(ADAPTERS["facebook"], content, 10) == {"messages": 20, "media": 10}
    assert requests_of(ADAPTERS["facebook"], content, 0) == {}


@pytest.mark.parametrize(
    ("mine", "others", "together"), [(10, [], 10), (10, [3], 13), (10, [1_000_000], 20), (10, [4, 100], 24)]
)
def test_by_turns_a_million_puts_a_small_one_off_by_its_own_size(mine, others, together):
    assert before_mine_end(mine, others) == together


def test_full_speed_blocked_and_recovering():
    assert seconds_for(750, 75, Gauge()) == pytest.approx(10)
    assert seconds_for(750, 75, Gauge(blocked=30)) == pytest.approx(40)
    # Half the rate regaining 1 % a second: 0.5 t + 0.005 t² = 10
    assert seconds_for(750, 75, Gauge(factor=0.5)) == pytest.approx(17.08, abs=0.01)
    # 37.5 s worth of work are done in the 50 s until full speed; 62.5 s more at full speed
    assert seconds_for(7_500, 75, Gauge(factor=0.5)) == pytest.approx(112.5)


def test_what_really_leaves_counts_unless_the_limit_holds_us_up():
    assert seconds_for(750, 75, Gauge(flow=25)) == pytest.approx(30)
    assert seconds_for(750, 75, Gauge(flow=25, short=True)) == pytest.approx(10)
    assert seconds_for(750, 75, Gauge(flow=200)) == pytest.approx(10)
    assert seconds_for(750, 75, Gauge(flow=0.01)) == pytest.approx(10)

"""docs/requirements.md says what the tests prove, no more and no less."""

from tests import requirements


def test_a_requirement_is_done_exactly_when_a_test_proves_it():
    proven = requirements.marks()
    rows = {row.number: row for row in requirements.rows()}
    assert len(rows) > 200
    assert proven.keys() - rows.keys() == set()
    stale = [number for number, row in rows.items() if (row.state == "done") != (number in proven)]
    assert stale == [], "run `python -m tests.requirements`"


def test_the_named_test_is_one_that_carries_the_number():
    proven = requirements.marks()
    done = [row for row in requirements.rows() if row.state == "done"]
    assert [row.number for row in done if row.proof.strip("`") not in proven[row.number]] == []


def test_every_number_stands_once():
    numbers = [row.number for row in requirements.rows()]
    assert len(numbers) == len(set(numbers))


def test_a_text_says_why_there_is_nothing_to_test():
    assert [row.number for row in requirements.rows() if row.state == "text" and not row.proof] == []


def test_no_test_claims_more_than_three():
    assert requirements.crowded() == []

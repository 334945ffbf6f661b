"""docs/requirements.md says what the tests prove, no more and no less."""

import re

from tests import requirements
from tests.requirements import claims, marks, numbers, rows


def test_every_number_stands_once_and_in_order():
    assert [row.number for row in rows()] == numbers()


def test_no_mark_names_a_number_that_does_not_exist():
    assert marks().keys() - set(numbers()) == set()


def test_a_requirement_is_done_exactly_when_a_test_proves_it():
    proven = marks()
    wrong = [row.number for row in rows() if (row.state == "done") != (row.number in proven)]
    assert wrong == [], "run `python -m tests.requirements`"


def test_the_named_test_is_one_that_carries_the_number():
    proven = marks()
    done = [row for row in rows() if row.state == "done"]
    assert [row.number for row in done if row.proof.strip("`") not in proven[row.number]] == []


def test_what_is_done_says_where_it_can_be_seen():
    assert [row.number for row in rows() if row.state == "done" and not row.shown] == []


def test_what_is_not_done_says_why():
    assert [row.number for row in rows() if row.state != "done" and not row.proof] == []


def test_what_is_done_is_counted():
    done = sum(row.state == "done" for row in rows())
    assert f"\n{done} of {len(numbers())} are done.\n" in requirements.DOCUMENT.read_text()


def test_no_test_claims_more_than_three():
    assert [claim.test for claim in claims() if claim.most > requirements.MOST] == []


def test_no_test_that_is_left_out_proves_anything():
    assert [claim.test for claim in claims() if claim.skipped] == []


def test_every_mark_in_the_tests_is_seen():
    """A mark that stands elsewhere than on a test would count for nothing without telling."""
    files = (requirements.ROOT / "tests").rglob("*.py")
    written = {
        number
        for file in files
        for call in re.findall(r"mark\.requirement\(([^)]*)\)", file.read_text())
        for number in re.findall(r'"([SDB]\d?-\d+)"', call)
    }
    assert written == marks().keys()

"""The rule by which reports settle the price of one part: once, whatever the order, nobody more than was held."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.parts import after_report, borne
from billing.services import End

HELD = 100
BILLED, FREE, FAILED, SILENT = {"billable": True}, {"billable": False}, {"failed": True}, {}


def told(*reports, held=HELD):
    """The charge in the end and everything that was booked."""
    charge, booked = None, dict.fromkeys(End, 0)
    for report in reports:
        step = after_report(charge, held, **report)
        charge = step.charge
        for end, amount in step.ends:
            booked[end] += amount
    return charge, {end.value: amount for end, amount in booked.items() if amount}


@pytest.mark.parametrize(
    ("reports", "charge", "booked"),
    [
        ([SILENT], None, {}),
        ([BILLED], 100, {"captured": 100}),
        ([BILLED, BILLED, SILENT], 100, {"captured": 100}),
        ([BILLED, FREE], 100, {"captured": 100}),
        ([FREE], 0, {"released": 100}),
        ([FREE, FREE, FAILED], 0, {"released": 100}),
        ([FREE, BILLED], -100, {"released": 100, "lost": 100}),
        ([FAILED], 0, {"released": 100}),
        ([FAILED, BILLED, BILLED], -100, {"released": 100, "lost": 100}),
        ([BILLED, FAILED], 0, {"captured": 100, "returned": 100}),
        ([BILLED, FAILED, FAILED, BILLED], -100, {"captured": 100, "returned": 100, "lost": 100}),
        ([BILLED | {"price": 60}], 60, {"captured": 60, "released": 40}),
        ([BILLED | {"price": 60}, FAILED], 0, {"captured": 60, "released": 40, "returned": 60}),
        ([BILLED | {"price": 300}], 300, {"captured": 100, "lost": 200}),
        (
            [BILLED | {"price": 300}, FAILED],
            0,
            {"captured": 100, "lost": 200, "returned": 100, "recovered": 200},
        ),
        ([BILLED | {"price": 0}], 0, {"released": 100}),
        ([FREE, BILLED | {"price": 60}], -60, {"released": 100, "lost": 60}),
        ([FAILED, BILLED | {"price": 300}], -300, {"released": 100, "lost": 300}),
    ],
)
def test_what_reports_make_of_a_price(reports, charge, booked):
    assert told(*reports) == (charge, booked)


def test_what_costs_nothing_is_never_settled():
    assert told(BILLED, FAILED, FREE, held=0) == (None, {})


REPORTS = st.one_of(
    st.just(FAILED),
    st.fixed_dictionaries(
        {"billable": st.sampled_from([True, False, None]), "price": st.none() | st.integers(0, 200)}
    ),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(REPORTS, max_size=8), st.integers(1, 150))
def test_whatever_comes_the_tenant_pays_what_the_charge_says_and_no_more(reports, held):
    charge, booked = told(*reports, held=held)
    booked = dict.fromkeys(("captured", "released", "returned", "lost", "recovered"), 0) | booked
    paid = booked["captured"] - booked["returned"]
    still = held - paid - booked["released"] - booked["returned"]
    assert still == (held if charge is None else 0)
    assert paid == min(max(charge or 0, 0), held)
    assert booked["lost"] - booked["recovered"] == borne(charge, held) >= 0

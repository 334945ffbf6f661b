"""How many nodes carry how much: the page shows what the model says, and the model is arithmetic."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bench.capacity import Model, need, table

PAGE = Path(__file__).resolve().parents[2] / "docs/capacity.md"
DAYS = (1e6, 1e7, 1e8)


@pytest.mark.requirement("B-24")
def test_the_page_shows_what_the_model_says():
    assert table(Model(), DAYS) in PAGE.read_text()


@pytest.mark.requirement("B-24")
def test_the_page_has_the_cost_of_a_message_at_up_to_three_million_rows():
    measured = PAGE.read_text().partition("## Modelled")[0]
    (row,) = re.findall(r"^\| people \|(.*)\|$", measured, re.MULTILINE)
    assert [int(cell.replace(",", "")) for cell in row.split("|")] == [1_000_000, 3_000_000]


def test_twice_the_messages_need_twice_the_cores():
    model = replace(Model(), page_cores=0.0)
    one, two = need(model, 1e8), need(model, 2e8)
    assert two.postgres_cores == pytest.approx(2 * one.postgres_cores)
    assert two.rows_a_day_gb == pytest.approx(2 * one.rows_a_day_gb)
    assert need(model, 1.0).web == need(model, 1.0).workers == 2, "two of what must not stand still"

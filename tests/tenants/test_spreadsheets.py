import csv
import io
from datetime import UTC, datetime

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from tenants.spreadsheets import MOST_XLSX_ROWS, Form, TooManyRows, defused, write

ROW = ["=HYPERLINK(1)", "+886912000111", None, 7, datetime(2026, 11, 21, 1, 2, 3, 400, UTC)]


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_is_defused(text):
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize("text", ["+886912000111", "王小美", "a=b", ""])
def test_other_text_stays(text):
    assert defused(text) == text


def test_csv_holds_every_kind_of_cell_and_opens_in_excel():
    with timezone.override("Asia/Taipei"):
        file = write(Form.CSV, ["顧客", "b", "c", "d", "e"], [ROW], 1)
    with file:
        content = file.read()
    assert content.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig")))) == [
        ["顧客", "b", "c", "d", "e"],
        ["'=HYPERLINK(1)", "+886912000111", "", "7", "2026-11-21 09:02:03"],
    ]


def test_a_workbook_keeps_numbers_and_times():
    with timezone.override("Asia/Taipei"):
        file = write(Form.XLSX, ["a", "b", "c", "d", "e"], [[*ROW[:2], "bell\x07", *ROW[3:]]], 1)
    with file:
        rows = list(load_workbook(file).active.values)
    assert rows[1] == ("'=HYPERLINK(1)", "+886912000111", "bell", 7, datetime(2026, 11, 21, 9, 2, 3))


def test_a_workbook_has_an_end():
    rows = iter([["1"]])
    with pytest.raises(TooManyRows):
        write(Form.XLSX, ["a"], rows, MOST_XLSX_ROWS + 1)
    assert next(rows) == ["1"]

"""Tables for people to take away, as CSV or XLSX.

What customers wrote is attacker input: a cell that a spreadsheet would take for a formula is defused.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from tempfile import TemporaryFile
from typing import IO

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook

from tenants.errors import DomainError

Cell = str | int | Decimal | datetime | None

MOST_XLSX_ROWS = (
    200_000  # Excel itself ends at 1,048,576; a workbook of that size takes minutes to write and to open
)
FORMULA = re.compile(r"[=+\-@\t\r]")
PHONE = re.compile(r"\+\d+")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # refused inside a workbook


class Form(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"

    @property
    def content_type(self) -> str:
        return {
            Form.CSV: "text/csv; charset=utf-8",
            Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }[self]


class TooManyRows(DomainError):
    code = "too_many_rows"
    message = _("This is more than a workbook holds well. Take the CSV file, or filter the list first.")


def write(form: Form, head: Sequence[str], rows: Iterable[Sequence[Cell]], count: int) -> IO[bytes]:
    """A file at its beginning. `count` is how many rows there will be; times are shown in the current time zone.

    Raises TooManyRows for a workbook of more than MOST_XLSX_ROWS, before anything is read.
    """
    if form is Form.XLSX and count > MOST_XLSX_ROWS:
        raise TooManyRows
    file: IO[bytes] = TemporaryFile()  # noqa: SIM115  (whoever asked closes it)
    try:
        _csv(file, head, rows) if form is Form.CSV else _xlsx(file, head, rows)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def defused(text: str) -> str:
    """Text that no spreadsheet takes for a formula; a phone number stays one."""
    return f"'{text}" if FORMULA.match(text) and not PHONE.fullmatch(text) else text


def _csv(file: IO[bytes], head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    # The mark at the beginning is how Excel knows UTF-8.
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
    sheet = csv.writer(text)
    sheet.writerow(head)
    sheet.writerows([_plain(cell) for cell in row] for row in rows)
    text.detach()


def _xlsx(file: IO[bytes], head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    sheet.append(list(head))
    for row in rows:
        sheet.append([_typed(cell) for cell in row])
    book.save(file)


def _plain(cell: Cell) -> str | int | Decimal:
    if isinstance(cell, datetime):
        return timezone.localtime(cell).strftime("%Y-%m-%d %H:%M:%S")
    return defused(cell) if isinstance(cell, str) else "" if cell is None else cell


def _typed(cell: Cell) -> Cell:
    if isinstance(cell, datetime):
        return timezone.localtime(cell).replace(tzinfo=None, microsecond=0)  # a workbook knows no zones
    return UNPRINTABLE.sub("", defused(cell)) if isinstance(cell, str) else cell

"""Dates and numbers as readers of each language know them."""

from datetime import datetime

import pytest
from django.utils.formats import date_format, number_format
from django.utils.translation import override


@pytest.mark.parametrize("language", ["zh-hant", "zh-hans"])
def test_chinese_pages_group_digits_by_threes_and_have_short_dates_that_are_short(language):
    with override(language):
        assert number_format(1234567, force_grouping=True) == "1,234,567"
        assert number_format("500.0000", 4, force_grouping=True) == "500.0000"
        at = datetime(2026, 11, 27, 4, 49)
        assert date_format(at, "SHORT_DATETIME_FORMAT") == "2026/11/27 04:49"
        assert date_format(at, "SHORT_DATE_FORMAT") == "2026/11/27"
        assert date_format(at, "DATE_FORMAT") == "2026年11月27日"

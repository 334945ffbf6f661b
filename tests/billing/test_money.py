import pytest
from django.utils import translation

from billing.errors import InvalidAmount
from billing.money import from_minor_units, minor_units, parse_amount, shown


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("10", "USD", 10_000_000),
        (" 1,200.50 ", "HKD", 1_200_500_000),
        ("１２００", "TWD", 1_200_000_000),
        ("0.01", "USD", 10_000),
        ("500", "JPY", 500_000_000),
    ],
)
def test_what_people_type_is_read(text, currency, amount):
    assert parse_amount(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "currency", "code"),
    [
        ("", "USD", "not_a_number"),
        ("ten", "USD", "not_a_number"),
        ("NaN", "USD", "not_a_number"),
        ("Infinity", "USD", "not_a_number"),
        ("1e400", "USD", "too_large"),
        ("1000000000000", "USD", "too_large"),
        ("0", "USD", "not_positive"),
        ("-5", "USD", "not_positive"),
        ("1.001", "USD", "too_many_decimals"),
        ("0.5", "TWD", "too_many_decimals"),
        ("0.5", "JPY", "too_many_decimals"),
    ],
)
def test_what_nobody_can_pay_is_named(text, currency, code):
    with pytest.raises(InvalidAmount) as refused:
        parse_amount(text, currency)
    assert refused.value.errors[0]["code"] == code


def test_providers_count_in_the_smallest_coin():
    assert minor_units(12_340_000, "USD") == 1234
    assert minor_units(500_000_000, "JPY") == 500
    assert minor_units(100_000_000, "TWD") == 10_000
    assert from_minor_units(1234, "USD") == 12_340_000


def test_shown_amounts_are_rounded_up_to_what_can_be_paid():
    with translation.override("en"):
        assert shown(1_234_560_001, "USD") == "1,234.57 USD"
        assert shown(11_300, "USD", places=4) == "0.0113 USD"
        assert shown(1_200_000_000, "TWD") == "1,200 TWD"

"""Price lists: read from files, sold with the operator's margin and currency, valid by date."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from billing.models import Price
from billing.pricelist import LISTS, BadPriceList, Terms, read_price_list
from billing.prices import bills, free_messages_at, price_in, prices_at
from conversations.markets import market_of

LIST = """
currency = "USD"
source = "a test"
[markets]
"Far" = ["TW", "HK"]
[[prices]]
valid_from = 2026-07-01
market = "Far"
service = "0.01"
"""
SUMMER, AUTUMN = datetime(2026, 9, 30, 23, 59, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)


def at(moment, category, currency="USD"):
    return prices_at(moment, currency=currency, category=category)


@pytest.mark.django_db
def test_the_list_that_comes_with_the_product_loads_once_and_changes_by_date(capsys):
    assert bills("USD") is None
    call_command("load_prices")
    call_command("load_prices")
    first, second = capsys.readouterr().out.split(" prices in USD, ")[1:]
    assert int(first.split()[0]) == Price.objects.count() > 0
    assert second.startswith("0 of them")
    assert (bills("USD"), bills("TWD")) == (True, False)
    assert price_in(at(SUMMER, "marketing"), "TW") == 73_200
    assert price_in(at(AUTUMN, "marketing"), "TW") == 84_200
    assert price_in(at(SUMMER, "service"), "MY") == 0
    assert price_in(at(AUTUMN, "service"), "MY") == 14_000
    assert price_in(at(AUTUMN, "utility"), "MX") == 8_500  # from July on
    assert price_in(at(AUTUMN, "service"), "FR") is None
    free = [free_messages_at(day, currency="USD", category="service") for day in (SUMMER, AUTUMN)]
    assert free == [0, 1000]


@pytest.mark.django_db
def test_an_operator_sells_with_a_margin_and_in_another_currency(tmp_path):
    path = tmp_path / "list.toml"
    path.write_text(LIST)
    call_command("load_prices", path, margin="20")
    call_command("load_prices", path, into="hkd", rate="7.8", margin="12.5")
    assert at(AUTUMN, "service") == {"TW": 12_000, "HK": 12_000}
    assert at(AUTUMN, "service", "HKD") == {"TW": 87_750, "HK": 87_750}


@pytest.mark.parametrize(
    "options", [{"into": "HKD"}, {"rate": "7.8"}, {"margin": "much"}, {"margin": "-1"}, {"margin": "NaN"}]
)
def test_terms_that_make_no_price_are_refused(options):
    with pytest.raises(CommandError):
        call_command("load_prices", **options)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("0.01", "free"), "is no amount"),
        (('"0.01"', "0.01"), "is no amount"),
        (("0.01", "-1"), "is no amount"),
        (('"Far" =', '"Near" ='), "no countries"),
        (("2026-07-01", '"July"'), "no date"),
        (('"USD"', '"dollars"'), "no currency"),
        (('source = "a test"', ""), "source"),
        (("[markets]", "[markets"), "line"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(change, told):
    with pytest.raises(BadPriceList, match=told):
        read_price_list(LIST.replace(*change))


def test_every_file_that_comes_with_the_product_can_be_read():
    for path in LISTS.glob("*.toml"):
        listed = read_price_list(path.read_text())
        assert listed.source
        assert listed.prices


def test_prices_are_rounded_to_the_millionth():
    assert Terms(Decimal("33.333"), "USD").millionths(Decimal("0.0014")) == 1867


@pytest.mark.parametrize(
    ("address", "phone", "market"),
    [
        ("+886912345678", "", "TW"),
        ("TW.88301155220077416699", "+85261234567", "HK"),
        ("MY.ENT.abc123", "", "MY"),
        ("+14165550123", "", "CA"),
        ("+12125550123", "", "US"),
        ("+10000000000", "", "US"),  # no number of any of them: the first that has the code
        ("+80012345678", "", ""),
        ("+99", "", ""),
        ("Uab12", "", ""),
    ],
)
def test_whose_price_a_message_has(address, phone, market):
    assert market_of(address, phone) == market

"""Price lists: read from files, sold with the operator's margin and currency, valid by date."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from billing.margins import BadMargin, Step, set_margin
from billing.models import Margin, Price
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


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "currency", "price"), [("hkd", "HKD", 656_760), ("twd", "TWD", 2_694_400)])
def test_hong_kong_and_taiwan_have_indicative_lists_of_their_own(capsys, name, currency, price):
    call_command("load_prices", f"whatsapp-{name}")
    assert "indicative" in capsys.readouterr().out
    assert price_in(at(AUTUMN, "marketing", currency), "TW") == price  # 0.0842 US dollars
    assert bills(currency)


@pytest.mark.django_db
def test_the_margin_is_a_dated_setting_that_lists_are_sold_with(tmp_path, capsys):
    path = tmp_path / "list.toml"
    path.write_text(LIST)
    now = timezone.now()
    call_command("load_prices", path)
    call_command("margin", "20", since=f"{now + timedelta(days=9):%Y-%m-%d}")
    call_command("margin", "30", since=f"{now + timedelta(days=20):%Y-%m-%d}")
    call_command("margin", "25", since=f"{now + timedelta(days=20):%Y-%m-%d}")  # a mistake put right
    call_command("load_prices", path)
    call_command("load_prices", path)
    days = [at(now + timedelta(days=day), "service")["TW"] for day in (0, 8, 10, 19, 21)]
    assert days == [10_000, 10_000, 12_000, 12_000, 12_500]
    call_command("margin")
    told = capsys.readouterr().out.splitlines()[-3:]
    assert [line.split(" on ")[1].split(" %")[0] for line in told] == ["20.00", "30.00", "25.00"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Margin.objects.update(percent=0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("percent", "days", "told"),
    [("-1", 1, "no margin"), ("1001", 1, "no margin"), ("NaN", 1, "no margin"), ("5", -1, "past")],
)
def test_a_margin_that_cannot_be_is_refused(percent, days, told):
    since = (timezone.now() + timedelta(days=days)).astimezone(UTC).date()
    with pytest.raises(BadMargin, match=told):
        set_margin(Decimal(percent), since=since, by="x")
    assert not Margin.objects.exists()


@pytest.mark.parametrize(
    "options",
    [
        {"into": "USD", "rate": "1"},
        {"into": "HKD"},
        {"rate": "7.8"},
        {"margin": "much"},
        {"margin": "-1"},
        {"margin": "NaN"},
    ],
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
        (("[markets]", 'based_on = "mine.toml"\nrate = "2"\n[markets]'), "no list that comes with"),
        (("[markets]", 'based_on = "whatsapp-usd.toml"\nrate = "2"\n[markets]'), "in USD already"),
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
    terms = Terms([Step(SUMMER, Decimal("33.333"))], "USD")
    assert terms.millionths(Decimal("0.0014"), SUMMER) == 1867


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

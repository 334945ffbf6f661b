"""Which country's price a message to somebody has: that of their number, or the one their user id begins with."""

from __future__ import annotations

import re

import phonenumbers

_USER_ID = re.compile(r"([A-Z]{2})\.")
NON_GEOGRAPHIC = "001"  # of +800 and the like: no country's


def market_of(address: str, phone: str = "") -> str:
    """The ISO code of the country by phone (+E.164) or, where the number is hidden, by a business-scoped user id; ""
    where neither tells. A country code that several share goes to the first of them if the number is none of theirs."""
    for number in (phone, address):
        if number.startswith("+") and (country := _country(number)):
            return country
    found = _USER_ID.match(address)
    return found[1] if found else ""


def _country(number: str) -> str:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ""
    country = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(
        parsed.country_code or 0
    )
    return "" if country in (NON_GEOGRAPHIC, "ZZ") else country

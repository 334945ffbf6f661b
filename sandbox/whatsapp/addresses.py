"""Phone numbers, WhatsApp ids and business-scoped user ids (BSUIDs), and how one becomes the other.

A BSUID here is the phone number in disguise, so that both lead to one person without a table.
"""

import re

from sandbox.graph.errors import invalid

_BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
_FACTOR, _OFFSET = 7_919_003, 41_000_000_000_000_000_000
_COUNTRIES = {
    "886": "TW", "852": "HK", "853": "MO", "86": "CN", "60": "MY", "65": "SG", "66": "TH", "62": "ID",
    "63": "PH", "84": "VN", "81": "JP", "82": "KR", "91": "IN", "61": "AU", "44": "GB", "49": "DE", "33": "FR",
    "34": "ES", "39": "IT", "31": "NL", "55": "BR", "52": "MX", "1": "US",
}  # fmt: skip


def is_bsuid(text: str) -> bool:
    return _BSUID.fullmatch(text) is not None


def bsuid(digits: str) -> str:
    """The user id of the person with this number; a BSUID given as address is its own."""
    if not digits.isdigit():
        return digits
    country = _COUNTRIES.get(digits[:3]) or _COUNTRIES.get(digits[:2]) or _COUNTRIES.get(digits[:1], "ZZ")
    return f"{country}.{int(digits) * _FACTOR + _OFFSET}"


def address_of_bsuid(user_id: str) -> str:
    """The address of the person: the digits that the id was made of, else the id itself."""
    number = user_id.rpartition(".")[2]
    if number.isdigit():
        digits, rest = divmod(int(number) - _OFFSET, _FACTOR)
        if rest == 0 and 10**6 < digits < 10**16:
            return str(digits)
    return user_id


def wa_id(to: str) -> str:
    """The WhatsApp id of what was given in `to`. Raises GraphError where it is no phone number.

    Brazilian and Mexican mobile numbers lose the digit that WhatsApp does not keep.
    """
    digits = re.sub(r"[+\-() .]", "", to)
    if not digits.isdigit() or not 6 < len(digits) < 16:
        raise invalid("Param to is not a valid WhatsApp phone number.")
    if len(digits) == 13 and digits.startswith("55") and digits[4] == "9" and digits[2] > "2":
        return digits[:4] + digits[5:]
    if len(digits) == 13 and digits.startswith("521"):
        return "52" + digits[3:]
    return digits

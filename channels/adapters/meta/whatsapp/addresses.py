"""WhatsApp: how a person is named. https://developers.facebook.com/docs/whatsapp/business-scoped-user-ids

By phone number or, where that is hidden, by a user id scoped to the business (BSUID) such as TW.88301155220077416699.
Traffic mixes them: a BSUID may stand where a number used to.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from channels.adapters.parsing import Json, Malformed, text

BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
DIGITS = re.compile(r"[1-9][0-9]{5,14}")  # of a phone number
PHONE = re.compile(r"\+[1-9]\d{5,14}")


class Person(NamedTuple):
    """`phone` is +E.164, `user_id` a BSUID; at least one of them is there."""

    phone: str
    user_id: str

    @property
    def address(self) -> str:
        """Where replies go: the BSUID where there is one, else the phone."""
        return self.user_id or self.phone


def person(raw: Json, phone_key: str, *user_keys: str) -> Person:
    """Who is named under `phone_key` (digits, or a BSUID in their place) and the first filled of `user_keys`."""
    number = text(raw, phone_key)
    user_id = ""
    for key in user_keys:
        user_id = user_id or text(raw, key)
    if number and not number.isdigit() and BSUID.fullmatch(number):
        number, user_id = "", user_id or number
    phone = "+" + number.lstrip("+") if number else ""
    if user_id and not BSUID.fullmatch(user_id):
        raise Malformed("not a business-scoped user id")
    if phone and not PHONE.fullmatch(phone):
        raise Malformed("not a phone number")
    if not phone and not user_id:
        raise Malformed("nobody is named")
    return Person(phone, user_id)

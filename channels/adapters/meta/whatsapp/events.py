"""WhatsApp: what a webhook tells. https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference

A delivery is a list of accounts, each with a list of changes, each of one `field`; deliveries are repeated, come in
any order and hold up to a thousand updates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from channels.adapters.base import (
    AccountChange,
    ContactChange,
    Delivery,
    Echo,
    Event,
    StatusChange,
    UnknownEvent,
)
from channels.adapters.meta.graph import UNEXPLAINED, error_detail
from channels.adapters.meta.whatsapp.accounts import account_state
from channels.adapters.meta.whatsapp.addresses import DIGITS, person
from channels.adapters.meta.whatsapp.codes import ERRORS
from channels.adapters.meta.whatsapp.inbound import message_kind, read_message, words
from channels.adapters.meta.whatsapp.template_events import TEMPLATE_FIELDS, template_change
from channels.adapters.parsing import (
    EPOCH,
    Json,
    Malformed,
    as_object,
    count,
    digest,
    each,
    instant,
    item,
    items,
    malformed,
    required,
    sighting,
    text,
)

ACCOUNT_FIELDS = frozenset(
    {
        "account_update",
        "account_alerts",
        "account_review_update",
        "business_capability_update",
        "business_username_update",
        "phone_number_name_update",
        "phone_number_quality_update",
        "security",
    }
)
# `played` is a voice message read by ear.
STATUSES = {
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "played": Delivery.READ,
    "failed": Delivery.FAILED,
}
PREFERENCES = {"stop": "marketing_stopped", "resume": "marketing_resumed"}


def read_events(payload: Json) -> Iterator[Event]:
    """The events of one delivery."""
    try:
        entries = items(payload, "entry")
    except Malformed:
        yield malformed("", payload)
        return
    yield from each("", entries, _entry)


def _entry(entry: Json) -> Iterator[Event]:
    waba_id = required(entry, "id")
    yield from each(waba_id, items(entry, "changes"), partial(_change, waba_id, entry.get("time")))


def _change(waba_id: str, time: Any, change: Json) -> Iterable[Event]:
    field, value = required(change, "field"), item(change, "value")
    at = EPOCH if time is None else instant(time)
    if field in ACCOUNT_FIELDS:
        event_id = digest(waba_id, field, time, value)
        state = account_state(field, value)
        return [AccountChange(waba_id, event_id, at, value, change=field, values=value, state=state)]
    if field in TEMPLATE_FIELDS:
        return [template_change(waba_id, field, time, at, value)]
    reader = FIELDS.get(field)
    if reader is None:
        return [
            UnknownEvent(
                waba_id, digest(waba_id, field, time, value), at, change, name=sighting("field", field)
            )
        ]
    return reader(required(item(value, "metadata"), "phone_number_id"), value)


def _messages(account_id: str, value: Json) -> Iterator[Event]:
    yield from each(account_id, items(value, "messages"), partial(read_message, account_id, value))
    yield from each(account_id, items(value, "statuses"), partial(_status, account_id))
    yield from each(account_id, items(value, "errors"), partial(_account_error, account_id))


def _status(account_id: str, raw: Json) -> Iterable[Event]:
    status, provider_id = required(raw, "status"), required(raw, "id")
    at = instant(raw.get("timestamp"))
    event_id = f"status:{provider_id}:{status}"
    if status not in STATUSES:
        return [UnknownEvent(account_id, event_id, at, raw, name=sighting("status", status))]
    pricing = item(raw, "pricing") if raw.get("pricing") else {}
    billable = pricing.get("billable")
    change = StatusChange(
        account_id,
        event_id,
        at,
        raw,
        provider_id,
        STATUSES[status],
        text(raw, "biz_opaque_callback_data"),
        _recipient(raw),
        billable=billable if isinstance(billable, bool) else None,
        pricing_category=text(pricing, "category").replace("-", "_"),
    )
    errors = items(raw, "errors")
    return [replace(change, **_failure(as_object(errors[0]))) if errors else change]


def _recipient(raw: Json) -> str:
    """Who it went to, where that can be read: the status is ours to apply even where it cannot."""
    number = raw.get("recipient_id")
    if type(number) is str and DIGITS.fullmatch(number) and not raw.get("recipient_user_id"):
        return f"+{number}"  # nearly everybody
    try:
        return person(raw, "recipient_id", "recipient_user_id").address
    except Malformed:
        return ""


def _failure(error: Json) -> dict[str, Any]:
    code = count(error, "code")
    verdict = ERRORS.verdict(code)
    return {
        "reason": (verdict or UNEXPLAINED).reason,
        "provider_code": str(code),
        "detail": error_detail(error),
        "sighting": "" if verdict else sighting("code", code),
    }


def _account_error(account_id: str, raw: Json) -> Iterable[Event]:
    return [
        AccountChange(account_id, digest(account_id, raw), EPOCH, raw, change="errors", values=_failure(raw))
    ]


def _preferences(account_id: str, value: Json) -> Iterator[Event]:
    yield from each(account_id, items(value, "user_preferences"), partial(_preference, account_id))


def _preference(account_id: str, raw: Json) -> Iterable[Event]:
    wish = required(raw, "value")
    common = (account_id, digest("preference", account_id, raw), instant(raw.get("timestamp")), raw)
    if text(raw, "category") != "marketing_messages" or wish not in PREFERENCES:
        return [UnknownEvent(*common, name=sighting("preference", wish))]
    who = person(raw, "wa_id", "user_id")
    return [ContactChange(*common, sender=who.address, change=PREFERENCES[wish], phone=who.phone)]


def _echoes(account_id: str, value: Json) -> Iterator[Event]:
    yield from each(account_id, items(value, "message_echoes"), partial(_echo, account_id))


def _echo(account_id: str, raw: Json) -> Iterable[Event]:
    kind, provider_id = required(raw, "type"), required(raw, "id")
    common = (account_id, f"echo:{provider_id}", instant(raw.get("timestamp")), raw)
    if kind in ("edit", "revoke"):
        return [UnknownEvent(*common, name=sighting("echo", kind))]
    return [
        Echo(
            *common,
            recipient=person(raw, "to", "to_user_id").address,
            provider_id=provider_id,
            kind=message_kind(kind),
            text=words(kind, raw),
        )
    ]


FIELDS: dict[str, Callable[[str, Json], Iterable[Event]]] = {
    "messages": _messages,
    "user_preferences": _preferences,
    "smb_message_echoes": _echoes,
}

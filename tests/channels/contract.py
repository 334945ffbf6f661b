"""Reading the tables of cases: `cases/<kind>/{channel,outgoing,responses,webhooks}.json`."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from channels.adapters import ADAPTERS
from channels.adapters.base import (
    Blame,
    Credentials,
    Event,
    Outcome,
    OutcomeKind,
    Outgoing,
    OutgoingMedia,
    OutgoingPart,
    OutgoingTemplate,
    PartKind,
    ProviderResponse,
    Reason,
)

CASES = Path(__file__).parent / "cases"
TOKEN = "token-of-the-case"
CREDENTIALS = Credentials("106500700800900", TOKEN, secret="secret-of-the-case", verify_token="verify-me")
BY_KIND = {kind.value: adapter for kind, adapter in ADAPTERS.items()}


def cases(table: str) -> list[tuple[str, dict[str, Any]]]:
    """(kind, case) for every case of `table`, of all kinds."""
    return [
        (kind, case)
        for kind in BY_KIND
        for case in json.loads((CASES / kind / f"{table}.json").read_text("utf-8"))
    ]


@cache
def channel(kind: str) -> dict[str, str]:
    """What tests need to know of a kind: the `address` of a person, and the `signature` its webhooks carry."""
    values: dict[str, str] = json.loads((CASES / kind / "channel.json").read_text("utf-8"))
    return values


def case_id(value: object) -> str:
    return value["name"] if isinstance(value, dict) else str(value)


def outgoing(values: dict[str, Any]) -> Outgoing:
    parts = tuple(
        OutgoingPart(
            PartKind(part["kind"]),
            part.get("text", ""),
            OutgoingMedia(**part["media"]) if "media" in part else None,
            OutgoingTemplate(**part["template"]) if "template" in part else None,
        )
        for part in values["parts"]
    )
    return Outgoing(**{**values, "to": tuple(values["to"]), "parts": parts})


def response(values: dict[str, Any]) -> ProviderResponse:
    body = values["body"]
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return ProviderResponse(values["status"], values.get("headers", {}), data)


def outcome(values: dict[str, Any]) -> Outcome:
    enums = {"kind": OutcomeKind, "reason": Reason, "blame": Blame}
    tuples = {"provider_ids", "people"}
    return Outcome(
        **{
            key: enums[key](value) if key in enums else tuple(value) if key in tuples else value
            for key, value in values.items()
        }
    )


def shown(event: Event) -> dict[str, Any]:
    """An event as the case files write it: its type and every value that is not the default, without `raw`."""
    values: dict[str, Any] = {"type": type(event).__name__}
    for field in fields(event):
        value = getattr(event, field.name)
        if field.name == "raw" or (field.default is not MISSING and value == field.default):
            continue
        if isinstance(value, datetime):
            value = value.isoformat()
        elif hasattr(value, "__dataclass_fields__"):
            value = shown(value) | {}
            value.pop("type")
        values[field.name] = value
    return json.loads(json.dumps(values))

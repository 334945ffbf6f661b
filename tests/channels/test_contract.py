"""One contract for every adapter in the registry: its tables of cases, and what holds without any case."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.adapters.base import (
    CallFailed,
    ChannelKind,
    Fault,
    Idempotency,
    OutcomeKind,
    Outgoing,
    OutgoingPart,
    OutgoingTemplate,
    PartKind,
    ProviderResponse,
    Reason,
    UnknownEvent,
    Unsupported,
    WebhookRejected,
    WebhookRequest,
)
from channels.adapters.parsing import Malformed, body_object, text

from .contract import BY_KIND, CREDENTIALS, TOKEN, case_id, cases, channel, outcome, outgoing, response, shown

TABLES = ("outgoing", "responses", "webhooks")
every_kind = pytest.mark.parametrize("adapter", BY_KIND.values(), ids=BY_KIND.keys())
SIGNATURES = {
    "line": lambda body, key: {
        "x-line-signature": base64.b64encode(hmac.digest(key, body, "sha256")).decode()
    },
    "meta": lambda body, key: {
        "x-hub-signature-256": "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
    },
}
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def plain(adapter, text="Hello") -> Outgoing:
    return Outgoing(
        (channel(adapter.kind)["address"],), (OutgoingPart(PartKind.TEXT, text),), retry_key="a-key"
    )


def signed(adapter, body: bytes, key: str = CREDENTIALS.secret) -> WebhookRequest:
    return WebhookRequest(SIGNATURES[channel(adapter.kind)["signature"]](body, key.encode()), body)


# --- The tables -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "case"), cases("outgoing"), ids=case_id)
def test_what_is_sent(kind, case):
    adapter = BY_KIND[kind]
    if "unsupported" in case:
        with pytest.raises(Unsupported, match=case["unsupported"].replace("+", r"\+")):
            adapter.build(outgoing(case["outgoing"]), CREDENTIALS)
        return
    request = adapter.build(outgoing(case["outgoing"]), CREDENTIALS)
    expected = case["request"]
    assert (request.method, request.host, request.path) == (
        expected["method"],
        expected["host"],
        expected["path"],
    )
    assert request.endpoint == expected["endpoint"]
    assert request.endpoint in adapter.spec.pacing
    assert dict(request.headers) == expected["headers"]
    assert json.loads(request.body) == expected["body"]


@pytest.mark.parametrize(("kind", "case"), cases("responses"), ids=case_id)
def test_what_an_answer_proves(kind, case):
    assert BY_KIND[kind].read(response(case["response"])) == outcome(case["outcome"])


@pytest.mark.parametrize(("kind", "case"), cases("webhooks"), ids=case_id)
def test_what_a_webhook_tells(kind, case):
    assert [shown(event) for event in BY_KIND[kind].events(case["payload"])] == case["events"]


@pytest.mark.parametrize(("kind", "case"), cases("webhooks"), ids=case_id)
def test_the_same_delivery_twice_has_the_same_ids(kind, case):
    first = [event.event_id for event in BY_KIND[kind].events(case["payload"])]
    again = [event.event_id for event in BY_KIND[kind].events(json.loads(json.dumps(case["payload"])))]
    assert first == again
    assert len(set(first)) == len(first), "two events of one delivery share an id"


@pytest.mark.parametrize("table", TABLES)
def test_every_case_names_its_document_and_is_named_once(table):
    named = [(kind, case["name"]) for kind, case in cases(table)]
    assert len(set(named)) == len(named)
    assert all(case["docs"].startswith("https://") for _kind, case in cases(table))


# --- What holds for every kind ----------------------------------------------------------------------------


@every_kind
def test_a_good_signature_is_taken(adapter):
    adapter.verify(signed(adapter, '{"a": "群發"}'.encode()), CREDENTIALS)


@every_kind
@pytest.mark.parametrize("fault", ["key", "body", "cut", "missing", "empty", "not ascii"])
def test_a_bad_signature_is_refused(adapter, fault):
    good = signed(adapter, b"{}")
    ((name, value),) = good.headers.items()
    bad = {
        "key": signed(adapter, b"{}", key="another"),
        "body": WebhookRequest(good.headers, b"{ }"),
        "cut": WebhookRequest({name: value[:-2]}, b"{}"),
        "missing": WebhookRequest({}, b"{}"),
        "empty": WebhookRequest({name: ""}, b"{}"),
        "not ascii": WebhookRequest({name: "é\udcff"}, b"{}"),
    }[fault]
    with pytest.raises(WebhookRejected):
        adapter.verify(bad, CREDENTIALS)


@every_kind
def test_a_channel_without_secret_takes_nothing(adapter):
    with pytest.raises(WebhookRejected):
        adapter.verify(signed(adapter, b"{}", key=""), replace(CREDENTIALS, secret=""))


@every_kind
@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[]"])
def test_429_is_rate_limited_whatever_its_body(adapter, body):
    result = adapter.read(ProviderResponse(429, {}, body))
    assert (result.kind, result.reason, result.final) == (OutcomeKind.REFUSED, Reason.RATE_LIMITED, False)


@every_kind
@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("body", [b"", b"<html>", b"{}"])
def test_a_bare_5xx_proves_nothing(adapter, status, body):
    result = adapter.read(ProviderResponse(status, {}, body))
    assert (result.kind, result.reason) == (OutcomeKind.UNKNOWN, Reason.PROVIDER_UNAVAILABLE)


@every_kind
def test_no_connection_is_not_sent_and_a_broken_one_proves_nothing(adapter):
    assert adapter.read_fault(Fault.NOT_CONNECTED).kind is OutcomeKind.NOT_SENT
    assert adapter.read_fault(Fault.BROKEN).kind is OutcomeKind.UNKNOWN
    assert adapter.read_fault(Fault.TOO_LARGE).kind is OutcomeKind.UNKNOWN


@every_kind
def test_the_token_never_reaches_a_repr_or_the_log(adapter, caplog):
    caplog.set_level(logging.DEBUG)
    request = adapter.build(plain(adapter), CREDENTIALS)
    logging.getLogger(__name__).debug("%r %s %r", request, request, CREDENTIALS)
    list(adapter.events({"entry": 1, "destination": TOKEN}))
    assert f"Bearer {TOKEN}" in dict(request.headers).values()
    assert TOKEN not in caplog.text
    assert CREDENTIALS.secret not in caplog.text
    assert TOKEN not in request.path


@every_kind
def test_a_long_secret_in_the_providers_words_is_masked(adapter):
    secret = "EAAG" + "x1Y2z3" * 20
    body = {"message": f"Failed: {secret}", "error": {"code": 100, "message": f"Failed: {secret}"}}
    result = adapter.read(ProviderResponse(400, {}, json.dumps(body).encode()))
    assert "Failed" in result.detail
    assert secret not in repr(result)
    assert secret not in str(CallFailed(result))


@every_kind
def test_the_longest_text_fits_and_one_more_does_not(adapter):
    longest = "a" * adapter.spec.max_text
    assert adapter.text_length(longest) == adapter.spec.max_text
    adapter.build(plain(adapter, longest), CREDENTIALS)
    with pytest.raises(Unsupported):
        adapter.build(plain(adapter, longest + "a"), CREDENTIALS)


@every_kind
def test_text_is_counted_in_the_providers_unit(adapter):
    apple = {"utf16": 2, "codepoints": 1, "utf8": 4}[adapter.spec.text_unit]
    assert adapter.text_length("🍎") == apple
    assert adapter.text_length("群") == {"utf16": 1, "codepoints": 1, "utf8": 3}[adapter.spec.text_unit]


@every_kind
def test_the_largest_request_stays_within_the_providers_body_limit(adapter):
    spec = adapter.spec
    people = tuple(f"U{n:032x}" for n in range(spec.max_people)) if spec.max_people > 1 else plain(adapter).to
    text = "群" * (spec.max_text // adapter.text_length("群"))
    parts = (OutgoingPart(PartKind.TEXT, text),) * spec.max_parts
    request = adapter.build(Outgoing(people, parts, retry_key="a-key"), CREDENTIALS)
    assert len(request.body) < 2_000_000


@every_kind
def test_templates_are_whatsapps_alone(adapter):
    part = OutgoingPart(PartKind.TEMPLATE, template=OutgoingTemplate("closed_today", "en"))
    asked = plain(adapter)._replace(parts=(part,))
    if adapter.kind is ChannelKind.WHATSAPP:
        assert json.loads(adapter.build(asked, CREDENTIALS).body)["type"] == "template"
    else:
        with pytest.raises(Unsupported):
            adapter.build(asked, CREDENTIALS)


@every_kind
def test_the_same_values_are_the_same_bytes(adapter):
    assert adapter.build(plain(adapter), CREDENTIALS) == adapter.build(plain(adapter), CREDENTIALS)


@every_kind
def test_a_retry_key_is_sent_only_where_the_provider_takes_one(adapter):
    headers = {name.lower() for name, _value in adapter.build(plain(adapter), CREDENTIALS).headers}
    assert any("retry" in name for name in headers) == (adapter.spec.idempotency is Idempotency.RETRY_KEY)


@every_kind
def test_what_the_adapter_does_not_know_is_named_to_be_counted(adapter):
    payloads = [case["payload"] for kind, case in cases("webhooks") if kind == adapter.kind]
    names = {e.name for p in payloads for e in adapter.events(p) if isinstance(e, UnknownEvent)}
    assert {"malformed"} < names
    assert all(name == "malformed" or ":" in name for name in names)
    sightings = {
        adapter.read(response(c["response"])).sighting for k, c in cases("responses") if k == adapter.kind
    }
    assert any(sightings)


@every_kind
@unhurried
@given(payload=st.dictionaries(st.sampled_from(["entry", "events", "destination", "object"]), json_values))
def test_no_payload_breaks_the_reading(adapter, payload):
    list(adapter.events(payload))


@every_kind
@unhurried
@given(data=st.data())
def test_no_damage_to_a_real_payload_breaks_the_reading(adapter, data):
    payload = data.draw(st.sampled_from([c["payload"] for k, c in cases("webhooks") if k == adapter.kind]))
    payload = json.loads(json.dumps(payload))
    node, key = payload, data.draw(st.sampled_from(sorted(payload)))
    while isinstance(node[key], dict | list) and node[key] and data.draw(st.booleans()):
        node = node[key]
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
    node[key] = data.draw(json_values)
    for event in adapter.events(payload):
        assert event.event_id


@every_kind
@unhurried
@given(
    status=st.integers(100, 599),
    body=st.binary(max_size=60) | json_values.map(lambda v: json.dumps(v).encode()),
)
def test_no_answer_breaks_the_reading_and_nothing_odd_is_accepted(adapter, status, body):
    result = adapter.read(ProviderResponse(status, {}, body))
    assert result.kind is not OutcomeKind.ACCEPTED


@every_kind
def test_every_pin_of_the_providers_page_exists(adapter):
    page = (Path(__file__).parents[2] / "docs" / "providers" / f"{adapter.kind}.md").read_text("utf-8")
    known = {f"{t}: {c['name']}" for t in TABLES for kind, c in cases(t) if kind == adapter.kind}
    pins = {pin for pin in re.findall(r"`([^`]+)`", page) if pin.partition(": ")[0] in TABLES}
    assert len(pins) > 15
    assert pins <= known
    for file, name in re.findall(r"`([\w/]+\.py)::(\w+)`", page):
        path = Path(__file__).parents[2] / file if "/" in file else Path(__file__).parent / file
        assert f"def {name}(" in path.read_text("utf-8"), f"{file}::{name}"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"NaN", b'{"a": NaN}', b'{"a": Infinity}', b"[" * 100_000, b'"\\ud800"']
)
def test_a_body_that_is_no_json_object_is_malformed(body):
    with pytest.raises(Malformed):
        body_object(body)


def test_half_a_character_is_read_and_cleaned():
    assert text(body_object(b'{"a": "x\\ud83c\\u0000y"}'), "a") == "x\ufffdy"

"""The product's adapters and transports against the sandbox, over HTTP."""

import base64
import uuid
from collections import Counter
from dataclasses import replace

import pytest

from channels.adapters.base import (
    ContactChange,
    Credentials,
    Delivery,
    Fault,
    InboundMessage,
    OutcomeKind,
    Outgoing,
    OutgoingMedia,
    OutgoingPart,
    PartKind,
    Reason,
    StatusChange,
    WebhookRequest,
)
from channels.adapters.line import LineAdapter
from channels.adapters.line import calls as line_calls
from channels.adapters.meta.whatsapp import WhatsAppAdapter
from channels.adapters.meta.whatsapp import calls as whatsapp_calls
from channels.sending.pacing import Pacer
from channels.sending.rare import RareCalls
from channels.sending.transport import Transport

MEI = "U3f1c9a0be27d4485a1c2e5f6079b8d34"
LINE = Credentials("Ub0c1d2e3f405162738495a6b7c8d9e0f", "line-token", "line-secret")
WHATSAPP = Credentials("106500700800900", "whatsapp-token", "whatsapp-secret")
HELLO = OutgoingPart(PartKind.TEXT, "春季特賣 🌸")
line, whatsapp = LineAdapter(), WhatsAppAdapter()


@pytest.fixture
def urls(http, sandbox):
    return {"line": sandbox, "line_data": sandbox, "graph": f"{sandbox}/v25.0", "graph_media": sandbox}


@pytest.fixture
def rare(urls):
    with RareCalls(urls) as opened:
        yield opened


def send(urls, requests, **options):
    """The answers of all requests, in order."""
    with Transport(urls, **options) as transport:
        for n, (request, delay) in enumerate(requests):
            transport.submit(request, n, delay=delay)
        answers = {}
        while transport.in_flight:
            answers |= dict(transport.poll(5))
    return [answers[n] for n in range(len(requests))]


def send_one(urls, request):
    (answer,) = send(urls, [(request, 0)])
    return answer


def outcome_of(adapter, answer):
    return adapter.read_fault(answer) if isinstance(answer, Fault) else adapter.read(answer)


def events(adapter, credentials, receiver, enough):
    """All events of the webhooks that came, once `enough` of them says so; every signature is checked."""

    def read(calls):
        found = []
        for call in calls:
            adapter.verify(WebhookRequest(call.headers, call.body), credentials)
            found += adapter.events(call.json())
        return found if enough(found) else None

    return receiver.wait(read)


def test_a_line_push_is_accepted_once_however_often_it_goes(http, urls):
    outgoing = Outgoing((MEI,), (HELLO, HELLO), retry_key=str(uuid.uuid4()))
    first = outcome_of(line, send_one(urls, line.build(outgoing, LINE)))
    again = outcome_of(line, send_one(urls, line.build(outgoing, LINE)))
    assert first.kind is again.kind is OutcomeKind.ACCEPTED
    assert len(first.provider_ids) == 2
    assert first == again  # the same ids, the same accepted request
    assert len(http.get(f"/_sandbox/journal?recipient={MEI}").json()["results"]) == 2


def test_a_multicast_whose_answer_was_lost_is_settled_by_the_same_key(http, urls):
    people = tuple(f"U{n:032x}" for n in range(500))
    request = line.build(Outgoing(people, (HELLO,), retry_key=str(uuid.uuid4())), LINE)
    http.post("/_sandbox/scenario", {"cut_rate": 1, "accepted_share": 1})
    lost = outcome_of(line, send_one(urls, request))
    assert (lost.kind, lost.reason) == (OutcomeKind.UNKNOWN, Reason.ANSWER_LOST)
    http.post("/_sandbox/scenario", {"cut_rate": 0})
    assert outcome_of(line, send_one(urls, request)).kind is OutcomeKind.ACCEPTED
    summary = http.get("/_sandbox/summary").json()
    assert (summary["people"], summary["duplicates"]) == (500, 0)


def test_a_bad_person_in_a_multicast_is_named(urls):
    request = line.build(Outgoing((MEI, "nobody", MEI), (HELLO,), retry_key=str(uuid.uuid4())), LINE)
    outcome = outcome_of(line, send_one(urls, request))
    assert (outcome.reason, outcome.people) == (Reason.RECIPIENT_INVALID, (1,))


def test_a_revoked_line_token_disconnects(urls):
    request = line.build(Outgoing((MEI,), (HELLO,), retry_key="a"), replace(LINE, access_token="old"))
    assert outcome_of(line, send_one(urls, request)).reason is Reason.CHANNEL_DISCONNECTED


def test_whatsapp_statuses_come_back_with_our_id(http, urls, whatsapp_webhooks):
    http.post("/_sandbox/scenario", {"read_share": 1})
    sent = outcome_of(
        whatsapp,
        send_one(urls, whatsapp.build(Outgoing(("+886912000111",), (HELLO,), opaque_id="8.0.1"), WHATSAPP)),
    )
    assert sent.kind is OutcomeKind.ACCEPTED
    found = events(whatsapp, WHATSAPP, whatsapp_webhooks, lambda e: len(e) >= 3)
    assert all(isinstance(event, StatusChange) for event in found)
    assert {event.status for event in found} == {Delivery.SENT, Delivery.DELIVERED, Delivery.READ}
    assert {(event.opaque_id, event.provider_id) for event in found} == {("8.0.1", sent.provider_ids[0])}
    assert any(event.billable is not None for event in found)


def test_an_undeliverable_whatsapp_number_fails_later_with_its_reason(urls, whatsapp_webhooks):
    request = whatsapp.build(Outgoing(("+886912000126",), (HELLO,), opaque_id="9.0.1"), WHATSAPP)
    assert outcome_of(whatsapp, send_one(urls, request)).kind is OutcomeKind.ACCEPTED
    (failed, *_more) = events(whatsapp, WHATSAPP, whatsapp_webhooks, lambda e: e)
    assert (failed.status, failed.reason) == (Delivery.FAILED, Reason.RECIPIENT_UNAVAILABLE)
    assert (failed.provider_code, failed.opaque_id) == ("131026", "9.0.1")


def test_a_whatsapp_throttle_and_fault_are_told_apart(urls):
    throttled, fault = (
        whatsapp.build(Outgoing((phone,), (HELLO,)), WHATSAPP) for phone in ("+886912000429", "+886912000500")
    )
    refused = outcome_of(whatsapp, send_one(urls, throttled))
    assert (refused.kind, refused.reason, refused.final) == (OutcomeKind.REFUSED, Reason.RATE_LIMITED, False)
    assert outcome_of(whatsapp, send_one(urls, fault)).kind is OutcomeKind.UNKNOWN


def test_at_the_paced_rate_nobody_is_throttled(http, urls, valkey):
    pacer, requests = Pacer(valkey), []
    grant = pacer.take(1, "messages", whatsapp.spec.pacing["messages"], 150, ahead=2)
    assert grant.tokens == 150
    for n, delay in enumerate(grant.delays()):
        outgoing = Outgoing((f"+88691{n:04d}11{n:03d}1",), (HELLO,))
        requests.append((whatsapp.build(outgoing, WHATSAPP), delay))
    http.post("/_sandbox/scenario", {"magic_numbers": False})
    outcomes = [outcome_of(whatsapp, answer) for answer in send(urls, requests)]
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.ACCEPTED}


def test_among_cut_and_failing_requests_nobody_is_reached_twice_and_no_claim_is_wrong(http, urls):
    http.post(
        "/_sandbox/scenario",
        {
            "cut_rate": 0.2,
            "error_rate": 0.1,
            "throttle_rate": 0.1,
            "rate_limits": False,
            "magic_numbers": False,
        },
    )
    phones = [f"+88691{n:07d}" for n in range(1000)]
    requests = [(whatsapp.build(Outgoing((phone,), (HELLO,)), WHATSAPP), 0) for phone in phones]
    outcomes = [outcome_of(whatsapp, answer) for answer in send(urls, requests, max_connections=16)]
    rows, after = [], -1
    while after is not None:
        page = http.get(f"/_sandbox/journal?all=true&limit=1000&after={after}").json()
        rows, after = rows + page["results"], page["next"]
    reached = Counter(row["recipient"].lstrip("+") for row in rows)
    for phone, outcome in zip(phones, outcomes, strict=True):
        times = reached[phone.lstrip("+")]
        possible = {OutcomeKind.ACCEPTED: {1}, OutcomeKind.UNKNOWN: {0, 1}, OutcomeKind.REFUSED: {0}}
        assert times in possible[outcome.kind], (phone, outcome)
    assert {outcome.kind for outcome in outcomes} == set(possible)


def test_customers_of_both_channels_are_heard(http, line_webhooks, whatsapp_webhooks):
    http.post("/_sandbox/inbound", {"channel": "line", "from": MEI, "text": "有貨嗎？"})
    http.post("/_sandbox/inbound", {"channel": "line", "from": MEI, "action": "unfollow"})
    http.post(
        "/_sandbox/inbound", {"channel": "whatsapp", "from": "+886912000111", "name": "林美", "text": "hi"}
    )

    def read(calls):
        found = []
        for call in calls:
            adapter, credentials = (line, LINE) if call.path.endswith("line") else (whatsapp, WHATSAPP)
            adapter.verify(WebhookRequest(call.headers, call.body), credentials)
            found += adapter.events(call.json())
        return found if len(found) == 3 else None

    found = line_webhooks.wait(read)
    messages = {event.text: event for event in found if isinstance(event, InboundMessage)}
    assert messages["有貨嗎？"].sender == MEI
    assert (messages["hi"].phone, messages["hi"].profile_name) == ("+886912000111", "林美")
    assert messages["hi"].sender == messages["hi"].user_id
    assert [event.change for event in found if isinstance(event, ContactChange)] == ["blocked"]


def test_the_rare_calls_of_line(http, rare, line_webhooks):
    assert line_calls.read_bot_info(rare.call(line_calls.bot_info(LINE))).user_id == LINE.account_id
    assert line_calls.read_quota(rare.call(line_calls.quota(LINE))) is None
    assert line_calls.read_consumption(rare.call(line_calls.consumption(LINE))) >= 0
    picture = {
        "mime": "image/png",
        "base64": base64.b64encode(b"\x89PNG\r\n\x1a\n").decode(),
        "name": "a.png",
    }
    http.post("/_sandbox/inbound", {"channel": "line", "from": MEI, "media": picture})
    (message,) = events(line, LINE, line_webhooks, lambda e: e)
    assert line_calls.read_profile(rare.call(line_calls.profile(MEI, LINE))).user_id == MEI
    content = line_calls.read_content(rare.call(line_calls.content(message.media.provider_media_id, LINE)))
    assert (content.mime, content.data) == ("image/png", b"\x89PNG\r\n\x1a\n")


def test_the_rare_calls_of_whatsapp(http, urls, rare, whatsapp_webhooks):
    number = whatsapp_calls.read_number_state(rare.call(whatsapp_calls.number_state(WHATSAPP)))
    assert (number.number_id, number.status) == (WHATSAPP.account_id, "CONNECTED")
    upload = whatsapp_calls.upload(b"%PDF-1.4 prices", "application/pdf", "價目表.pdf", WHATSAPP)
    media_id = whatsapp_calls.read_upload(rare.call(upload))
    info = whatsapp_calls.read_media(rare.call(whatsapp_calls.media(media_id, WHATSAPP)))
    assert (info.mime, info.bytes) == ("application/pdf", 15)
    assert (
        whatsapp_calls.read_download(rare.call(whatsapp_calls.download(info, WHATSAPP))).data
        == b"%PDF-1.4 prices"
    )
    file = OutgoingPart(
        PartKind.FILE, "Prices", OutgoingMedia("", "application/pdf", "p.pdf", provider_media_id=media_id)
    )
    request = whatsapp.build(Outgoing(("+886912000111",), (file,)), WHATSAPP)
    assert outcome_of(whatsapp, send_one(urls, request)).kind is OutcomeKind.ACCEPTED
    http.post("/_sandbox/inbound", {"channel": "whatsapp", "from": "+886912000333", "text": "hi"})
    found = events(
        whatsapp, WHATSAPP, whatsapp_webhooks, lambda e: any(isinstance(x, InboundMessage) for x in e)
    )
    message = next(event for event in found if isinstance(event, InboundMessage))
    whatsapp_calls.read_mark_read(rare.call(whatsapp_calls.mark_read(message.provider_id, WHATSAPP)))

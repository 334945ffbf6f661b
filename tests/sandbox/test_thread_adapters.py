"""The product's Messenger and Instagram adapters against the sandbox, over HTTP."""

import pytest

from channels.adapters.base import (
    Credentials,
    Delivery,
    Echo,
    Fault,
    InboundMessage,
    OutcomeKind,
    Outgoing,
    OutgoingMedia,
    OutgoingPart,
    PartKind,
    ReadUpTo,
    Reason,
    StatusChange,
    WebhookRequest,
)
from channels.adapters.meta.facebook import FacebookAdapter
from channels.adapters.meta.instagram import InstagramAdapter
from channels.sending.transport import Transport

from .conftest import INSTAGRAM, PAGE

PSID = "7412589630147853"
HELLO = OutgoingPart(PartKind.TEXT, "春季特賣 🌸")
OF = {
    "facebook": (FacebookAdapter(), Credentials(PAGE["page_id"], "page-token", "page-secret")),
    "instagram": (InstagramAdapter(), Credentials(INSTAGRAM["ig_id"], "instagram-token", "instagram-secret")),
}
KINDS = pytest.mark.parametrize("kind", list(OF))


@pytest.fixture
def send(http, sandbox):
    def send_one(kind, outgoing):
        adapter, credentials = OF[kind]
        urls = {"graph": f"{sandbox}/v25.0", "instagram": f"{sandbox}/v25.0"}
        with Transport(urls) as transport:
            transport.submit(adapter.build(outgoing, credentials), 0)
            answers = {}
            while not answers:
                answers = dict(transport.poll(5))
        answer = answers[0]
        return adapter.read_fault(answer) if isinstance(answer, Fault) else adapter.read(answer)

    return send_one


def events(kind, receiver, enough):
    """All events that came, once `enough` of them says so; every signature is checked."""
    adapter, credentials = OF[kind]

    def read(calls):
        found = []
        for call in calls:
            adapter.verify(WebhookRequest(call.headers, call.body), credentials)
            found += adapter.events(call.json())
        return found if enough(found) else None

    return receiver.wait(read)


def reaches(kind_of_event):
    return lambda found: any(isinstance(event, kind_of_event) for event in found)


@KINDS
@pytest.mark.parametrize(
    ("kind_of_part", "mime"),
    [
        (PartKind.IMAGE, "image/png"),
        (PartKind.VIDEO, "video/mp4"),
        (PartKind.AUDIO, "audio/mp4"),
        (PartKind.FILE, "application/pdf"),
    ],
)
def test_every_kind_of_file_is_taken(http, send, receiver, kind, kind_of_part, mime):
    receiver.files["/file"] = (mime, b"bytes")
    part = OutgoingPart(kind_of_part, "", OutgoingMedia(f"{receiver.url}/file", mime))
    assert send(kind, Outgoing((PSID,), (part,))).kind is OutcomeKind.ACCEPTED
    (row,) = http.get(f"/_sandbox/journal?recipient={PSID}").json()["results"]
    assert row["body"]["attachment"]["type"] == kind_of_part.value


@KINDS
def test_the_longest_text_is_taken(send, kind):
    adapter, _ = OF[kind]
    longest = "字" * (adapter.spec.max_text // adapter.text_length("字"))
    assert send(kind, Outgoing((PSID,), (OutgoingPart(PartKind.TEXT, longest),))).kind is OutcomeKind.ACCEPTED


def test_a_page_settles_by_its_echo_and_hears_how_far_it_came(http, send, page_webhooks):
    http.post("/_sandbox/scenario", {"read_share": 1})
    sent = send("facebook", Outgoing((PSID,), (HELLO,), opaque_id="9021.0.1"))

    def all_read(found):
        return any(isinstance(e, ReadUpTo) and e.status is Delivery.READ for e in found)

    found = events("facebook", page_webhooks, all_read)
    (echo,) = [event for event in found if isinstance(event, Echo)]
    assert (echo.provider_id, echo.opaque_id, echo.recipient) == (sent.provider_ids[0], "9021.0.1", PSID)
    delivered = [event for event in found if isinstance(event, StatusChange)]
    assert [(event.status, event.provider_id) for event in delivered] == [
        (Delivery.DELIVERED, sent.provider_ids[0])
    ]
    assert {event.up_to for event in found if isinstance(event, ReadUpTo)} == {echo.at}
    (row,) = http.get(f"/_sandbox/journal?recipient={PSID}").json()["results"]
    assert row["attempt"].endswith("9021.0.1")


def test_an_instagram_account_hears_which_message_was_seen(http, send, instagram_webhooks):
    http.post("/_sandbox/scenario", {"read_share": 1})
    sent = send("instagram", Outgoing((PSID,), (HELLO,), opaque_id="9021.0.1"))
    found = events("instagram", instagram_webhooks, reaches(StatusChange))
    (echo,) = [event for event in found if isinstance(event, Echo)]
    assert (echo.provider_id, echo.opaque_id, echo.text) == (sent.provider_ids[0], "", HELLO.text)
    (seen,) = [event for event in found if isinstance(event, StatusChange)]
    assert (seen.status, seen.provider_id) == (Delivery.READ, sent.provider_ids[0])


@KINDS
@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("undeliverable", Reason.RECIPIENT_UNAVAILABLE),
        ("blocked", Reason.RECIPIENT_UNAVAILABLE),
        ("window_closed", Reason.WINDOW_CLOSED),
        ("unknown", Reason.RECIPIENT_INVALID),
        ("media_error", Reason.MEDIA_REJECTED),
        ("throttled", Reason.RATE_LIMITED),
        ("10/1893063", Reason.CHANNEL_RESTRICTED),
        ("190", Reason.CHANNEL_DISCONNECTED),
    ],
)
def test_refusals_are_understood(http, send, kind, outcome, reason):
    http.post("/_sandbox/scenario", {"recipients": {PSID: outcome}})
    found = send(kind, Outgoing((PSID,), (HELLO,)))
    assert (found.kind, found.reason) == (OutcomeKind.REFUSED, reason)


@KINDS
@pytest.mark.parametrize("outcome", ["server_error", "sent_with_error", "2", "1200"])
def test_doubtful_answers_stay_in_doubt(http, send, kind, outcome):
    http.post("/_sandbox/scenario", {"recipients": {PSID: outcome}})
    assert send(kind, Outgoing((PSID,), (HELLO,))).kind is OutcomeKind.UNKNOWN


@KINDS
def test_a_member_answers_after_the_window(http, send, kind):
    _, credentials = OF[kind]
    people = [{"address": PSID, "last_inbound_at": 1_700_000_000}]
    http.post("/_sandbox/people", {"account": credentials.account_id, "people": people})
    late = Outgoing((PSID,), (HELLO,), human_agent=True)
    assert send(kind, late).reason is Reason.WINDOW_CLOSED  # more than seven days
    http.post("/_sandbox/inbound", {"channel": kind, "from": PSID, "text": "hi"})
    assert send(kind, late).kind is OutcomeKind.ACCEPTED


@KINDS
def test_customers_are_heard(http, receiver, kind):
    account = {"facebook": PAGE, "instagram": INSTAGRAM}[kind]
    http.post("/_sandbox/accounts", {**account, "webhook_url": receiver.url})
    picture = {"mime": "image/png", "base64": "iVBORw0KGgo=", "name": "a.png"}
    for what in (
        {"text": "有貨嗎？"},
        {"media": picture},
        {"action": "button", "text": "Yes", "payload": "y"},
    ):
        http.post("/_sandbox/inbound", {"channel": kind, "from": PSID, **what})
    found = events(kind, receiver, lambda e: len(e) == 3)
    assert {(event.kind, event.text) for event in found if isinstance(event, InboundMessage)} == {
        ("text", "有貨嗎？"),
        ("image", ""),
        ("postback", "Yes"),
    }

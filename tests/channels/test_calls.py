"""The rare calls of LINE and Meta: what is asked, and how each answer is read."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from channels.adapters.base import CallFailed, Credentials, Fault, OutcomeKind, ProviderResponse, Reason
from channels.adapters.line import calls as line
from channels.adapters.meta import tokens
from channels.adapters.meta.whatsapp import analytics
from channels.adapters.meta.whatsapp import calls as whatsapp

CREDENTIALS = Credentials("106500700800900", "token-of-the-case")
USER = "U3f1c9a0be27d4485a1c2e5f6079b8d34"


def answer(body: object, status: int = 200, **headers: str) -> ProviderResponse:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ProviderResponse(status, {name.replace("_", "-"): value for name, value in headers.items()}, data)


POINT = {
    "start": 1793491200,
    "end": 1793577600,
    "country": "TW",
    "phone_number": "+886 2 7700 1234",
    "pricing_type": "REGULAR",
    "pricing_category": "UTILITY",
    "volume": 3,
    "cost": 0.0339,
}
FREE_POINT = {"pricing_type": "FREE_CUSTOMER_SERVICE", "pricing_category": "SERVICE", "cost": 0}


def debugged(data: dict[str, object]) -> ProviderResponse:
    """A batch of one, as Graph answers it."""
    return answer([{"code": 200, "headers": [], "body": json.dumps({"data": data})}])


REQUESTS = [
    (line.profile(USER, CREDENTIALS), "GET", "line", f"/v2/bot/profile/{USER}"),
    (line.profile("../../info", CREDENTIALS), "GET", "line", "/v2/bot/profile/..%2F..%2Finfo"),
    (line.bot_info(CREDENTIALS), "GET", "line", "/v2/bot/info"),
    (line.quota(CREDENTIALS), "GET", "line", "/v2/bot/message/quota"),
    (line.consumption(CREDENTIALS), "GET", "line", "/v2/bot/message/quota/consumption"),
    (line.content("5309", CREDENTIALS), "GET", "line_data", "/v2/bot/message/5309/content"),
    (whatsapp.media("901", CREDENTIALS), "GET", "graph", "/901?phone_number_id=106500700800900"),
    (
        whatsapp.number_state(CREDENTIALS),
        "GET",
        "graph",
        f"/106500700800900?fields={whatsapp.NUMBER_FIELDS}",
    ),
    (whatsapp.mark_read("wamid.A==", CREDENTIALS), "POST", "graph", "/106500700800900/messages"),
    (whatsapp.portfolio("104/..", CREDENTIALS), "GET", "graph", "/104%2F..?fields=id,owner_business_info"),
    (tokens.token_state("", CREDENTIALS), "POST", "graph", "/"),
    (
        analytics.pricing(
            "104", datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC), CREDENTIALS
        ),
        "GET",
        "graph",
        "/104?fields=currency,pricing_analytics.start(1793491200).end(1793577600).granularity(DAILY)"
        ".dimensions(PRICING_CATEGORY,PRICING_TYPE,COUNTRY,PHONE)",
    ),
]


@pytest.mark.parametrize(("request_", "method", "host", "path"), REQUESTS, ids=lambda value: str(value)[:40])
def test_what_is_asked(request_, method, host, path):
    assert (request_.method, request_.host, request_.path) == (method, host, path)
    assert dict(request_.headers)["Authorization"] == "Bearer token-of-the-case"


READ = [
    (
        line.read_profile,
        answer(
            {"displayName": "美玲", "userId": USER, "language": "zh-TW", "pictureUrl": "https://p.test/1"}
        ),
        line.LineProfile(USER, "美玲", "zh-TW", "https://p.test/1"),
    ),
    (line.read_profile, answer({"displayName": "A", "userId": USER}), line.LineProfile(USER, "A", "", "")),
    (
        line.read_bot_info,
        answer({"userId": USER, "basicId": "@shop", "displayName": "Shop", "chatMode": "bot"}),
        line.BotInfo(USER, "@shop", "Shop", "bot"),
    ),
    (line.read_quota, answer({"type": "limited", "value": 30000}), 30000),
    (line.read_quota, answer({"type": "none"}), None),
    (line.read_consumption, answer({"totalUsage": 1234}), 1234),
    (line.read_consumption, answer({"totalUsage": 0}), 0),
    (
        line.read_content,
        answer(b"\xff\xd8bytes", content_type="image/jpeg"),
        line.Content(True, "image/jpeg", b"\xff\xd8bytes"),
    ),
    (line.read_content, answer(b"", 202), line.Content(False)),
    (whatsapp.read_upload, answer({"id": "901122334455667"}), "901122334455667"),
    (
        whatsapp.read_media,
        answer(
            {"id": "901", "url": "https://m.test/a?b=c", "mime_type": "image/jpeg", "file_size": "184220"}
        ),
        whatsapp.MediaInfo("901", "https://m.test/a?b=c", "image/jpeg", 184220),
    ),
    (
        whatsapp.read_download,
        answer(b"bytes", content_type="image/jpeg"),
        whatsapp.Media("image/jpeg", b"bytes"),
    ),
    (
        whatsapp.read_number_state,
        answer(
            {
                "id": "106500700800900",
                "display_phone_number": "+886 2 7700 1234",
                "verified_name": "Spring Shop",
                "status": "CONNECTED",
                "quality_rating": "GREEN",
                "throughput": {"level": "STANDARD"},
                "whatsapp_business_manager_messaging_limit": "TIER_2K",
                "is_on_biz_app": True,
            }
        ),
        whatsapp.NumberState(
            "106500700800900",
            "+886 2 7700 1234",
            "Spring Shop",
            "CONNECTED",
            "GREEN",
            "STANDARD",
            "TIER_2K",
            True,
        ),
    ),
    (whatsapp.read_mark_read, answer({"success": True}), None),
    (whatsapp.read_portfolio, answer({"id": "1", "owner_business_info": {"id": "9", "name": "Shop"}}), "9"),
    (whatsapp.read_portfolio, answer({"id": "1"}), ""),
    (tokens.read_token_state, debugged({"is_valid": True, "expires_at": 0}), tokens.TokenState(True, None)),
    (
        tokens.read_token_state,
        debugged({"is_valid": True, "expires_at": 1_800_000_000}),
        tokens.TokenState(True, datetime.fromtimestamp(1_800_000_000, UTC)),
    ),
    (tokens.read_token_state, debugged({"is_valid": False}), tokens.TokenState(False, None)),
    (
        analytics.read_pricing,
        answer(
            {"currency": "USD", "pricing_analytics": {"data": [{"data_points": [POINT, POINT | FREE_POINT]}]}}
        ),
        analytics.Bill(
            "USD", (analytics.BilledDay(date(2026, 11, 1), "886277001234", "TW", "utility", 3, 33_900),)
        ),
    ),
    (analytics.read_pricing, answer({"currency": "USD", "id": "1"}), analytics.Bill("USD", ())),
]
READERS = {(read.__module__, read.__name__): read for read, _answer, _value in READ}


@pytest.mark.parametrize(("read", "given", "value"), READ)
def test_how_an_answer_is_read(read, given, value):
    assert read(given) == value


@pytest.mark.parametrize("read", READERS.values(), ids=["/".join(key) for key in READERS])
def test_every_reader_fails_the_same_way(read):
    def outcome(given):
        with pytest.raises(CallFailed) as failed:
            read(given)
        return failed.value.outcome

    assert outcome(Fault.NOT_CONNECTED).kind is OutcomeKind.NOT_SENT
    assert outcome(Fault.BROKEN).kind is OutcomeKind.UNKNOWN
    assert outcome(answer({}, 429)).reason is Reason.RATE_LIMITED
    assert outcome(answer(b"<html>", 503)).reason is Reason.PROVIDER_UNAVAILABLE
    if "content" not in read.__name__ and "download" not in read.__name__:
        for odd in (b"<html>", b"[]", b"{}", b"null"):
            assert outcome(answer(odd)).reason is Reason.UNEXPECTED_RESPONSE


@pytest.mark.parametrize("status", [404, 410])
def test_gone_at_line_concerns_the_person_or_the_file_and_not_the_channel(status):
    with pytest.raises(CallFailed) as failed:
        line.read_profile(answer({"message": "Not found"}, status))
    assert failed.value.outcome.final
    assert failed.value.outcome.reason in (Reason.RECIPIENT_INVALID, Reason.MEDIA_REJECTED)


def test_a_revoked_token_is_told_by_the_rare_calls_too():
    with pytest.raises(CallFailed) as failed:
        line.read_quota(
            answer({"message": "Authentication failed due to the following reason: expired"}, 401)
        )
    assert failed.value.outcome.reason is Reason.CHANNEL_DISCONNECTED
    with pytest.raises(CallFailed) as failed:
        whatsapp.read_number_state(answer({"error": {"code": 190, "message": "expired"}}, 401))
    assert failed.value.outcome.reason is Reason.CHANNEL_DISCONNECTED


def test_an_upload_is_a_form_with_the_file_in_it():
    request = whatsapp.upload(b"%PDF", "application/pdf", "價目表.pdf", CREDENTIALS)
    assert request.path == "/106500700800900/media"
    boundary = dict(request.headers)["Content-Type"].split("boundary=")[1]
    assert request.body.startswith(f"--{boundary}\r\n".encode())
    for expected in (
        b'name="messaging_product"\r\n\r\nwhatsapp',
        b'name="type"\r\n\r\napplication/pdf',
        b"%PDF",
    ):
        assert expected in request.body


@pytest.mark.parametrize(
    "url", ["https://lookaside.fbsbx.com/a/?mid=9&ext=1", "https://evil.test/a/?mid=9&ext=1"]
)
def test_our_token_goes_to_the_configured_host_whatever_an_answer_says(url):
    request = whatsapp.download(whatsapp.MediaInfo("9", url, "image/jpeg", 1), CREDENTIALS)
    assert (request.host, request.path) == ("graph_media", "/a/?mid=9&ext=1")


def test_a_media_address_without_a_path_cannot_reach_out_of_the_host():
    info = whatsapp.MediaInfo("9", "https://evil.test", "image/jpeg", 1)
    assert whatsapp.download(info, CREDENTIALS).path.startswith("/")
    info = whatsapp.MediaInfo("9", "@evil.test/x", "image/jpeg", 1)
    assert whatsapp.download(info, CREDENTIALS).path.startswith("/")

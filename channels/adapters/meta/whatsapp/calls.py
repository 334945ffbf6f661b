"""WhatsApp: the rare calls beside sending, each a request and the reader of its answer.

Readers take what a transport brought back and raise CallFailed where it holds no answer to the question.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from urllib3.filepost import encode_multipart_formdata

from channels.adapters.base import (
    Answer,
    CallFailed,
    Credentials,
    ProviderRequest,
    ProviderResponse,
    unanswered,
)
from channels.adapters.meta.graph import request
from channels.adapters.meta.whatsapp.codes import ERRORS
from channels.adapters.parsing import Json, Malformed, body_object, item, number, reader, required, text

NUMBER_FIELDS = (
    "id,display_phone_number,verified_name,status,quality_rating,throughput,platform_type,account_mode,"
    "name_status,is_on_biz_app,whatsapp_business_manager_messaging_limit"
)


@dataclass(frozen=True)
class MediaInfo:
    """Where a media file can be fetched for the next five minutes, with our token."""

    media_id: str
    url: str
    mime: str
    bytes: int


@dataclass(frozen=True)
class Media:
    """Bytes a customer sent."""

    mime: str
    data: bytes


@dataclass(frozen=True)
class NumberState:
    """A WhatsApp number as Meta sees it; the values are Meta's words, "" where it does not tell.

    `throughput`: STANDARD (80 messages a second) or HIGH (1,000). `shared_with_phone`: also in the phone app, then 20.
    `messaging_limit`: people a business may open a conversation with in 24 hours, such as TIER_2K.
    """

    number_id: str
    display_phone: str
    name: str
    status: str
    quality: str
    throughput: str
    messaging_limit: str
    shared_with_phone: bool


def upload(data: bytes, mime: str, filename: str, credentials: Credentials) -> ProviderRequest:
    """Keep a file at Meta for 30 days, to be sent by id."""
    body, content_type = encode_multipart_formdata(
        {"messaging_product": "whatsapp", "type": mime, "file": (filename, data, mime)}
    )
    headers = (credentials.bearer, ("Content-Type", content_type))
    return ProviderRequest("POST", "graph", f"/{credentials.account_id}/media", headers, body)


@reader
def read_upload(answer: Answer) -> str:
    """The media id."""
    return required(_body(answer), "id")


def media(media_id: str, credentials: Credentials) -> ProviderRequest:
    """Where is this media file? Meta checks that it belongs to our number."""
    query = f"phone_number_id={quote(credentials.account_id, safe='')}"
    return request("GET", f"/{quote(media_id, safe='')}?{query}", credentials)


@reader
def read_media(answer: Answer) -> MediaInfo:
    body = _body(answer)
    return MediaInfo(
        required(body, "id"), required(body, "url"), text(body, "mime_type"), number(body, "file_size")
    )


def download(info: MediaInfo, credentials: Credentials) -> ProviderRequest:
    """Fetch the bytes. Only path and query of Meta's address are used: our token goes to the configured host."""
    address = urlsplit(info.url)
    path = "/" + address.path.lstrip("/")  # never "@elsewhere" behind our host
    path = f"{path}?{address.query}" if address.query else path
    return ProviderRequest("GET", "graph_media", path, (credentials.bearer,))


@reader
def read_download(answer: Answer) -> Media:
    response = _response(answer)
    return Media(response.headers.get("content-type", ""), response.body)


def number_state(credentials: Credentials) -> ProviderRequest:
    """How is our number?"""
    return request("GET", f"/{credentials.account_id}?fields={NUMBER_FIELDS}", credentials)


@reader
def read_number_state(answer: Answer) -> NumberState:
    body = _body(answer)
    return NumberState(
        number_id=required(body, "id"),
        display_phone=text(body, "display_phone_number"),
        name=text(body, "verified_name"),
        status=text(body, "status"),
        quality=text(body, "quality_rating"),
        throughput=text(item(body, "throughput"), "level") if body.get("throughput") else "",
        messaging_limit=text(body, "whatsapp_business_manager_messaging_limit"),
        shared_with_phone=body.get("is_on_biz_app") is True,
    )


def portfolio(waba_id: str, credentials: Credentials) -> ProviderRequest:
    """Which business portfolio does this WhatsApp account belong to? All its numbers share one messaging limit."""
    return request("GET", f"/{quote(waba_id, safe='')}?fields=id,owner_business_info", credentials)


@reader
def read_portfolio(answer: Answer) -> str:
    """Meta's id of it; "" where it does not tell."""
    body = _body(answer)
    required(body, "id")
    return text(item(body, "owner_business_info"), "id") if body.get("owner_business_info") else ""


def mark_read(provider_id: str, credentials: Credentials) -> ProviderRequest:
    """Show the customer that this message and all before it were read."""
    body = {"messaging_product": "whatsapp", "status": "read", "message_id": provider_id}
    return request("POST", f"/{credentials.account_id}/messages", credentials, body)


@reader
def read_mark_read(answer: Answer) -> None:
    if _body(answer).get("success") is not True:
        raise Malformed("no success")


def _response(answer: Answer) -> ProviderResponse:
    if not isinstance(answer, ProviderResponse):
        raise CallFailed(unanswered(answer))
    if answer.status != 200:
        raise CallFailed(ERRORS.outcome(answer))
    return answer


def _body(answer: Answer) -> Json:
    return body_object(_response(answer).body)

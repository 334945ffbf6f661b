"""LINE: the rare calls beside sending, each a request and the reader of its answer.

Readers take what a transport brought back and raise CallFailed where it holds no answer to the question.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from channels.adapters.base import (
    Answer,
    Blame,
    CallFailed,
    Credentials,
    Outcome,
    OutcomeKind,
    ProviderRequest,
    ProviderResponse,
    Reason,
    Verdict,
    unanswered,
)
from channels.adapters.line.answers import read_answer
from channels.adapters.parsing import Json, body_object, count, reader, required, text

# Profile: unknown, not a friend, blocked us or gave no consent. Content: gone, or taken back by its sender.
GONE = {404: Reason.RECIPIENT_INVALID, 410: Reason.MEDIA_REJECTED}


@dataclass(frozen=True)
class LineProfile:
    """A person as LINE shows them. `language` is a BCP 47 tag where the person shares it."""

    user_id: str
    display_name: str
    language: str
    picture_url: str


@dataclass(frozen=True)
class BotInfo:
    """Our own account. `basic_id` starts with @; `chat_mode` is "chat" or "bot"."""

    user_id: str
    basic_id: str
    display_name: str
    chat_mode: str


@dataclass(frozen=True)
class Content:
    """Bytes a customer sent. Not `ready` while LINE still prepares a long video or sound: ask again."""

    ready: bool
    mime: str = ""
    data: bytes = b""


def profile(user_id: str, credentials: Credentials) -> ProviderRequest:
    """Who is this? 404 also means: blocked us, not a friend, or gave no consent."""
    return _get("line", f"/v2/bot/profile/{quote(user_id, safe='')}", credentials)


@reader
def read_profile(answer: Answer) -> LineProfile:
    body = _body(answer)
    return LineProfile(
        required(body, "userId"), text(body, "displayName"), text(body, "language"), text(body, "pictureUrl")
    )


def bot_info(credentials: Credentials) -> ProviderRequest:
    return _get("line", "/v2/bot/info", credentials)


@reader
def read_bot_info(answer: Answer) -> BotInfo:
    body = _body(answer)
    return BotInfo(
        required(body, "userId"), text(body, "basicId"), text(body, "displayName"), text(body, "chatMode")
    )


def quota(credentials: Credentials) -> ProviderRequest:
    """How many people may be messaged this month?"""
    return _get("line", "/v2/bot/message/quota", credentials)


@reader
def read_quota(answer: Answer) -> int | None:
    """People a month, or None where the plan sets no limit."""
    body = _body(answer)
    return None if required(body, "type") == "none" else count(body, "value")


def consumption(credentials: Credentials) -> ProviderRequest:
    """How many people were messaged this month, by anyone using the account? Approximate."""
    return _get("line", "/v2/bot/message/quota/consumption", credentials)


@reader
def read_consumption(answer: Answer) -> int:
    return count(_body(answer), "totalUsage")


def content(message_id: str, credentials: Credentials) -> ProviderRequest:
    """The bytes of an image, video, sound or file a customer sent; kept by LINE for an unstated time."""
    return _get("line_data", f"/v2/bot/message/{quote(message_id, safe='')}/content", credentials)


@reader
def read_content(answer: Answer) -> Content:
    response = _response(answer)
    if response.status == 202:
        return Content(ready=False)
    return Content(ready=True, mime=response.headers.get("content-type", ""), data=response.body)


def _get(host: str, path: str, credentials: Credentials) -> ProviderRequest:
    return ProviderRequest("GET", host, path, (credentials.bearer,))


def _response(answer: Answer) -> ProviderResponse:
    if not isinstance(answer, ProviderResponse):
        raise CallFailed(unanswered(answer))
    if answer.status in (200, 202):
        return answer
    if answer.status in GONE:
        verdict = Verdict(GONE[answer.status], final=True, blame=Blame.RECIPIENT)
        raise CallFailed(Outcome(OutcomeKind.REFUSED, *verdict, provider_code=str(answer.status)))
    raise CallFailed(read_answer(answer))


def _body(answer: Answer) -> Json:
    return body_object(_response(answer).body)

"""Answers that are no answers. Each is one fault: the message was taken, and what comes back says nothing we know.

Recorded as what it is, a doubt, which the reports settle; never a crash of the slice, whose other people go on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from faults.providers import provoke
from faults.proxy import Fate, answer
from faults.trial import Trial

LINE_ID = "x-line-request-id: 00000000-0000-4000-8000-000000000000\r\n"  # makes LINE's 200 look genuine
HUGE = b'{"messages":[{"id":"' + b"x" * 3_000_000 + b'"}]}'
UNKNOWN = b'{"error":{"message":"Something new","type":"OAuthException","code":987654,"fbtrace_id":"A1"}}'


def _given(name: str, data: bytes, *, arrives: bool = True, close: bool = False) -> Fate:
    return Fate(name, arrives=arrives, answer=data, close=close)


ANSWERS: dict[str, tuple[str, Fate]] = {
    "no-json": ("200 with plain words", _given("no-json", answer(200, b"OK", mime="text/plain"))),
    "html-error": (
        "502 with a page of HTML",
        _given("html-error", answer(502, b"<html><h1>Bad Gateway</h1></html>", mime="text/html")),
    ),
    "html-200": (
        "200 with a page of HTML",
        _given("html-200", answer(200, b"<html>Welcome</html>", mime="text/html")),
    ),
    "empty": ("200 with nothing", _given("empty", answer(200, b""))),
    "no-content": ("204, no content", _given("no-content", b"HTTP/1.1 204 No Content\r\n\r\n")),
    "list": ("a JSON list", _given("list", answer(200, b"[1,2,3]", headers=LINE_ID))),
    "wrong-ids": (
        "ids that are numbers, lists and null",
        _given(
            "wrong-ids",
            answer(
                200,
                b'{"messages":[{"id":17}],"message_id":["m"],"sentMessages":[{"id":null}]}',
                headers=LINE_ID,
            ),
        ),
    ),
    "poisoned-ids": (
        "ids with a NUL and half a surrogate pair, which PostgreSQL takes for no text",
        _given(
            "poisoned-ids",
            answer(
                200,
                b'{"messages":[{"id":"\\u0000"}],"message_id":"\\u0000","sentMessages":[{"id":"\\u0000\\ud83d"}]}',
                headers=LINE_ID,
            ),
        ),
    ),
    "invalid-utf8": (
        "bytes that are no UTF-8",
        _given("invalid-utf8", answer(200, b'{"message_id":"\xff\xfe"}')),
    ),
    "deep-json": ("JSON nested 100,000 deep", _given("deep-json", answer(200, b"[" * 100_000))),
    "unknown-code": ("an error code nobody documents", _given("unknown-code", answer(418, UNKNOWN))),
    "redirect": (
        "a redirect",
        _given("redirect", answer(302, b"", headers="location: http://127.0.0.1:9/\r\n")),
    ),
    "huge": ("an answer of three megabytes", _given("huge", answer(200, HUGE), close=True)),
    "truncated": (
        "an answer shorter than it says",
        _given("truncated", answer(200, b'{"messages":[{"id":"w' + b" " * 80)[:-60], close=True),
    ),
    "no-http": ("bytes that are no HTTP", _given("no-http", b"\x16\x03\x01 surprise \r\n\r\n", close=True)),
    "twice": (
        "two answers to one request: the second must not be taken for the next one's",
        _given("twice", answer(200, b"{}") * 2),
    ),
    "drip": ("the true answer, a byte at a time and too slowly", Fate("drip", drip=0.05)),
}


def given(fate: Fate) -> Callable[[Trial], None]:
    """A fault in which every so many-th message gets that answer."""
    return partial(_provoke, fate=fate)


def _provoke(trial: Trial, fate: Fate) -> None:
    provoke(trial, fate)

"""What the Graph API's channels share: headers, signature, ids and the classification of errors.

https://developers.facebook.com/docs/graph-api/guides/error-handling

Decided by code and subcode, then by code alone; the HTTP status only where there is no code. Codes of one product are
its own table over `GRAPH_CODES`; a table serves the errors in an answer and those in a status webhook alike.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from types import MappingProxyType

import orjson

from channels.adapters.base import (
    Blame,
    Credentials,
    Outcome,
    OutcomeKind,
    ProviderRequest,
    ProviderResponse,
    Reason,
    Verdict,
    WebhookRejected,
    WebhookRequest,
)
from channels.adapters.parsing import (
    Json,
    Malformed,
    body_object,
    count,
    item,
    number,
    public_detail,
    sighting,
)

DISCONNECTED = Verdict(Reason.CHANNEL_DISCONNECTED, final=False, blame=Blame.CHANNEL)
RESTRICTED = Verdict(Reason.CHANNEL_RESTRICTED, final=False, blame=Blame.CHANNEL)
THROTTLED = Verdict(Reason.RATE_LIMITED, final=False, blame=Blame.PROVIDER)
UNAVAILABLE = Verdict(Reason.PROVIDER_UNAVAILABLE, final=False, blame=Blame.PROVIDER)
REJECTED = Verdict(Reason.MESSAGE_REJECTED, final=True, blame=Blame.CONTENT)
UNEXPLAINED = Verdict(Reason.UNEXPECTED_RESPONSE, final=False, blame=Blame.PROVIDER)

Code = int | tuple[int, int]  # a code, or a code with its subcode

GRAPH_CODES: Mapping[Code, Verdict] = {
    0: DISCONNECTED,  # token expired, revoked or invalid
    1: UNAVAILABLE,
    2: UNAVAILABLE,
    3: DISCONNECTED,  # the app lacks a capability
    4: THROTTLED,  # the app's calls
    10: DISCONNECTED,  # permission withdrawn
    33: DISCONNECTED,  # the account behind the id is gone
    100: REJECTED,
    (100, 33): DISCONNECTED,  # the object does not exist, or this token may not see it
    190: DISCONNECTED,
    **dict.fromkeys(range(200, 300), DISCONNECTED),  # permissions
    368: RESTRICTED,  # blocked for policy
    613: THROTTLED,
}
UNPROVEN = frozenset({1, 2})  # as an answer to a send these do not say that nothing left
BY_STATUS = {401: DISCONNECTED, 429: THROTTLED}  # for codes no table knows
LONGEST_WAIT = 24 * 3600.0
JSON_BODY = "Content-Type", "application/json"


class GraphErrors:
    """The verdicts of one product: Graph's own codes and the product's over them.

    `unproven`: codes that do not say that nothing left. `finer`: codes whose subcodes decide, so that one we do not
    know proves nothing. `words`: what a message or detail that holds them comes to, whatever its code.
    """

    def __init__(
        self,
        codes: Mapping[Code, Verdict],
        *,
        unproven: frozenset[int] = frozenset(),
        finer: frozenset[int] = frozenset(),
        words: Mapping[str, Verdict] = MappingProxyType({}),
    ) -> None:
        self._codes = {**GRAPH_CODES, **codes}
        self._unproven = UNPROVEN | unproven
        self._finer = finer
        self._words = words

    def verdict(self, code: int, subcode: int = 0, message: str = "") -> Verdict | None:
        """What an error comes to, None where this table does not know it."""
        said = next((verdict for words, verdict in self._words.items() if words in message), None)
        exact = said or self._codes.get((code, subcode))
        if exact is None and subcode and code in self._finer:
            return None
        return exact or self._codes.get(code)

    def outcome(self, response: ProviderResponse) -> Outcome:
        """What a response that accepts nothing proves. Never raises."""
        try:
            error = item(body_object(response.body), "error")
            code, subcode = count(error, "code"), number(error, "error_subcode")
        except Malformed:
            return self._codeless(response)
        known = self.verdict(code, subcode, f"{public_detail(error.get('message'))} {error_detail(error)}")
        verdict = known or BY_STATUS.get(response.status)
        proven = verdict is not None and code not in self._unproven and response.status >= 400
        named = self._name(code, subcode)
        return Outcome(
            OutcomeKind.REFUSED if proven else OutcomeKind.UNKNOWN,
            *(verdict or UNEXPLAINED),
            provider_code=named,
            detail=error_detail(error),
            retry_after=_retry_after(response.headers),
            sighting="" if known else sighting("code", named),
        )

    def _name(self, code: int, subcode: int) -> str:
        """The code as people look it up, with the subcode where that decides: "190", "10/2018278"."""
        decides = subcode and ((code, subcode) in self._codes or code in self._finer)
        return f"{code}/{subcode}" if decides else str(code)

    def _codeless(self, response: ProviderResponse) -> Outcome:
        code = str(response.status)
        if response.status == 429:
            wait = _retry_after(response.headers)
            return Outcome(OutcomeKind.REFUSED, *THROTTLED, provider_code=code, retry_after=wait)
        if response.status >= 500:
            return Outcome(OutcomeKind.UNKNOWN, *UNAVAILABLE, provider_code=code)
        return Outcome(
            OutcomeKind.UNKNOWN, *UNEXPLAINED, provider_code=code, sighting=sighting("status", code)
        )


def error_detail(error: Json) -> str:
    """Meta's words on an error: the details where there are any, else the title or message."""
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else data
    return next(filter(None, map(public_detail, (details, error.get("message"), error.get("title")))), "")


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait, where Meta says: plainly, or as minutes in the usage of the business use case."""
    try:
        if "retry-after" in headers:
            wait = float(headers["retry-after"])
        else:
            usage = orjson.loads(headers.get("x-business-use-case-usage", "{}"))
            minutes = (
                float(use["estimated_time_to_regain_access"]) for uses in usage.values() for use in uses
            )
            wait = 60 * max(minutes, default=0)
    except (ValueError, TypeError, KeyError, AttributeError):
        return 0.0
    return min(max(0.0, wait), LONGEST_WAIT)


def request(
    method: str,
    path: str,
    credentials: Credentials,
    body: Mapping[str, object] | None = None,
    *,
    endpoint: str = "",
    host: str = "graph",
) -> ProviderRequest:
    """A Graph call with a JSON body. `path` starts after the version."""
    if body is None:
        return ProviderRequest(method, host, path, (credentials.bearer,), b"", endpoint)
    headers = (credentials.bearer, JSON_BODY)
    return ProviderRequest(method, host, path, headers, orjson.dumps(body), endpoint)


def verify_signature(request: WebhookRequest, credentials: Credentials) -> None:
    """X-Hub-Signature-256: HMAC of the raw body under the app secret. Raises WebhookRejected."""
    expected = "sha256=" + hmac.digest(credentials.secret.encode(), request.body, hashlib.sha256).hex()
    given = request.headers.get("x-hub-signature-256", "")
    if not credentials.secret or not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
        raise WebhookRejected

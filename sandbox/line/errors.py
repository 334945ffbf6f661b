"""LINE's error answers: a message, and details where single properties are wrong.

https://developers.line.biz/en/reference/messaging-api/#error-responses
"""

from dataclasses import dataclass

from sandbox.http import Response, json_response

RATE_LIMIT = "The API rate limit has been exceeded. Try again later."
MONTHLY_LIMIT = "You have reached your monthly limit."
NOT_SENT = "Failed to send messages"
STRANGER = "Authentication failed. Confirm that the access token in the authorization header is valid."
ANONYMOUS = "Authentication failed due to the following reason: missing access token"
REVOKED = "Authentication failed due to the following reason: access token revoked"
KEY_ACCEPTED = "The retry key is already accepted"
REPLY_REFUSED = "Invalid reply token"
BAD_ENDPOINT = "Invalid webhook endpoint URL"
NOT_READ = "Invalid markAsReadToken. Tokens must be used by the bot that received them via Webhook."


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong property of a request body, as `messages[0].text`."""

    property: str
    message: str


class LineError(Exception):
    """The request is refused; `response` is the answer."""

    def __init__(self, status: int, message: str, problems: list[Problem] | None = None) -> None:
        super().__init__(message)
        body: dict[str, object] = {"message": message}
        if problems:
            body["details"] = [{"message": p.message, "property": p.property} for p in problems]
        self.response: Response = json_response(body, status)


def bad_body(problems: list[Problem]) -> LineError:
    return LineError(400, f"The request body has {len(problems)} error(s)", problems)


def bad_property(name: str) -> LineError:
    return LineError(400, f"The property, {name}, in the request body is invalid (line: -, column: -)")

"""Graph errors: one shape for answers, one for webhooks, built from one table.

https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/
"""

from typing import Any

from sandbox import ids
from sandbox.http import Response, json_response

HREF = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"

TITLES: dict[int, tuple[int, str]] = {
    0: (401, "AuthException"),
    1: (400, "API Unknown"),
    2: (503, "API Service"),
    4: (400, "Application request limit reached"),
    10: (403, "Application does not have permission for this action"),
    100: (400, "Invalid parameter"),
    190: (401, "Access token has expired"),
    368: (403, "Temporarily blocked for policies violations"),
    2200: (400, "Callback verification failed"),
    80007: (400, "Rate limit issues"),
    130429: (429, "Rate limit hit"),
    130472: (400, "User's number is part of an experiment"),
    130497: (403, "Business account is restricted from messaging users in this country"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (500, "Service unavailable"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131030: (400, "Recipient phone number not in allowed list"),
    131031: (403, "Account has been locked"),
    131037: (400, "WhatsApp provided number needs display name approval before message can be sent"),
    131042: (400, "Business eligibility payment issue"),
    131045: (500, "Incorrect certificate"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam rate limit hit"),
    131049: (400, "This message was not delivered to maintain healthy ecosystem engagement."),
    131050: (400, "User has stopped receiving marketing messages from this business"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131059: (400, "Invalid cursor"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: (500, "Account in maintenance mode"),
    132000: (400, "Number of parameters does not match the expected number of params"),
    132001: (404, "Template name does not exist in the translation"),
    132005: (400, "Translated text too long"),
    132007: (400, "Template format character policy violated"),
    132012: (400, "Parameter format does not match format in the created template"),
    132015: (400, "Template is paused"),
    132016: (400, "Template is disabled"),
    132018: (400, "Template parameters are not valid"),
    133005: (400, "Two step verification PIN mismatch"),
    133010: (400, "Phone number not registered"),
    135000: (400, "Generic user error"),
}
DETAILS: dict[int, str] = {
    130429: "Message failed to send because there were too many messages sent from this phone number "
    "in a short period of time.",
    130472: "Failed to send message because this user's phone number is part of an experiment",
    131026: "Message Undeliverable.",
    131047: "Message failed to send because more than 24 hours have passed since the customer last replied "
    "to this number.",
    131048: "Message failed to send because there are restrictions on how many messages can be sent from this phone "
    "number.",
    131049: "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.",
    131050: "The user has chosen to stop receiving marketing messages from this business.",
    131053: "Media could not be fetched or is of a kind or size that cannot be sent.",
    131056: "Message failed to send because there were too many messages sent from this phone number to the "
    "same phone number in a short period of time.",
}


class GraphError(Exception):
    """The request is refused with this code. `details` says what exactly is wrong; `for_people` is what Meta says to
    the person who made a template, title and text, in their place."""

    def __init__(
        self,
        code: int,
        details: str = "",
        *,
        message: str = "",
        subcode: int = 0,
        status: int = 0,
        kind: str = "OAuthException",
        product: str = "whatsapp",
        for_people: tuple[str, str] | None = None,
    ) -> None:
        self.code = code
        usual_status, title = TITLES.get(code, (400, "Unknown error"))
        self.status = status or usual_status
        self.said = bool(details)
        self.details = details or DETAILS.get(code, title)
        self.message = message or f"(#{code}) {title}"
        self.subcode = subcode
        self.kind = kind
        self.product = product
        self.for_people = for_people
        self.headers: dict[str, str] = {}
        super().__init__(self.message)

    @property
    def response(self) -> Response:
        error: dict[str, Any] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.subcode:
            error["error_subcode"] = self.subcode
        if self.for_people:
            error["is_transient"] = False
            error["error_user_title"], error["error_user_msg"] = self.for_people
        elif self.product and (self.code > 100_000 or self.said):
            error["error_data"] = {"messaging_product": self.product, "details": self.details}
        error["fbtrace_id"] = "A" + ids.token(5)
        return json_response({"error": error}, self.status, **self.headers)


def missing(name: str) -> GraphError:
    return GraphError(131008, f"The parameter {name} is required.")


def invalid(details: str) -> GraphError:
    return GraphError(131009, details)


def no_such_object(node: str, method: str) -> GraphError:
    return GraphError(
        100,
        "",
        message=f"Unsupported {method.lower()} request. Object with ID '{node}' does not exist, "
        "cannot be loaded due to missing permissions, or does not support this operation.",
        subcode=33,
    )


def webhook_error(code: int, details: str = "") -> dict[str, Any]:
    """The element of `errors` in a failed status."""
    _, title = TITLES.get(code, (400, "Unknown error"))
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details or DETAILS.get(code, title)},
        "href": HREF,
    }

"""What the Messenger Platform answers when it refuses: code, subcode and words, of a Page or of an Instagram account.

https://developers.facebook.com/docs/messenger-platform/error-codes
"""

import json

from sandbox.accounts import ThreadAccount
from sandbox.graph.errors import GraphError

Code = tuple[int, int]
"""A code and its subcode, 0 for none."""

STATUSES = {1: 500, 2: 500, 10: 403, 190: 401, 200: 403, 1200: 500, **dict.fromkeys((4, 17, 32, 613), 429)}
BUSY = {80001: "pages", 80002: "instagram", 80006: "messenger"}  # throttles that say how long they last

WORDS: dict[Code, str] = {
    (1, 0): "An unknown error occurred",
    (1, 1357046): "Received invalid JSON reply",
    (2, 0): "Service temporarily unavailable",
    (4, 0): "Application request limit reached",
    (10, 0): "Application does not have permission for this action",
    (10, 1893015): "The person has stopped notifications about this topic",
    (10, 1893063): "The Page is temporarily restricted from sending messages",
    (
        10,
        2018108,
    ): "This Person Cannot Receive Messages: This person isn't receiving messages from you right now",
    (10, 2018278): "This message is sent outside of allowed window.",
    (10, 2534022): "This message is sent outside of allowed window.",
    (100, 0): "Invalid parameter",
    (100, 2018001): "No matching user found",
    (100, 2018008): "Failed to fetch the file from the url",
    (100, 2018014): "A message and a sender action cannot be sent together",
    (100, 2018034): "Message cannot be empty, must provide valid attachment or text",
    (100, 2018047): "Upload attachment failure: the type does not match the file",
    (100, 2018048): "The sender action failed",
    (100, 2018074): "The attachment id is invalid, has expired or belongs to another account",
    (100, 2018109): "Attachment size exceeds allowable limit",
    (100, 2018294): "The video timed out or is corrupt",
    (100, 2534014): "The requested user cannot be found",
    (100, 2534015): "Invalid message data",
    (100, 2534068): "Several images in one message are not available to this account",
    (105, 0): "The number of elements exceeds the limit",
    (194, 0): "The request is missing a required element",
    (368, 0): "The action attempted has been deemed abusive or is otherwise disallowed",
    (551, 0): "This person isn't available right now.",
    (551, 1545041): "This person isn't available right now.",
    (613, 0): "Calls to this api have exceeded the rate limit.",
    (613, 2534040): "Calls to this api have exceeded the rate limit.",
    (1200, 0): "Temporary send message failure. Please try again later.",
    (80002, 0): "There have been too many calls to this Instagram account.",
    (80006, 0): "There have been too many calls to this Messenger account.",
}

CLOSED: dict[str, Code] = {"facebook": (10, 2018278), "instagram": (10, 2534022)}
UNKNOWN_PERSON: dict[str, Code] = {"facebook": (100, 2018001), "instagram": (100, 2534014)}
THROTTLED: dict[str, Code] = {"facebook": (613, 0), "instagram": (613, 2534040)}
NOT_TAKEN: dict[str, Code] = {"facebook": (100, 0), "instagram": (100, 2534015)}
EMPTY: Code = (100, 2018034)
UNFETCHED: Code = (100, 2018008)
MIXED: Code = (100, 2018014)
MISMATCH: Code = (100, 2018047)
ACTION_FAILED: Code = (100, 2018048)
BAD_UPLOAD: Code = (100, 2018074)
TOO_LARGE: Code = (100, 2018109)
BAD_VIDEO: Code = (100, 2018294)
SINGLE_IMAGE: Code = (100, 2534068)
TOO_MANY: Code = (105, 0)
TOO_FEW: Code = (194, 0)


def refused(account: ThreadAccount, code: Code, words: str = "") -> GraphError:
    """The refusal to raise; `words` in place of the usual ones."""
    number, subcode = code
    said = words or WORDS.get(code) or WORDS.get((number, 0), "An error occurred")
    error = GraphError(
        number,
        message=f"(#{number}) {said}",
        subcode=subcode,
        status=STATUSES.get(number, 400),
        kind="IGApiException" if account.kind == "instagram" else "OAuthException",
        product="",
    )
    if number in BUSY:
        error.status = 429
        usage = {"type": BUSY[number], "call_count": 100, "total_cputime": 20, "total_time": 22}
        error.headers["x-business-use-case-usage"] = json.dumps(
            {account.id: [{**usage, "estimated_time_to_regain_access": 1}]}
        )
    return error


def wrong(account: ThreadAccount, words: str) -> GraphError:
    """A parameter is missing or has an impossible value."""
    return refused(account, (100, 0), words)


def not_taken(account: ThreadAccount, words: str) -> GraphError:
    """A message of a kind that this platform does not take."""
    return refused(account, NOT_TAKEN[account.kind], words)

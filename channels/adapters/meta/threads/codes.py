"""Error codes of the Messenger Platform. https://developers.facebook.com/docs/messenger-platform/error-codes

No webhook tells of a failure: whatever was refused is said in the answer to the send.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from channels.adapters.base import Blame, Reason, Verdict
from channels.adapters.meta.graph import DISCONNECTED, REJECTED, RESTRICTED, THROTTLED, UNAVAILABLE, Code


def _person(reason: Reason) -> Verdict:
    return Verdict(reason, final=True, blame=Blame.RECIPIENT)


INVALID_PERSON = _person(Reason.RECIPIENT_INVALID)
UNDELIVERABLE = _person(Reason.RECIPIENT_UNAVAILABLE)
WINDOW_CLOSED = _person(Reason.WINDOW_CLOSED)
LIMITED = _person(Reason.RECIPIENT_LIMITED)
OPTED_OUT = _person(Reason.OPTED_OUT)
BUSY = Verdict(Reason.RECIPIENT_UNAVAILABLE, final=False, blame=Blame.RECIPIENT)
MEDIA = Verdict(Reason.MEDIA_REJECTED, final=True, blame=Blame.CONTENT)

THREAD_CODES: Mapping[Code, Verdict] = {
    (10, 1893015): OPTED_OUT,  # stopped this kind of notification
    (10, 1893063): RESTRICTED,
    (10, 2018065): WINDOW_CLOSED,
    (10, 2018108): UNDELIVERABLE,
    (10, 2018278): WINDOW_CLOSED,
    (10, 2018300): UNDELIVERABLE,  # another app has the thread
    (10, 2018336): UNDELIVERABLE,
    (10, 2534022): WINDOW_CLOSED,
    (10, 2534077): DISCONNECTED,
    17: THROTTLED,
    32: THROTTLED,
    (100, 2018001): INVALID_PERSON,
    (100, 2018008): MEDIA,  # could not be fetched from our address
    (100, 2018047): MEDIA,
    (100, 2018074): MEDIA,  # the upload is older than 90 days or another account's
    (100, 2018109): MEDIA,
    (100, 2018164): DISCONNECTED,
    (100, 2018294): MEDIA,
    105: REJECTED,
    194: REJECTED,
    (200, 1545041): UNDELIVERABLE,
    (200, 2018021): DISCONNECTED,  # the app is not reviewed: only people with a role on it are reached
    (200, 2018027): DISCONNECTED,
    (200, 2018028): DISCONNECTED,
    341: RESTRICTED,
    551: UNDELIVERABLE,
    1200: UNAVAILABLE,
    10900: REJECTED,
    2018300: UNDELIVERABLE,
    2018321: BUSY,  # an automated flow of Meta's is talking to this person
    9000001: REJECTED,
}
# A temporary failure of the send does not say that nothing left.
UNPROVEN = frozenset({1200})
# "Permission" of many kinds: that of one person and that of the whole account differ by the subcode alone.
FINER = frozenset({10, 200})
# This one also comes as a bare 10, which otherwise means that we lost the permission to send at all.
WORDS: Mapping[str, Verdict] = MappingProxyType({"another app is controlling this thread": UNDELIVERABLE})

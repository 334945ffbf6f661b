"""WhatsApp's error codes. https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes

The same codes come in the answer to a send and, for most refusals of one person, later in a `failed` status.
"""

from __future__ import annotations

from collections.abc import Mapping

from channels.adapters.base import Blame, Reason, Verdict
from channels.adapters.meta.graph import (
    DISCONNECTED,
    REJECTED,
    RESTRICTED,
    THROTTLED,
    UNAVAILABLE,
    Code,
    GraphErrors,
)


def _person(reason: Reason) -> Verdict:
    return Verdict(reason, final=True, blame=Blame.RECIPIENT)


INVALID_PERSON = _person(Reason.RECIPIENT_INVALID)
WINDOW_CLOSED = _person(Reason.WINDOW_CLOSED)
UNDELIVERABLE = _person(Reason.RECIPIENT_UNAVAILABLE)
PAIR_LIMITED = Verdict(Reason.PAIR_LIMITED, final=False, blame=Blame.RECIPIENT)
UNPAID = Verdict(Reason.PAYMENT_REQUIRED, final=False, blame=Blame.CHANNEL)
STOPPED_FOR_HOURS = Verdict(Reason.DAILY_LIMIT, final=False, blame=Blame.CHANNEL)
MEDIA = Verdict(Reason.MEDIA_REJECTED, final=True, blame=Blame.CONTENT)
TEMPLATE = Verdict(Reason.TEMPLATE_UNAVAILABLE, final=True, blame=Blame.CONTENT)

WHATSAPP_CODES: Mapping[Code, Verdict] = {
    470: WINDOW_CLOSED,  # as some partners still pass on the on-premises codes
    471: STOPPED_FOR_HOURS,
    1026: UNDELIVERABLE,
    80007: THROTTLED,  # the account's management calls
    130429: THROTTLED,  # the number's messages per second
    130472: _person(Reason.RECIPIENT_EXPERIMENT),
    130497: _person(Reason.COUNTRY_RESTRICTED),
    131000: UNAVAILABLE,
    131005: DISCONNECTED,
    131008: REJECTED,
    131009: REJECTED,
    131014: MEDIA,  # the link could not be opened
    131016: UNAVAILABLE,
    131020: REJECTED,
    131021: INVALID_PERSON,  # the sending number itself
    131026: UNDELIVERABLE,
    131030: INVALID_PERSON,  # not on a test number's list
    131031: RESTRICTED,  # locked
    131037: RESTRICTED,  # display name not approved
    131041: REJECTED,
    131042: UNPAID,
    131044: UNPAID,
    131045: DISCONNECTED,  # registration broken
    131047: WINDOW_CLOSED,
    131048: STOPPED_FOR_HOURS,  # beyond the messaging limit, or too many blocks and reports
    131049: _person(Reason.RECIPIENT_LIMITED),
    131050: _person(Reason.OPTED_OUT),
    131051: REJECTED,
    131052: MEDIA,
    131053: MEDIA,
    131055: TEMPLATE,
    131056: PAIR_LIMITED,
    131057: UNAVAILABLE,  # maintenance, mostly a throughput upgrade of a minute
    131061: TEMPLATE,
    131062: INVALID_PERSON,  # one-time codes need a phone number
    131063: TEMPLATE,
    131064: RESTRICTED,
    132000: TEMPLATE,
    132001: TEMPLATE,
    132005: REJECTED,  # too long once this person's values are filled in
    132007: TEMPLATE,
    132008: REJECTED,
    132012: TEMPLATE,
    132015: TEMPLATE,
    132016: TEMPLATE,
    132018: REJECTED,
    132068: TEMPLATE,
    132069: THROTTLED,
    133004: UNAVAILABLE,
    133010: DISCONNECTED,  # number not registered
    134011: UNPAID,
    134100: TEMPLATE,
    134101: Verdict(Reason.TEMPLATE_UNAVAILABLE, final=False, blame=Blame.CONTENT),  # syncing, ten minutes
    134102: TEMPLATE,
    135000: REJECTED,
    137000: INVALID_PERSON,  # the person's identity changed
    139200: RESTRICTED,
    141002: TEMPLATE,
}

# "Something went wrong" and "service unavailable" do not say where: they do not prove that nothing left.
# An id of ours that is too old or gone comes as 100, 131009 or 131053, told apart from other faults by its words only.
GONE = Verdict(Reason.MEDIA_EXPIRED, final=False, blame=Blame.CONTENT)
ERRORS = GraphErrors(
    WHATSAPP_CODES, unproven=frozenset({131000, 131016}), words={"Media ID": GONE, "media ID": GONE}
)

"""Instagram's error codes. https://developers.facebook.com/docs/messenger-platform/error-codes"""

from __future__ import annotations

from collections.abc import Mapping

from channels.adapters.base import Verdict
from channels.adapters.meta.graph import (
    DISCONNECTED,
    REJECTED,
    RESTRICTED,
    THROTTLED,
    Code,
    GraphErrors,
)
from channels.adapters.meta.threads.codes import (
    FINER,
    INVALID_PERSON,
    THREAD_CODES,
    UNDELIVERABLE,
    UNPROVEN,
    WORDS,
)

INSTAGRAM_CODES: Mapping[Code, Verdict] = {
    **THREAD_CODES,
    (100, 2534013): DISCONNECTED,  # the Page has lost its Instagram account
    (100, 2534014): INVALID_PERSON,
    (100, 2534015): REJECTED,
    (100, 2534025): REJECTED,
    (100, 2534029): RESTRICTED,
    (100, 2534037): UNDELIVERABLE,  # another app has the thread
    (200, 2534041): DISCONNECTED,  # the owner switched off access to messages
    36103: DISCONNECTED,
    80002: THROTTLED,
}
ERRORS = GraphErrors(INSTAGRAM_CODES, unproven=UNPROVEN, finer=FINER, words=WORDS)

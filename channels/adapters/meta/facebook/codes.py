"""Messenger's error codes. https://developers.facebook.com/docs/messenger-platform/error-codes"""

from __future__ import annotations

from collections.abc import Mapping

from channels.adapters.base import Verdict
from channels.adapters.meta.graph import REJECTED, RESTRICTED, THROTTLED, Code, GraphErrors
from channels.adapters.meta.threads.codes import FINER, LIMITED, OPTED_OUT, THREAD_CODES, UNPROVEN, WORDS

FACEBOOK_CODES: Mapping[Code, Verdict] = {
    **THREAD_CODES,
    (4, 2018354): LIMITED,
    9: THROTTLED,
    27: REJECTED,
    613: THROTTLED,
    (613, 1893016): OPTED_OUT,
    (613, 2018338): RESTRICTED,  # warned for misuse of a tag
    2022: RESTRICTED,  # commerce messages disabled after a violation
    80001: THROTTLED,
    80006: THROTTLED,
}
ERRORS = GraphErrors(FACEBOOK_CODES, unproven=UNPROVEN, finer=FINER, words=WORDS)

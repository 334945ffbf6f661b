"""Who wrote: told of people who have written, and of nobody who blocked the account.

https://developers.facebook.com/docs/messenger-platform/identity/user-profile
"""

from __future__ import annotations

from channels.adapters.base import (
    Answer,
    Blame,
    CallFailed,
    Outcome,
    OutcomeKind,
    Profile,
    ProviderResponse,
    Reason,
    Verdict,
    unanswered,
)
from channels.adapters.meta.graph import GraphErrors
from channels.adapters.parsing import Malformed, body_object, count, item, number, text

# "No profile", "no permission for this profile", "object does not exist": this person, not our account.
HIDDEN = frozenset({(2018218, 0), (2018247, 0), (100, 33), (100, 2018218), (100, 2018247)})
NOT_SHOWN = Verdict(Reason.RECIPIENT_INVALID, final=True, blame=Blame.RECIPIENT)


def read_profile(answer: Answer, errors: GraphErrors) -> Profile:
    """The name, or the user name where there is none. Raises CallFailed."""
    if not isinstance(answer, ProviderResponse):
        raise CallFailed(unanswered(answer))
    if (code := _code(answer)) in HIDDEN:
        raise CallFailed(Outcome(OutcomeKind.REFUSED, *NOT_SHOWN, provider_code=f"{code[0]}/{code[1]}"))
    if answer.status != 200:
        raise CallFailed(errors.outcome(answer))
    try:
        body = body_object(answer.body)
        both = " ".join(filter(None, [text(body, "first_name"), text(body, "last_name")]))
        return Profile(text(body, "name") or both or text(body, "username"))
    except Malformed as error:
        raise CallFailed(errors.outcome(answer)) from error


def _code(response: ProviderResponse) -> tuple[int, int]:
    try:
        error = item(body_object(response.body), "error")
        return count(error, "code"), number(error, "error_subcode")
    except Malformed:
        return 0, 0

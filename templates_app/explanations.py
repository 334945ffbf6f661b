"""Meta's reasons in plain words, each with what to do: rejections, pauses, refusals.

https://developers.facebook.com/docs/whatsapp/message-templates/guidelines
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.adapters.base import Outcome, Reason
from channels.catalogue import explain

Words = str | Promise


@dataclass(frozen=True)
class Explanation:
    """Why, and what helps."""

    cause: Words
    cure: Words


REASONS: Mapping[str, Explanation] = {
    "ABUSIVE_CONTENT": Explanation(
        gettext_lazy("Meta sees threats, insults or forbidden goods in it."),
        gettext_lazy("Take out what could be read that way and submit it again."),
    ),
    "INCORRECT_CATEGORY": Explanation(
        gettext_lazy("Its content does not fit its category."),
        gettext_lazy("Choose Marketing for anything that promotes or invites, then submit it again."),
    ),
    "INVALID_FORMAT": Explanation(
        gettext_lazy("Variables, examples or formatting are not as Meta wants them."),
        gettext_lazy("Put words around every variable, give realistic examples and submit it again."),
    ),
    "PROMOTIONAL": Explanation(
        gettext_lazy("It promotes something, which its category does not allow."),
        gettext_lazy("Choose Marketing, or leave the promotion out, then submit it again."),
    ),
    "SCAM": Explanation(
        gettext_lazy("Meta takes it for an attempt to deceive."),
        gettext_lazy(
            "Say who you are, link to your own site, ask for no personal numbers and submit it again."
        ),
    ),
    "TAG_CONTENT_MISMATCH": Explanation(
        gettext_lazy("Its words are not in its language, or do not fit its category."),
        gettext_lazy("Check language and category, then submit it again."),
    ),
    "CATEGORY_NOT_AVAILABLE": Explanation(
        gettext_lazy("This category is not open to the account."),
        gettext_lazy("Choose another category and submit it again."),
    ),
    "FIRST_PAUSE": Explanation(
        gettext_lazy("Too many people blocked or reported it. Meta paused it for 3 hours."),
        gettext_lazy(
            "It comes back by itself. Send it to fewer people who expect it; a third time disables it."
        ),
    ),
    "SECOND_PAUSE": Explanation(
        gettext_lazy("Too many people blocked or reported it again. Meta paused it for 6 hours."),
        gettext_lazy(
            "It comes back by itself. Edit it before the next broadcast; once more disables it for good."
        ),
    ),
    "RATE_LIMITING_PAUSE": Explanation(
        gettext_lazy("The first people it was sent to did not take it well, so Meta stopped it."),
        gettext_lazy("Edit it, or unpause it in WhatsApp Manager, before you send it again."),
    ),
    "DISABLED": Explanation(
        gettext_lazy("Too many people blocked or reported it three times. Meta has disabled it for good."),
        gettext_lazy("Write a new template under another name."),
    ),
}
BY_STATUS: Mapping[str, Explanation] = {
    "rejected": Explanation(
        gettext_lazy("Meta did not approve it and gave no reason we know."),
        gettext_lazy("Edit it and submit it again, or appeal in WhatsApp Manager."),
    ),
    "paused": Explanation(
        gettext_lazy("Meta paused it for its quality."),
        gettext_lazy("It comes back by itself after some hours; editing it may help."),
    ),
    "disabled": REASONS["DISABLED"],
    "flagged": Explanation(
        gettext_lazy("Its quality is low: if it stays so, Meta pauses it."),
        gettext_lazy("Send it only to people who expect it, or edit it."),
    ),
    "limit_exceeded": Explanation(
        gettext_lazy("The account has as many templates as it may have."),
        gettext_lazy("Delete templates you no longer use, then submit it again."),
    ),
    "in_appeal": Explanation(
        gettext_lazy("Meta is looking at it once more."), gettext_lazy("There is nothing to do but wait.")
    ),
    "locked": Explanation(gettext_lazy("Meta has locked it."), gettext_lazy("Look in WhatsApp Manager why.")),
    "unknown": Explanation(
        gettext_lazy("Meta reports a state that is new to us; it is not sent until we know it."),
        gettext_lazy("Look in WhatsApp Manager, and write to your operator."),
    ),
    "unconfirmed": Explanation(
        gettext_lazy("WhatsApp's answer was lost on the way."),
        gettext_lazy("We are looking up what became of it; there is nothing to do."),
    ),
}


def explanation_of(status: str, reason: str) -> Explanation | None:
    """Why a template is in this state and what helps; None for states that need no words."""
    return REASONS.get(reason) if reason in REASONS and status in BY_STATUS else BY_STATUS.get(status)


def refusal(outcome: Outcome) -> str:
    """Why Meta did not do what it was asked to, in plain words; its own explanation where it gave one."""
    known = _REFUSALS.get(outcome.provider_code)
    if known is not None:
        return str(known)
    if outcome.reason in (None, Reason.MESSAGE_REJECTED, Reason.TEMPLATE_UNAVAILABLE) and outcome.detail:
        return _("WhatsApp did not accept it: {words}").format(words=outcome.detail)
    explained = explain(outcome.reason or Reason.UNEXPECTED_RESPONSE, provider_code=outcome.provider_code)
    return f"{explained.cause} {explained.cure}"


_REFUSALS: Mapping[str, Words] = {
    "100/2388019": gettext_lazy(
        "This account has as many templates as it may have. Delete some you no longer use."
    ),
    "100/2388023": gettext_lazy(
        "A template of this name is still being deleted at WhatsApp. Choose another name, or try again in a month."
    ),
    "100/2388024": gettext_lazy("WhatsApp already has a template of this name in this language."),
    "100/2388293": gettext_lazy("WhatsApp finds too many variables for so short a text."),
    "100/2388299": gettext_lazy("WhatsApp takes no variable at the beginning or the end of the text."),
    "80007": gettext_lazy("WhatsApp takes a hundred new templates an hour. Please try again later."),
}

"""Why something was not accepted, in plain words: cause, cure, and whether another try makes sense.

Every Reason has an entry; a few provider codes have a more exact one of their own. Screens, exports and the API all
read it here, in the language that is active when the texts are turned into `str`.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from channels.adapters.base import ChannelKind, Reason
from channels.explanation import Explanation, Text


def explain(reason: Reason | str, kind: ChannelKind | str = "", provider_code: str = "") -> Explanation:
    """The explanation of a reason on a channel, by the provider's own code where that says more.

    A reason this version does not know is explained as one: stored rows outlive the code that wrote them.
    """
    exact = PROVIDER_CODES.get((str(kind), provider_code))
    if exact is not None:
        return exact
    if reason == Reason.RECIPIENT_UNAVAILABLE and kind == ChannelKind.WHATSAPP:
        return WHATSAPP_UNDELIVERABLE
    try:
        return REASONS[Reason(reason)]
    except ValueError:
        return REASONS[Reason.UNEXPECTED_RESPONSE]


def _entry(title: Text, cause: Text, cure: Text, *, retry: bool) -> Explanation:
    return Explanation(title, (cause,), cure, retry)


# https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes (131026)
WHATSAPP_UNDELIVERABLE = Explanation(
    title=_("Message Undeliverable"),
    preface=_("One of these four; WhatsApp does not say which."),
    causes=(
        _("This phone has blocked messages from strangers"),
        _("The number is not a WhatsApp number"),
        _("The recipient has not accepted WhatsApp's new terms of service and privacy policy"),
        _("The recipient uses an old version of WhatsApp"),
    ),
    cure=_(
        "Check the number and reach the person another way, for example by phone. Ask them to update WhatsApp, "
        "to accept its terms and to write to you first; then try again."
    ),
    retry=True,
)

REASONS: dict[Reason, Explanation] = {
    Reason.RATE_LIMITED: _entry(
        _("Slowed down by the messaging service"),
        _("More messages were sent in a short time than the messaging service allows."),
        _("Nothing to do: sending goes on by itself, more slowly."),
        retry=True,
    ),
    Reason.PAIR_LIMITED: _entry(
        _("Too many messages to this person"),
        _("This person was sent too many messages in a short time."),
        _("Wait some minutes before writing to this person again."),
        retry=True,
    ),
    Reason.QUOTA_EXCEEDED: _entry(
        _("Monthly quota used up"),
        _("The account has used, or reserved, all messages of its plan for this month."),
        _("Raise the plan in LINE Official Account Manager, or wait for the next month; then try again."),
        retry=True,
    ),
    Reason.DAILY_LIMIT: _entry(
        _("Daily limit of the number reached"),
        _("WhatsApp limits how many people a business may write to first within 24 hours."),
        _("Nothing to do: broadcasts go on by themselves. Customers who write to you can be answered."),
        retry=True,
    ),
    Reason.RECIPIENT_UNAVAILABLE: _entry(
        _("Message Undeliverable"),
        _("The messaging service could not deliver to this person and does not say why."),
        _("Reach the person another way, or ask them to write to you first."),
        retry=True,
    ),
    Reason.RECIPIENT_INVALID: _entry(
        _("Unknown recipient"),
        _("The messaging service does not know this address, or it does not belong to this channel."),
        _(
            "Check the customer's contact details. Ask the person to write to you once, so that they are right."
        ),
        retry=False,
    ),
    Reason.RECIPIENT_EXPERIMENT: _entry(
        _("Held back by a WhatsApp experiment"),
        _(
            "WhatsApp holds marketing messages back from a small share of people as a test. It was not charged."
        ),
        _(
            "Do not send it again: the result stays the same. You can answer as soon as the person writes to you."
        ),
        retry=False,
    ),
    Reason.RECIPIENT_LIMITED: _entry(
        _("Marketing limit of this person reached"),
        _(
            "WhatsApp limits how many marketing messages one person gets from all businesses. It was not charged."
        ),
        _("Wait at least 24 hours, or write when the person has written to you."),
        retry=True,
    ),
    Reason.COUNTRY_RESTRICTED: _entry(
        _("Country not allowed"),
        _("This business may not message people in this person's country."),
        _("Leave people in this country out, or ask the messaging service's support."),
        retry=False,
    ),
    Reason.OPTED_OUT: _entry(
        _("Opted out"),
        _("The person does not want marketing messages from you."),
        _("Respect it. They get messages again once they opt in themselves."),
        retry=False,
    ),
    Reason.WINDOW_CLOSED: _entry(
        _("Reply window closed"),
        _("More than 24 hours have passed since this person's last message."),
        _("Send an approved template message, or wait until the person writes again."),
        retry=True,
    ),
    Reason.MESSAGE_REJECTED: _entry(
        _("Message not accepted"),
        _("The messaging service does not accept this content."),
        _("Change the message as the service's words below say, and send it again."),
        retry=True,
    ),
    Reason.MEDIA_REJECTED: _entry(
        _("File not accepted"),
        _("The picture or file has the wrong type, is too large, or could not be fetched from its address."),
        _(
            "Choose another file, or check that this installation's public address can be reached, and send again."
        ),
        retry=True,
    ),
    Reason.MEDIA_EXPIRED: _entry(
        _("File gone at the messaging service"),
        _("The messaging service no longer had the file that was uploaded to it for this broadcast."),
        _("Nothing to do: the file is sent by its address instead."),
        retry=True,
    ),
    Reason.REPLY_EXPIRED: _entry(
        _("Free reply no longer possible"),
        _("LINE's free reply must be used within a minute and only once."),
        _("Nothing to do: the message is sent as an ordinary one instead."),
        retry=True,
    ),
    Reason.TEMPLATE_UNAVAILABLE: _entry(
        _("Template cannot be used"),
        _("The template does not exist, is not approved, is paused, or does not fit the values filled in."),
        _("Look at the template's state, mend it or choose another, and send again."),
        retry=True,
    ),
    Reason.CHANNEL_DISCONNECTED: _entry(
        _("Channel disconnected"),
        _("The messaging service no longer accepts our access to this channel: it expired or was withdrawn."),
        _("An owner or admin reconnects the channel; what was waiting is then sent."),
        retry=True,
    ),
    Reason.CHANNEL_RESTRICTED: _entry(
        _("Channel restricted"),
        _("The messaging service has limited or locked this account."),
        _("Look into the account at the service, follow what it asks, and resume afterwards."),
        retry=True,
    ),
    Reason.PAYMENT_REQUIRED: _entry(
        _("Payment at the messaging service needed"),
        _("The account at the messaging service has no valid means of payment."),
        _("Set up payment in the account at the messaging service, then resume."),
        retry=True,
    ),
    Reason.PROVIDER_UNAVAILABLE: _entry(
        _("Messaging service unavailable"),
        _("The messaging service had a fault of its own."),
        _("Nothing to do for the moment. If it stays, look at the service's status page."),
        retry=True,
    ),
    Reason.CONNECTION_FAILED: _entry(
        _("No connection"),
        _("The messaging service could not be reached. The message was not sent."),
        _("Nothing to do: it is tried again. If it stays, check this installation's network."),
        retry=True,
    ),
    Reason.ANSWER_LOST: _entry(
        _("Answer lost"),
        _("The connection broke before the answer came, so the message may or may not have been sent."),
        _("Wait: later reports may settle it. Sending it again yourself can make it arrive twice."),
        retry=False,
    ),
    Reason.UNEXPECTED_RESPONSE: _entry(
        _("Answer not understood"),
        _("The messaging service answered something this version does not know."),
        _("Look at the service's own words below. If it happens often, tell whoever runs this installation."),
        retry=False,
    ),
    Reason.EXPIRED: _entry(
        _("Not delivered in time"),
        _(
            "The person could not be reached within the time the message was valid, for example with the phone off."
        ),
        _("Send again later if the message still matters."),
        retry=True,
    ),
    Reason.UNSUPPORTED_PART: _entry(
        _("Not possible on this channel"),
        _("This channel cannot carry a part of this message."),
        _("Leave that part out, or replace a file by a link, and send again."),
        retry=True,
    ),
    Reason.CHANNEL_OFF: _entry(
        _("Channel switched off"),
        _("The channel was switched off when it was this person's turn."),
        _("Switch the channel on and send again."),
        retry=True,
    ),
    Reason.CHAT_ENDED: _entry(
        _("Chat no longer in progress"),
        _("The chat was ended or set back after Send was pressed and before this person's turn."),
        _("Open the chat, take it up again and send to this person alone."),
        retry=True,
    ),
    Reason.TAKEN_OVER: _entry(
        _("A colleague has taken over"),
        _("The chat with this person belongs to a colleague now."),
        _("Ask the colleague or a sales manager to write to this person."),
        retry=False,
    ),
    Reason.NOT_WHATSAPP: _entry(
        _("Not on WhatsApp"),
        _("Message templates reach WhatsApp customers only; this chat is on another channel."),
        _("Send this person a plain message instead."),
        retry=False,
    ),
    Reason.OTHER_ACCOUNT: _entry(
        _("Other WhatsApp account"),
        _("The template belongs to another WhatsApp business account than the number this person writes to."),
        _("Send them the same template of the account their number belongs to."),
        retry=False,
    ),
    Reason.VALUE_MISSING: _entry(
        _("Value missing"),
        _("The text would have a gap for this person: nothing is known that its variable could stand for."),
        _("Give the variable a fallback, or complete the customer's details, and send again."),
        retry=False,
    ),
    Reason.VALUE_TOO_LONG: _entry(
        _("Too long with this person's values"),
        _("With this person's details the template becomes longer than WhatsApp allows."),
        _("Shorten the values around the variable, or write to this person alone."),
        retry=False,
    ),
    Reason.SUPPRESSED: _entry(
        _("Left out"),
        _("This person is on the list of those who are not messaged."),
        _("Nothing to do, unless the person is on that list by mistake."),
        retry=False,
    ),
    Reason.NO_PRICE: _entry(
        _("No price for this country"),
        _(
            "The price list says nothing for the country of this person's number, so it was not known what to charge."
        ),
        _("Ask who runs this installation to add the country to the price list, then send again."),
        retry=True,
    ),
    Reason.STOPPED_IN_DOUBT: _entry(
        _("Stopped after a doubt"),
        _(
            "For a while nobody knew whether one message had arrived, so the later ones were not sent. Now it is known."
        ),
        _("Retry failed sends the messages that are missing."),
        retry=True,
    ),
    Reason.ATTEMPTS_EXHAUSTED: _entry(
        _("Gave up after several attempts"),
        _(
            "The messaging service was not reached or asked to wait again and again. The message was not sent."
        ),
        _("Try again later."),
        retry=True,
    ),
    Reason.INTERNAL_ERROR: _entry(
        _("Fault on our side"),
        _("This message could not be prepared because of a fault in this software. It was not sent."),
        _("Tell whoever runs this installation; the details are in its log."),
        retry=False,
    ),
    Reason.CANCELLED: _entry(
        _("Cancelled"),
        _("The broadcast was cancelled before it was this person's turn."),
        _("Start a new broadcast if the person should still get it."),
        retry=True,
    ),
}

_WA = ChannelKind.WHATSAPP.value
PROVIDER_CODES: dict[tuple[str, str], Explanation] = {
    (_WA, "131021"): _entry(
        _("Sent to itself"),
        _("The recipient is the sending number itself."),
        _("Remove this number from the customers."),
        retry=False,
    ),
    (_WA, "131030"): _entry(
        _("Test number"),
        _("A test number reaches only the people on its list."),
        _("Add the person to the list in Meta's settings, or use a real number."),
        retry=True,
    ),
    (_WA, "131037"): _entry(
        _("Display name not approved"),
        _("WhatsApp has not approved the name of the sending number yet."),
        _("Ask for approval of the display name in WhatsApp Manager, then resume."),
        retry=True,
    ),
    (_WA, "131048"): _entry(
        _("Too many blocks and reports"),
        _("Many earlier messages of this number were blocked or reported, so WhatsApp limits its sending."),
        _(
            "Pause for some hours, check the number's quality in WhatsApp Manager, and write only to those who asked."
        ),
        retry=True,
    ),
    (_WA, "131062"): _entry(
        _("Phone number needed"),
        _("This kind of message needs the person's phone number, which WhatsApp hides."),
        _("Ask the person for their number."),
        retry=False,
    ),
    (_WA, "132000"): _entry(
        _("Template and values do not match"),
        _("The number of values differs from what the template expects: it was probably edited."),
        _("Synchronise the templates and compose the broadcast anew."),
        retry=True,
    ),
    (_WA, "132001"): _entry(
        _("Template missing"),
        _("The template does not exist in this language, or is not approved."),
        _("Synchronise the templates and choose an approved one."),
        retry=True,
    ),
    (_WA, "132015"): _entry(
        _("Template paused"),
        _("WhatsApp paused the template because too many people blocked or reported it."),
        _("Wait until it is active again, or use another template; improve the text."),
        retry=True,
    ),
    (_WA, "132016"): _entry(
        _("Template disabled"),
        _("WhatsApp disabled the template for good after pausing it several times."),
        _("Write a new template."),
        retry=True,
    ),
    **dict.fromkeys(
        [("facebook", "2018300"), ("facebook", "10/2018300"), ("instagram", "100/2534037")],
        _entry(
            _("Another app has the conversation"),
            _("Another app connected to this account, or Meta's own assistant, is answering this person."),
            _("Hand the conversation over in that app, or answer the person there."),
            retry=True,
        ),
    ),
    (_WA, "133010"): _entry(
        _("Number not registered"),
        _("The sending number is not registered with WhatsApp."),
        _("Register the number in WhatsApp Manager, then resume."),
        retry=True,
    ),
}

# What proves a message of which the answer was lost.
SETTLED_BY: dict[str, str | Promise] = {
    ChannelKind.WHATSAPP: _("WhatsApp's report that names this message."),
    ChannelKind.FACEBOOK: _("Messenger's copy of this message, or its delivery receipt."),
    ChannelKind.INSTAGRAM: _("Instagram's copy of a message with these words at this time."),
    ChannelKind.LINE: _("LINE by the key of the call, which it remembers for 24 hours; nothing after that."),
}

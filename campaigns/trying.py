"""Trying a broadcast on one chat before many get it, such as one's own with the shop. No campaign counts it."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.content import examine
from campaigns.drafts import CampaignDraft, PartDraft, TemplateDraft
from campaigns.errors import InvalidCampaign, TrialOptedOut, TrialRefused, TrialWindowClosed
from campaigns.models import CampaignKind, OnUnsupported
from campaigns.rendering import render
from campaigns.single import send_single
from channels.adapters.base import ChannelKind
from channels.capabilities import BROADCAST_CHANNELS
from channels.models import Media
from conversations import windows
from conversations.models import Conversation, ConversationQuerySet, Message
from conversations.replies import send_reply
from conversations.variables import values_of
from tenants.models import Member


def chats_to_try(by: Member, kind: str) -> ConversationQuerySet:
    """Open chats that the member may see; of a broadcast of messages on channels that take broadcasts."""
    seen = Conversation.objects.visible_to(by).open()
    return seen if kind == CampaignKind.TEMPLATE else seen.filter(channel__kind__in=BROADCAST_CHANNELS)


@transaction.atomic
def send_test(by: Member, draft: CampaignDraft, conversation: Conversation) -> list[Message]:
    """Send what the draft says to one chat, all of it or nothing, as replies of `by`'s that are marked as a test.

    What the broadcast would not send there is refused: raises InvalidCampaign for faulty content, TrialRefused where
    the channel does not take it, TrialWindowClosed, TrialOptedOut, and as `send_reply` or `send_single`.
    """
    if draft.kind == CampaignKind.TEMPLATE:
        return [send_single(conversation, draft.template or TemplateDraft(0), by=by, test=True)]
    parts, media, gaps = _taken(draft, conversation)
    contact = conversation.contact
    if contact.opted_out_at is not None:
        raise TrialOptedOut
    if not windows.is_open(contact, conversation.channel.kind, timezone.now()):
        raise TrialWindowClosed
    known = values_of(conversation)
    if empty := [name for name in gaps if not known[name].strip()]:
        raise TrialRefused(
            _("Nothing was sent: nothing is known of this customer for {{ %(name)s }}. Give it a fallback.")
            % {"name": empty[0]}
        )
    return [
        send_reply(conversation, by=by, text=render(part.text, known), media=media.get(part.media), test=True)
        for part in parts
    ]


def _taken(
    draft: CampaignDraft, conversation: Conversation
) -> tuple[list[PartDraft], Mapping[str, Media], tuple[str, ...]]:
    """The parts that the chat's channel gets of the draft, their files, and the variables that may leave a gap."""
    kind = ChannelKind(conversation.channel.kind)
    content, faults = examine(draft.parts, draft.client, [kind])
    if faults:
        raise InvalidCampaign(errors=faults)
    refused = content.refused[kind]
    parts = [part for position, part in enumerate(content.parts) if position not in refused]
    if refused and (not parts or draft.choice_for(kind) != OnUnsupported.DROP_PART):
        rules = " ".join(dict.fromkeys(rule for rules in refused.values() for rule in rules))
        raise TrialRefused(
            _("Nothing was sent: the broadcast leaves this channel out. %(rules)s") % {"rules": rules}
        )
    return parts, content.media, content.gaps

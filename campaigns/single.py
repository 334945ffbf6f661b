"""One template to one customer, by itself. No campaign counts it."""

from __future__ import annotations

from campaigns.drafts import TemplateDraft
from campaigns.errors import InvalidCampaign
from campaigns.template_parts import named_in
from conversations.errors import InvalidTemplateMessage
from conversations.models import Conversation, Message
from conversations.replies import send_template
from conversations.templates import template_faults
from templates_app.filling import Fault
from tenants.models import Member


def send_single(
    conversation: Conversation, draft: TemplateDraft, *, by: Member, test: bool = False
) -> Message:
    """Send it as a reply of `by`'s. Raises as `send_template`, for what does not exist too."""
    try:
        template, media = named_in(draft)
    except InvalidCampaign as error:
        raise InvalidTemplateMessage(errors=error.errors) from error
    return send_template(
        conversation,
        by=by,
        template=template,
        values=draft.values,
        media=media,
        place=draft.place,
        test=test,
    )


def single_faults(conversation: Conversation, draft: TemplateDraft | None) -> list[Fault]:
    """What keeps the draft from being sent to this customer; empty where it may go."""
    try:
        template, media = named_in(draft or TemplateDraft(0))
    except InvalidCampaign as error:
        return error.errors
    assert draft is not None  # noqa: S101  no template has the id 0
    return template_faults(conversation, template, draft.values, media, draft.place)

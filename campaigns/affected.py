"""The people behind one line of a preflight."""

from __future__ import annotations

from django.db import connection

from campaigns.classify import classified
from campaigns.drafts import CampaignDraft
from campaigns.preflight import TAKES_ALL, TAKES_SOME, plan
from conversations.models import Conversation, ConversationQuerySet
from tenants.models import Member


def chats_behind(by: Member, draft: CampaignDraft, code: str, kind: str, limit: int) -> ConversationQuerySet:
    """The first `limit` chats, by number, whose outcome on channels of `kind` is `code` (see `preflight.Line`)."""
    planned = plan(by, draft)
    channels = [rule.channel.pk for rule in planned.rules if rule.channel.kind == kind]
    verdict = "" if code in (TAKES_ALL, TAKES_SOME) else code
    ctes, params = classified(draft.audience.conversations_for(by), planned.rules, by.tenant_id)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {ctes} SELECT conversation_id FROM classified"  # noqa: S608  (our own SQL)
            " WHERE channel_id = ANY(%s) AND verdict = %s ORDER BY conversation_id LIMIT %s",
            [*params, channels, verdict, limit],
        )
        ids = [pk for (pk,) in cursor.fetchall()]
    return (
        Conversation.objects.filter(pk__in=ids)
        .select_related("customer", "contact", "channel")
        .order_by("number")
    )

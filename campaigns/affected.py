"""People of an audience to look at: those behind one line of a preflight, one of each channel."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.db import connection

from campaigns.classify import classified
from campaigns.drafts import CampaignDraft
from campaigns.preflight import TAKES_ALL, TAKES_SOME, plan
from campaigns.rendering import VARIABLES
from conversations.models import Contact, Conversation
from tenants.models import Member


@dataclass(frozen=True)
class Person:
    """`chat` is the number of their conversation, None where they have none that counts."""

    contact: Contact
    chat: int | None


def people_behind(by: Member, draft: CampaignDraft, code: str, kind: str, limit: int) -> list[Person]:
    """The first `limit` people whose outcome on channels of `kind` is `code` (see `preflight.Line`)."""
    planned = plan(by, draft)
    channels = [rule.channel.pk for rule in planned.rules if rule.channel.kind == kind]
    verdict = "" if code in (TAKES_ALL, TAKES_SOME) else code
    ctes, params = classified(
        draft.audience.people(by).sql(), planned.rules, by.tenant_id, unfit=planned.content.unfit
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {ctes} SELECT contact_id, conversation_id FROM classified"  # noqa: S608  (our own SQL)
            " WHERE channel_id = ANY(%s) AND verdict = %s ORDER BY conversation_id, contact_id LIMIT %s",
            [*params, channels, verdict, limit],
        )
        found = cursor.fetchall()
    contacts = Contact.objects.select_related("customer", "channel").in_bulk([pk for pk, _chat in found])
    numbers = dict(
        Conversation.objects.filter(pk__in=[chat for _pk, chat in found if chat]).values_list("pk", "number")
    )
    return [Person(contacts[pk], numbers.get(chat)) for pk, chat in found]


def first_of(by: Member, draft: CampaignDraft, kind: str) -> dict[str, str]:
    """The variables of one real person chosen on channels of this kind; none where nobody is."""
    planned = plan(by, draft)
    channels = [rule.channel.pk for rule in planned.rules if rule.channel.kind == kind]
    pairs = ", ".join(f"'{name}', {sql}" for name, sql in VARIABLES.items())
    ctes, params = classified(
        draft.audience.people(by).sql(), planned.rules, by.tenant_id, f"jsonb_build_object({pairs})"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {ctes} SELECT fields FROM classified WHERE channel_id = ANY(%s) LIMIT 1",  # noqa: S608  (our own SQL)
            [*params, channels],
        )
        found = cursor.fetchone()
    return json.loads(found[0]) if found else {}

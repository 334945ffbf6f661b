"""People of an audience to look at: those behind one line of a preflight, one of each channel."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from django.db import connection

from campaigns.audience import Audience, BoundCustomers, Picked
from campaigns.audience.base import MOST_NAMED, among
from campaigns.classify import classified
from campaigns.delay import CLOSES_BEFORE, delay_of
from campaigns.drafts import CampaignDraft
from campaigns.lines import TAKES_ALL, TAKES_SOME
from campaigns.preflight import plan
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
    verdict = "" if code in (TAKES_ALL, TAKES_SOME, CLOSES_BEFORE) else code
    delay = delay_of(by.tenant, draft.scheduled_at) if code == CLOSES_BEFORE else None
    closing, before = ("AND closes_at <= %s", [delay.starts_at]) if delay else ("", [])
    ctes, params = classified(
        draft.audience.people(by).sql(), planned.rules, by.tenant_id, unfit=planned.content.unfit
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {ctes} SELECT contact_id, conversation_id FROM classified"  # noqa: S608  (our own SQL)
            f" WHERE channel_id = ANY(%s) AND verdict = %s {closing} ORDER BY conversation_id, contact_id LIMIT %s",
            [*params, channels, verdict, *before, limit],
        )
        found = cursor.fetchall()
    contacts = Contact.objects.select_related("customer", "channel").in_bulk([pk for pk, _chat in found])
    numbers = dict(
        Conversation.objects.filter(pk__in=[chat for _pk, chat in found if chat]).values_list("pk", "number")
    )
    return [Person(contacts[pk], numbers.get(chat)) for pk, chat in found]


def first_of(by: Member, draft: CampaignDraft, kind: str) -> dict[str, str]:
    """The variables of one real person chosen on channels of this kind; none where nobody is."""
    found = _fields(by, draft, kind, "", 1)
    return found[0] if found else {}


def first_reached(by: Member, draft: CampaignDraft, kind: str, limit: int) -> list[dict[str, str]]:
    """The variables of the first `limit` people on channels of this kind whom nothing keeps from being sent to."""
    return _fields(by, draft, kind, "AND verdict = ''", limit)


def _fields(by: Member, draft: CampaignDraft, kind: str, where: str, limit: int) -> list[dict[str, str]]:
    planned = plan(by, draft)
    channels = [rule.channel.pk for rule in planned.rules if rule.channel.kind == kind]
    pairs = ", ".join(f"'{name}', {sql}" for name, sql in VARIABLES.items())
    ctes, params = classified(
        draft.audience.people(by).sql(), planned.rules, by.tenant_id, f"jsonb_build_object({pairs})"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {ctes} SELECT fields FROM classified WHERE channel_id = ANY(%s) {where} LIMIT %s",  # noqa: S608  (our own SQL)
            [*params, channels, limit],
        )
        return [json.loads(fields) for (fields,) in cursor.fetchall()]


def instead(by: Member, draft: CampaignDraft, code: str, kind: str) -> Audience:
    """Exactly the people whose outcome on channels of `kind` is `code`, as an audience of its own: bound customers as
    such, everybody else by their chats in progress."""
    planned = plan(by, draft)
    channels = [rule.channel.pk for rule in planned.rules if rule.channel.kind == kind]
    ctes, params = classified(
        draft.audience.people(by).sql(), planned.rules, by.tenant_id, unfit=planned.content.unfit
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {ctes} SELECT contact_id, conversation_id FROM classified"  # noqa: S608  (our own SQL)
            " WHERE channel_id = ANY(%s) AND verdict = %s LIMIT %s",
            [*params, channels, code, MOST_NAMED],
        )
        found = cursor.fetchall()
    if isinstance(draft.audience, BoundCustomers):
        contacts = Contact.objects.filter(among("pk", tuple(contact for contact, _chat in found)))
        customers = tuple(contacts.order_by("customer_id").values_list("customer_id", flat=True))
        return replace(draft.audience, customers=customers)
    chats = Conversation.objects.filter(among("pk", tuple(chat for _contact, chat in found if chat)))
    named = Picked(tuple(chats.order_by("number").values_list("number", flat=True)))
    return named.without_faulty(by)

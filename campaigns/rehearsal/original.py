"""What is to be rehearsed, read in the real team before anything is written in the one that rehearses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from campaigns.audience import People
from campaigns.drafts import CampaignDraft, draft_of
from campaigns.models import Campaign
from channels.adapters import ADAPTERS
from channels.direct import month_of
from channels.models import Channel, FreeUse, Health, Media
from conversations.models import Contact, Conversation
from templates_app.models import Template
from tenants.models import Member

MOST_PEOPLE = 2_000  # of one rehearsal; of more, the first so many are rehearsed


@dataclass(frozen=True)
class Original:
    """What is read in the real team: everything by its id, `members` the users behind their memberships."""

    draft: CampaignDraft
    contacts: Sequence[Contact]
    chats: Mapping[int, Conversation]  # by contact
    left_out: int
    channels: Sequence[Channel]
    told: Mapping[int, Health]
    free_used: Mapping[int, int]
    files: Sequence[Media]
    template: Template | None
    members: Mapping[int, int]


def read_original(campaign: Campaign, by: Member) -> Original:
    """Inside the scope of the real team. Raises what keeps the audience from being sent to (`Audience.people`)."""
    draft = draft_of(campaign)
    first, total = _chosen(draft.audience.people(by))
    contacts = list(
        Contact.objects.filter(pk__in=first).select_related("customer").order_by("channel_id", "pk")
    )
    chats = Conversation.objects.filter(pk__in=[chat for chat in first.values() if chat])
    channels = Channel.objects.filter(
        pk__in={contact.channel_id for contact in contacts}, kind__in=ADAPTERS
    ).select_related("whatsapp_account")
    known = {channel.pk for channel in channels}
    picked = draft.template
    keys = [part.media for part in draft.parts if part.media]
    keys += [picked.header_media] if picked and picked.header_media else []
    used = FreeUse.objects.filter(channel__in=known, month=month_of(timezone.now()))
    return Original(
        draft=draft,
        contacts=[contact for contact in contacts if contact.channel_id in known],
        chats={chat.contact_id: chat for chat in chats},
        left_out=max(0, total - MOST_PEOPLE),
        channels=list(channels),
        told={health.channel_id: health for health in Health.objects.filter(channel__in=known)},
        free_used=dict(used.values_list("channel_id", "used")),
        files=list(Media.objects.filter(key__in=keys)),
        template=Template.objects.select_related("account").filter(pk=picked.template).first()
        if picked
        else None,
        members=dict(Member.objects.values_list("pk", "user_id")),
    )


def _chosen(people: People) -> tuple[dict[int, int | None], int]:
    """The chat, where there is one, by contact, of the first people who may be sent to; and how many there are."""
    ctes, params = people.chunk_sql(0, MOST_PEOPLE)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH {ctes}
               SELECT contact_id, conversation_id, (SELECT count(DISTINCT contact_id) FROM every)
               FROM chosen WHERE excluded = ''""",  # noqa: S608  (our own SQL)
            params,
        )
        found = cursor.fetchall()
    return {contact: chat for contact, chat, _total in found}, found[0][2] if found else 0

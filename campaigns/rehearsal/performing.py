"""Rehearsing a broadcast: make the copies, tell the sandbox what it is to play, and send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import redis
import requests
import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.play import give_play_money
from campaigns.audience import People, Picked
from campaigns.drafts import CampaignDraft, draft_of
from campaigns.models import Campaign, CampaignKind, Rehearsal, Status
from campaigns.rehearsal.copying import Cast
from campaigns.rehearsal.introducing import register, tell
from campaigns.rehearsal.scenario import Scenario
from campaigns.services import create_campaign
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind
from channels.direct import month_of
from channels.models import Channel, FreeUse, Health, Media
from conversations.models import Contact, Conversation
from templates_app.lifecycle import Category
from templates_app.models import Template
from tenants import audit
from tenants.errors import DomainError, WrongStatus
from tenants.models import Member
from tenants.numbers import next_number
from tenants.plans import Feature
from tenants.rehearsing import Teams, sandbox_address, team_for, teams_served
from tenants.roles import Permission
from tenants.scopes import tenant_scope

log = structlog.get_logger(__name__)

MOST_PEOPLE = 2_000  # of one rehearsal; of more, the first so many are rehearsed
ALIVE_KEY, ALIVE_S = "rehearsals:worker", 120  # in the Valkey database of tokens
BEFORE_SENDING = frozenset({Status.DRAFT, Status.SCHEDULED, Status.MISSED})


class NoRehearsals(DomainError):
    """There is nothing that could play the providers."""

    code = "no_rehearsals"
    status = 409
    message = _(
        "This installation has no sandbox for rehearsals. Whoever runs it can add one: docs/operations.md says how. "
        "Nothing was sent."
    )


class RehearsalsAway(DomainError):
    code = "rehearsals_away"
    status = 503
    message = _(
        "The sandbox for rehearsals, or its worker, is not running just now. Your draft is kept; try again in a "
        "minute, or tell whoever runs this installation."
    )


def obstacle_to_rehearsing() -> DomainError | None:
    """Why nothing can be rehearsed in this installation now; None where it can."""
    if sandbox_address() is None:
        return NoRehearsals()
    if teams_served() is Teams.ALL:
        return None  # the ordinary workers do it
    with redis.Redis.from_url(settings.TOKENS_REDIS_URL, socket_timeout=2) as client:
        try:
            return None if client.exists(ALIVE_KEY) else RehearsalsAway()
        except redis.RedisError:
            return RehearsalsAway()


def may_be_rehearsed(campaign: Campaign) -> bool:
    """Whether it has not been sent yet, and is a real one."""
    return campaign.status in BEFORE_SENDING and not campaign.tenant.is_rehearsal


@transaction.atomic
def rehearse(campaign: Campaign, by: Member, scenario: Scenario) -> Rehearsal:
    """Send the broadcast, as it stands, to nobody: in the team that rehearses, through the sandbox.

    Raises NotAllowed, PlanRequired, WrongStatus once it was sent, NoRehearsals, RehearsalsAway, and what keeps the
    broadcast from being sent (`create_campaign`); then nothing is left behind.
    """
    by.require(Permission.SEND_CAMPAIGNS)
    by.tenant.require_feature(Feature.OMO)
    if not may_be_rehearsed(campaign):
        raise WrongStatus
    if obstacle := obstacle_to_rehearsing():
        raise obstacle
    script = _read(campaign, by)
    team = team_for(by.tenant)
    with tenant_scope(team):
        by_user = {member.user_id: member for member in Member.objects.all()}
        actor = by_user[by.user_id]
        actor.tenant = team
        give_play_money(actor)
        members = {pk: by_user[user] for pk, user in script.members.items() if user in by_user}
        cast = Cast(team, actor)
        draft, chats = _play(cast, script, members)
        _introduce(cast, chats, scenario, script)
        copy = create_campaign(actor, draft)
        Campaign.objects.filter(pk=copy.pk).update(at_any_hour=True)  # nobody is there to be disturbed
    rehearsal = Rehearsal.objects.create(
        tenant=by.tenant,
        number=next_number(by.tenant_id, "rehearsal"),
        campaign=campaign,
        copy=copy.number,
        channels=[channel.pk for channel in cast.channels.values()],
        files=[file.pk for file in cast.files.values()],
        scenario=scenario.to_dict(),
        people=len(chats),
        left_out=script.left_out,
        created_by=by,
    )
    audit.record(by, "campaign.rehearsed", campaign, number=rehearsal.number, scenario=scenario.to_dict())
    return rehearsal


@dataclass(frozen=True)
class _Script:
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


def _read(campaign: Campaign, by: Member) -> _Script:
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
    return _Script(
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


def _play(
    cast: Cast, script: _Script, members: Mapping[int, Member]
) -> tuple[CampaignDraft, list[Conversation]]:
    """The draft in the team that rehearses, and its chats."""
    cast.copy_channels(script.channels, script.told, script.free_used)
    cast.copy_files(script.files)
    chats = cast.copy_people(script.contacts, script.chats, members)
    draft = replace(
        script.draft,
        audience=Picked(tuple(chat.number for chat in chats)),
        parts=tuple(
            replace(part, media=cast.files[part.media].key) if part.media in cast.files else part
            for part in script.draft.parts
        ),
        scheduled_at=None,
        scheduled_zone="",
    )
    if draft.template is not None and script.template is not None:
        header = cast.files.get(draft.template.header_media)
        picked = replace(
            draft.template,
            template=cast.copy_template(script.template).pk,
            header_media=header.key if header else "",
        )
        draft = replace(draft, template=picked)
    return draft, chats


def _introduce(cast: Cast, chats: Sequence[Conversation], scenario: Scenario, script: _Script) -> None:
    """Before anything can be sent the sandbox knows the accounts and how to behave on them. Raises RehearsalsAway."""
    marketing = script.draft.kind is CampaignKind.TEMPLATE and (
        script.template is not None and script.template.category == Category.MARKETING
    )
    accounts = {}
    try:
        for channel in cast.channels.values():
            people = [chat.contact.address for chat in chats if chat.channel_id == channel.pk]
            kind = ChannelKind(channel.kind)
            accounts[register(channel, **_limits(channel))] = scenario.behaviour(
                kind, people, marketing=marketing
            )
        tell("scenario", {"accounts": accounts})
    except requests.RequestException as error:
        log.warning("rehearsal_sandbox_away", error=str(error))
        raise RehearsalsAway from error


def _limits(channel: Channel) -> dict[str, Any]:
    """What is left of LINE's month, and how fast a number of WhatsApp may send."""
    if channel.kind == ChannelKind.LINE and channel.quota_limit is not None:
        return {"quota": max(0, channel.quota_limit - (channel.quota_used or 0))}
    health = Health.objects.filter(channel=channel).first()
    return {"throughput": health.throughput} if health and health.throughput else {}

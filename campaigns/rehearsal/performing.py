"""Rehearsing a broadcast: make the copies, tell the sandbox what it is to play, and send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import redis
import requests
import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.play import give_play_money
from campaigns.audience import Picked
from campaigns.drafts import CampaignDraft
from campaigns.models import Campaign, CampaignKind, Rehearsal, Status
from campaigns.rehearsal.copying import Cast
from campaigns.rehearsal.introducing import register, tell
from campaigns.rehearsal.original import Original, read_original
from campaigns.rehearsal.scenario import Scenario
from campaigns.services import create_campaign
from channels.adapters.base import ChannelKind
from channels.models import Channel, Health
from conversations.models import Conversation
from templates_app.lifecycle import Category
from tenants import audit
from tenants.errors import DomainError, WrongStatus
from tenants.models import Member
from tenants.numbers import next_number
from tenants.plans import Feature
from tenants.rehearsing import Teams, sandbox_address, team_for, teams_served
from tenants.roles import Permission
from tenants.scopes import tenant_scope

log = structlog.get_logger(__name__)

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
    original = read_original(campaign, by)
    team = team_for(by.tenant)
    with tenant_scope(team):
        by_user = {member.user_id: member for member in Member.objects.all()}
        actor = by_user[by.user_id]
        actor.tenant = team
        give_play_money(actor)
        members = {pk: by_user[user] for pk, user in original.members.items() if user in by_user}
        cast = Cast(team, actor)
        draft, chats = _play(cast, original, members)
        _introduce(cast, chats, scenario, original)
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
        left_out=original.left_out,
        created_by=by,
    )
    audit.record(by, "campaign.rehearsed", campaign, number=rehearsal.number, scenario=scenario.to_dict())
    return rehearsal


def _play(
    cast: Cast, original: Original, members: Mapping[int, Member]
) -> tuple[CampaignDraft, list[Conversation]]:
    """The draft in the team that rehearses, and its chats."""
    cast.copy_channels(original.channels, original.told, original.free_used)
    cast.copy_files(original.files)
    chats = cast.copy_people(original.contacts, original.chats, members)
    draft = replace(
        original.draft,
        audience=Picked(tuple(chat.number for chat in chats)),
        parts=tuple(
            replace(part, media=cast.files[part.media].key) if part.media in cast.files else part
            for part in original.draft.parts
        ),
        scheduled_at=None,
        scheduled_zone="",
    )
    if draft.template is not None and original.template is not None:
        header = cast.files.get(draft.template.header_media)
        picked = replace(
            draft.template,
            template=cast.copy_template(original.template).pk,
            header_media=header.key if header else "",
        )
        draft = replace(draft, template=picked)
    return draft, chats


def _introduce(cast: Cast, chats: Sequence[Conversation], scenario: Scenario, original: Original) -> None:
    """Before anything can be sent the sandbox knows the accounts and how to behave on them. Raises RehearsalsAway."""
    marketing = original.draft.kind is CampaignKind.TEMPLATE and (
        original.template is not None and original.template.category == Category.MARKETING
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

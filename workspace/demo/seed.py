"""The whole demo in one go; safe to run again: then customers write again and the sandbox is told anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from campaigns.rehearsal.introducing import register
from channels.adapters.base import ChannelKind
from channels.models import Channel, WhatsAppAccount
from conversations.models import Contact, Conversation
from tenants.models import Member
from tenants.scopes import tenant_scope
from workspace.demo.accounts import DEMO_ACCOUNTS, OTHER_ACCOUNTS, Account, ensure_channel
from workspace.demo.campaigns import DEMO_BROADCASTS, Broadcast, store_broadcasts
from workspace.demo.conversations import store_chats
from workspace.demo.credit import ensure_credit, ensure_prices, register_shop, use_up_free
from workspace.demo.fresh import write_again
from workspace.demo.media import store_pictures
from workspace.demo.saved_replies import store_saved_replies
from workspace.demo.script import DEMO_GROUPS, OTHER_GROUPS, Group, plan_chats
from workspace.demo.team import DEMO, OTHER, Team, ensure_team
from workspace.demo.templates import store_templates


@dataclass(frozen=True)
class Shop:
    """A demo team with all that belongs to it."""

    team: Team
    accounts: tuple[Account, ...]
    groups: tuple[Group, ...]
    broadcasts: tuple[Broadcast, ...] = ()


SHOPS = (Shop(DEMO, DEMO_ACCOUNTS, DEMO_GROUPS, DEMO_BROADCASTS), Shop(OTHER, OTHER_ACCOUNTS, OTHER_GROUPS))


def seed(now: datetime) -> list[Channel]:
    """Write what is missing of both teams, the chats of channels added since included, and return their channels.

    One transaction a team: all or nothing.
    """
    ensure_prices()
    return [channel for shop in SHOPS for channel in _seed_shop(shop, now)]


@transaction.atomic
def _seed_shop(shop: Shop, now: datetime) -> list[Channel]:
    tenant, members = ensure_team(shop.team)
    with tenant_scope(tenant):
        ensure_credit(members[shop.team.people[0].email])
        channels = [ensure_channel(tenant, account) for account in shop.accounts]
        for account, channel in zip(shop.accounts, channels, strict=True):
            if account.free_used:
                use_up_free(channel, now)
        _store_templates(next(iter(members.values())), now)
        chats = plan_chats(shop.groups, now, tenant.zone)
        began = not Conversation.objects.exists()
        if not began:
            write_again(tenant, channels, chats, now)
        empty = [place for place, channel in enumerate(channels) if not channel.contacts.exists()]
        if missing := [chat for chat in chats if chat.group.account in empty]:
            pictures = store_pictures(next(iter(members.values())))
            stored = store_chats(tenant, missing, channels, members, pictures)
            if began:
                store_saved_replies(tenant, members, pictures)
                store_broadcasts(shop.broadcasts, stored, members, pictures, now)
    return channels


def _store_templates(by: Member, now: datetime) -> None:
    for account in WhatsAppAccount.objects.filter(templates=None).order_by("pk"):
        store_templates(account, by, store_pictures(by), now)


def introduce(channels: Sequence[Channel]) -> int:
    """Register the channels and their people at the sandbox; returns how many people.

    Raises requests.RequestException where it does not answer.
    """
    register_shop()
    introduced = 0
    for channel in channels:
        with tenant_scope(channel.tenant):
            people = [_person(contact, channel) for contact in _named(channel)]
            register(channel, people)
        introduced += len(people)
    return introduced


MOST_INTRODUCED = 1000  # the sandbox meets everybody else when they are written to


def _named(channel: Channel) -> QuerySet[Contact]:
    contacts = Contact.objects.current().filter(channel=channel).select_related("customer").order_by("pk")
    if channel.kind == ChannelKind.WHATSAPP:
        contacts = contacts.exclude(phone="")  # who hides the number, the sandbox knows from their messages
    return contacts[:MOST_INTRODUCED]


def _person(contact: Contact, channel: Channel) -> dict[str, Any]:
    if channel.kind == ChannelKind.LINE:
        return {"user_id": contact.address, "name": contact.customer.name}
    last = contact.last_inbound_at
    return {
        "address": contact.phone or contact.address,
        "name": contact.customer.name,
        "last_inbound_at": last.timestamp() if last else None,
    }

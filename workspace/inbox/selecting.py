"""Choosing conversations for a broadcast: who may, among which, and how many stand where (S2-3..5, D-4, D-5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from channels.adapters.base import ChannelKind
from channels.models import KIND_LABELS, Channel
from conversations.filters import ConversationFilter
from conversations.models import ConversationQuerySet, ConversationStatus
from conversations.reports import counts_by_channel
from tenants.models import Member, Tenant
from tenants.plans import Feature
from tenants.roles import Permission
from workspace.broadcasts.purposes import Purpose


@dataclass(frozen=True)
class Gate:
    """Whether the broadcast entry is there, and whether it opens: the role shows it, the plan opens it."""

    shown: bool
    open: bool


@dataclass(frozen=True)
class Total:
    """How many conversations match, and on which channels: "LINE 60 · WhatsApp 68"."""

    count: int
    by_channel: Mapping[str, int]

    @property
    def labels(self) -> list[tuple[str, str, int]]:
        """(kind, label, count) of each channel."""
        return [(kind, str(KIND_LABELS[ChannelKind(kind)]), n) for kind, n in self.by_channel.items()]


def gate_of(member: Member, tenant: Tenant) -> Gate:
    shown = member.may(Permission.SEND_CAMPAIGNS)
    return Gate(shown, shown and tenant.has_feature(Feature.OMO))


def selectable(wanted: ConversationFilter, member: Member, purpose: Purpose) -> ConversationFilter:
    """`wanted`, limited to what this member may broadcast to: in progress, and their own unless for the team. For
    templates only WhatsApp, and where one is chosen only its account."""
    limited = replace(
        wanted,
        status=ConversationStatus.IN_PROGRESS.value,
        mine=wanted.mine or not member.may(Permission.SEND_TO_TEAM),
    )
    if purpose.of_templates and not _is_number(limited.channel):
        limited = replace(limited, channel=ChannelKind.WHATSAPP.value)
    if purpose.template is not None:
        limited = replace(limited, account=str(purpose.template.account_id))
    return limited


def _is_number(channel: str) -> bool:
    """Whether a filter's channel is one WhatsApp number."""
    return channel.isdigit() and Channel.objects.filter(pk=int(channel), kind=ChannelKind.WHATSAPP).exists()


def total_of(conversations: ConversationQuerySet) -> Total:
    counts = counts_by_channel(conversations)
    return Total(sum(counts.values()), {kind.value: count for kind, count in counts.items()})

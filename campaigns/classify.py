"""One SQL pass that says of every chosen chat what a broadcast would do there now.

Preflight counts its rows, preparing writes them: so what preflight says is what happens, unless time passes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.content import Content
from campaigns.models import OnUnsupported, PartState
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, Reason
from channels.models import Channel, ChannelState
from conversations.models import ConversationQuerySet


@dataclass(frozen=True)
class Rule:
    """What holds for every chat of one channel. `refusal` is a Reason, "" where the channel takes the campaign."""

    channel: Channel
    refusal: str
    windowed: bool
    part_states: tuple[int, ...]
    prices: tuple[int, ...]


def rules_for(
    channels: list[Channel],
    content: Content,
    choice_for: Callable[[ChannelKind], str],
    prices: Mapping[ChannelKind, int],
) -> list[Rule]:
    """One rule per channel. `choice_for`: the OnUnsupported of a kind; `prices`: millionths per part by kind."""
    return [_rule(channel, content, choice_for, prices) for channel in channels]


def _rule(
    channel: Channel,
    content: Content,
    choice_for: Callable[[ChannelKind], str],
    prices: Mapping[ChannelKind, int],
) -> Rule:
    kind = ChannelKind(channel.kind)
    adapter = ADAPTERS.get(kind)
    refused = content.refused.get(kind) or {}
    dropping = choice_for(kind) == OnUnsupported.DROP_PART and len(refused) < len(content.parts)
    refusal = ""
    if not channel.enabled:
        refusal = Reason.CHANNEL_OFF.value
    elif channel.state != ChannelState.CONNECTED:
        refusal = Reason.CHANNEL_DISCONNECTED.value
    elif adapter is None or (refused and not dropping):
        refusal = Reason.UNSUPPORTED_PART.value
    states = tuple(
        PartState.DROPPED.value if position in refused else PartState.WAITING.value
        for position in range(len(content.parts))
    )
    price = prices.get(kind, 0)
    return Rule(
        channel=channel,
        refusal=refusal,
        windowed=adapter is not None and adapter.spec.window_hours is not None,
        part_states=states,
        prices=tuple(0 if state == PartState.DROPPED else price for state in states),
    )


def classified(
    chats: ConversationQuerySet, rules: list[Rule], tenant_id: int, fields: str = "'{}'::jsonb"
) -> tuple[str, list[Any]]:
    """SQL (without WITH) of two CTEs, `rule` and `classified`, and its parameters.

    `classified` has one row per chat: conversation_id, channel_id, contact_id, address, closes_at, fields,
    verdict ("" = takes it, else a Reason). `fields` is trusted SQL made from `rendering.VARIABLES`.
    """
    chosen, chosen_params = chats.order_by().values("id").query.sql_with_params()
    sql = f"""
        rule AS (
            SELECT * FROM unnest(%s::bigint[], %s::text[], %s::boolean[]) AS rule(channel_id, refusal, windowed)
        ),
        classified AS (
            SELECT c.id AS conversation_id, c.channel_id, k.id AS contact_id, k.address,
                   CASE WHEN rule.windowed THEN k.window_closes_at END AS closes_at,
                   {fields} AS fields,
                   CASE WHEN c.status <> 'in_progress' THEN 'chat_ended'
                        WHEN rule.refusal IN ('channel_off', 'channel_disconnected') THEN rule.refusal
                        WHEN k.opted_out_at IS NOT NULL THEN 'opted_out'
                        WHEN rule.windowed AND k.window_closes_at > clock_timestamp() IS NOT TRUE THEN 'window_closed'
                        ELSE rule.refusal END AS verdict
            FROM conversations_conversation c
            JOIN rule ON rule.channel_id = c.channel_id
            JOIN conversations_contact k ON k.id = c.contact_id AND k.tenant_id = c.tenant_id
            JOIN conversations_customer cu ON cu.id = c.customer_id AND cu.tenant_id = c.tenant_id
            WHERE c.tenant_id = %s AND c.id IN ({chosen})
        )"""  # noqa: S608  (every inserted piece is our own SQL)
    params: list[Any] = [
        [rule.channel.pk for rule in rules],
        [rule.refusal for rule in rules],
        [rule.windowed for rule in rules],
        tenant_id,
        *chosen_params,
    ]
    return sql, params

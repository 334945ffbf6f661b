"""One SQL pass that says of every chosen person what a broadcast would do there now.

Preflight counts its rows, preparing writes them: so what preflight says is what happens, unless time passes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from campaigns.content import FITS, Content, Sql
from campaigns.models import OnUnsupported, PartState
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, Reason
from channels.models import Channel, ChannelState
from templates_app.models import Template


@dataclass(frozen=True)
class Rule:
    """What holds for everybody on one channel. `refusal` is a Reason, "" where the channel takes the campaign."""

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


def template_rules(channels: list[Channel], template: Template | None, price: int) -> list[Rule]:
    """The same for a template, None while it is still to be chosen: only numbers of its WhatsApp account take it, and
    reply windows do not matter. `price`: millionths."""
    return [
        Rule(channel, _template_refusal(channel, template), False, (PartState.WAITING.value,), (price,))
        for channel in channels
    ]


def _template_refusal(channel: Channel, template: Template | None) -> str:
    if channel.kind != ChannelKind.WHATSAPP:
        return Reason.NOT_WHATSAPP.value
    if template is not None and channel.whatsapp_account_id != template.account_id:
        return Reason.OTHER_ACCOUNT.value
    return _obstacle(channel)


def _obstacle(channel: Channel) -> str:
    """Why nothing at all leaves through the channel now; "" where it may."""
    if not channel.enabled:
        return Reason.CHANNEL_OFF.value
    return "" if channel.state == ChannelState.CONNECTED else Reason.CHANNEL_DISCONNECTED.value


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
    refusal = _obstacle(channel)
    if not refusal and (adapter is None or (refused and not dropping)):
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


# What becomes of somebody by what is known of them and by their channel's rule.
_VERDICT = """
    CASE WHEN excluded <> '' THEN excluded
         WHEN rule.refusal IN ('channel_off', 'channel_disconnected') THEN rule.refusal
         WHEN opted_out THEN 'opted_out'
         WHEN rule.windowed AND closed THEN 'window_closed'
         WHEN rule.refusal <> '' THEN rule.refusal
         ELSE unfit END"""

# What `fields` may read beside the contact `k`; joined only where it does.
_FIELD_TABLES = """
            JOIN conversations_customer cu ON cu.id = k.customer_id AND cu.tenant_id = k.tenant_id
            LEFT JOIN conversations_conversation c ON c.id = chosen.conversation_id AND c.tenant_id = k.tenant_id"""


def classified(chosen: Sql, rules: list[Rule], tenant_id: int, fields: str = "", unfit: Sql = FITS) -> Sql:
    """SQL (without WITH) of the CTEs `chosen` and `classified`, among others, and its parameters.

    `chosen` is `People.sql` or `chunk_sql`. `classified` has one row per person: conversation_id (or NULL),
    channel_id, contact_id, address, closes_at, fields, verdict ("" = takes it, else a Reason). `fields` is
    trusted SQL made from `rendering.VARIABLES`, `unfit` that of a Content.
    """
    sql, params = _known(chosen, rules, tenant_id, fields, unfit)
    sql += f""",
        classified AS (
            SELECT conversation_id, known.channel_id, contact_id, address, fields,
                   CASE WHEN rule.windowed THEN window_closes_at END AS closes_at, {_VERDICT} AS verdict
            FROM known JOIN rule ON rule.channel_id = known.channel_id
        )"""  # noqa: S608  (every inserted piece is our own SQL)
    return sql, params


def count_verdicts(
    chosen: Sql, rules: list[Rule], tenant_id: int, unfit: Sql = FITS
) -> dict[tuple[int, str], int]:
    """How many people there are of each (channel id, verdict). Groups first and judges the few groups after."""
    sql, params = _known(chosen, rules, tenant_id, "", unfit)
    sql = f"""
        WITH {sql},
        alike AS (
            SELECT channel_id, excluded, opted_out, closed, unfit, count(*) AS people
            FROM known GROUP BY 1, 2, 3, 4, 5
        )
        SELECT alike.channel_id, {_VERDICT} AS verdict, sum(people)::bigint
        FROM alike JOIN rule ON rule.channel_id = alike.channel_id
        GROUP BY 1, 2 ORDER BY 1, 2"""  # noqa: S608  (every inserted piece is our own SQL)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return {(channel, verdict): people for channel, verdict, people in cursor.fetchall()}


def _known(chosen: Sql, rules: list[Rule], tenant_id: int, fields: str, unfit: Sql) -> Sql:
    """The CTEs `chosen`, `rule`, and `known`: a row per person with what the verdict asks.

    The clock is the statement's: with a volatile one PostgreSQL would write all rows down before it goes on.
    """
    chosen_sql, chosen_params = chosen
    unfit_sql, unfit_params = unfit
    tables = _FIELD_TABLES if fields or unfit != FITS else ""
    fields = fields or "'{}'::jsonb"
    sql = f"""
        {chosen_sql},
        rule AS (
            SELECT * FROM unnest(%s::bigint[], %s::text[], %s::boolean[]) AS rule(channel_id, refusal, windowed)
        ),
        known AS (
            SELECT chosen.conversation_id, chosen.excluded, k.channel_id, k.id AS contact_id, k.address,
                   k.window_closes_at, k.opted_out_at IS NOT NULL AS opted_out,
                   k.window_closes_at > statement_timestamp() IS NOT TRUE AS closed,
                   {fields} AS fields, {unfit_sql} AS unfit
            FROM chosen JOIN conversations_contact k ON k.id = chosen.contact_id{tables}
            WHERE k.tenant_id = %s
        )"""  # noqa: S608  (every inserted piece is our own SQL)
    params: list[Any] = [
        *chosen_params,
        [rule.channel.pk for rule in rules],
        [rule.refusal for rule in rules],
        [rule.windowed for rule in rules],
        *unfit_params,
        tenant_id,
    ]
    return sql, params

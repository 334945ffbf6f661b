"""One SQL pass that says of every chosen person what a broadcast would do there now.

Preflight counts its rows, preparing writes them: so what preflight says is what happens, unless time passes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection

from campaigns.content import FITS, Content, Sql
from campaigns.models import OnUnsupported, PartState
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, Reason
from channels.models import Channel, ChannelState
from channels.tariffs import Tariff
from templates_app.models import Template


@dataclass(frozen=True)
class Rule:
    """What holds for everybody on one channel. `refusal` is a Reason, "" where the channel takes the campaign;
    `tariff` is what its messages cost, None where they cost nothing."""

    channel: Channel
    refusal: str
    windowed: bool
    part_states: tuple[int, ...]
    tariff: Tariff | None = None

    @property
    def parts(self) -> int:
        """How many parts somebody gets."""
        return sum(state != PartState.DROPPED for state in self.part_states)

    def prices(self, each: int) -> tuple[int, ...]:
        """What the parts cost at so much for each that is sent."""
        return tuple(0 if state == PartState.DROPPED else each for state in self.part_states)


class Group(NamedTuple):
    """People alike: `verdict` "" = gets it, else a Reason; `market` "" where it does not matter. `amount`: millionths
    for all of them together."""

    channel: int
    verdict: str
    market: str
    people: int
    amount: int


def rules_for(
    channels: list[Channel],
    content: Content,
    choice_for: Callable[[ChannelKind], str],
    tariffs: Mapping[int, Tariff],
) -> list[Rule]:
    """One rule per channel. `choice_for`: the OnUnsupported of a kind; `tariffs`: by channel id."""
    return [_rule(channel, content, choice_for, tariffs.get(channel.pk)) for channel in channels]


def template_rules(
    channels: list[Channel], template: Template | None, tariffs: Mapping[int, Tariff]
) -> list[Rule]:
    """The same for a template, None while it is still to be chosen: only numbers of its WhatsApp account take it, and
    reply windows do not matter."""
    return [
        Rule(
            channel,
            _template_refusal(channel, template),
            False,
            (PartState.WAITING.value,),
            tariffs.get(channel.pk),
        )
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
    tariff: Tariff | None,
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
    return Rule(
        channel=channel,
        refusal=refusal,
        windowed=adapter is not None and adapter.spec.window_hours is not None,
        part_states=states,
        tariff=tariff,
    )


# What becomes of somebody by what is known of them and by their channel's rule.
_VERDICT = """
    CASE WHEN excluded <> '' THEN excluded
         WHEN rule.refusal IN ('channel_off', 'channel_disconnected') THEN rule.refusal
         WHEN opted_out THEN 'opted_out'
         WHEN rule.windowed AND closed THEN 'window_closed'
         WHEN rule.refusal <> '' THEN rule.refusal
         WHEN unfit <> '' THEN unfit
         WHEN rule.prices IS NULL AND {priced} IS NULL THEN 'no_price'
         ELSE '' END"""

# The contact `k` of somebody chosen; beside it, only where `fields` or `unfit` read them, the customer and the chat.
# The tenant is compared in a way that no index serves. Of a team that has brought in everybody a moment ago PostgreSQL
# knows nothing yet, takes it for one person, and would read the whole team's contacts again for each of them.
_CONTACT = "JOIN conversations_contact k ON k.id = chosen.contact_id"
_CUSTOMER = """JOIN conversations_customer cu
                ON cu.id = k.customer_id AND cu.tenant_id IS NOT DISTINCT FROM k.tenant_id"""
_CHAT = """LEFT JOIN conversations_conversation c
                ON c.id = chosen.conversation_id AND c.tenant_id IS NOT DISTINCT FROM k.tenant_id"""

# The same for a chunk of many: looked up one by one, where PostgreSQL would read the whole table for every chunk.
_CONTACT_OF_EACH = """CROSS JOIN LATERAL (
                SELECT * FROM conversations_contact WHERE id = chosen.contact_id OFFSET 0) AS k"""
_CUSTOMER_OF_EACH = """CROSS JOIN LATERAL (
                SELECT * FROM conversations_customer
                WHERE id = k.customer_id AND tenant_id IS NOT DISTINCT FROM k.tenant_id OFFSET 0) AS cu"""

# The prices of somebody's market, or else of the rest of the world. Asked only where anything costs something.
_TARIFFS = """
    LEFT JOIN tariff own ON own.channel_id = {people}.channel_id AND own.market = {people}.market
    LEFT JOIN tariff rest ON rest.channel_id = {people}.channel_id AND rest.market = '*'"""
_PRICES, _CHARGES = "coalesce(own.prices, rest.prices)", "coalesce(own.charges, rest.charges)"


def classified(
    chosen: Sql,
    rules: list[Rule],
    tenant_id: int,
    fields: str = "",
    unfit: Sql = FITS,
    *,
    chunk: bool = False,
) -> Sql:
    """SQL (without WITH) of the CTEs `chosen` and `classified`, among others, and its parameters.

    `chosen` is `People.sql` or `chunk_sql`. `classified` has one row per person: conversation_id (or NULL),
    channel_id, contact_id, address, closes_at, fields, verdict ("" = takes it, else a Reason), market, part_states and
    prices (of the parts) and charges (the same, nothing settled yet; NULL where nothing costs anything).
    `fields` is trusted SQL made from `rendering.VARIABLES`, `unfit` that of a Content. `chunk`: few of many are chosen.
    """
    sql, params = _known(chosen, rules, tenant_id, fields, unfit, chunk=chunk)
    priced = _priced(rules)
    sql += f""",
        classified AS (
            SELECT conversation_id, known.channel_id, contact_id, address, fields, known.market,
                   CASE WHEN rule.windowed THEN window_closes_at END AS closes_at, rule.part_states,
                   coalesce({f"rule.prices, {_PRICES}, rule.nothing" if priced else "rule.prices"}) AS prices,
                   {_CHARGES if priced else "NULL::bigint[]"} AS charges,
                   {_VERDICT.format(priced=_PRICES if priced else "''")} AS verdict
            FROM known JOIN rule ON rule.channel_id = known.channel_id
            {_TARIFFS.format(people="known") if priced else ""}
        )"""  # noqa: S608  (every inserted piece is our own SQL)
    return sql, params


def count_people(chosen: Sql, rules: list[Rule], tenant_id: int, unfit: Sql = FITS) -> list[Group]:
    """The people by channel, verdict and market. Groups first and judges the few groups after."""
    sql, params = _known(chosen, rules, tenant_id, "", unfit)
    priced = _priced(rules)
    sql = f"""
        WITH {sql},
        alike AS (
            SELECT channel_id, excluded, opted_out, closed, unfit, market, count(*) AS people
            FROM known GROUP BY 1, 2, 3, 4, 5, 6
        )
        SELECT alike.channel_id, {_VERDICT.format(priced=_PRICES if priced else "''")} AS verdict, alike.market,
               sum(people)::bigint, coalesce({"own.price, rest.price, 0" if priced else "0"})
        FROM alike JOIN rule ON rule.channel_id = alike.channel_id
        {_TARIFFS.format(people="alike") if priced else ""}
        GROUP BY 1, 2, 3, 5 ORDER BY 1, 2, 3"""  # noqa: S608  (every inserted piece is our own SQL)
    parts = {rule.channel.pk: rule.parts for rule in rules}
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [
            Group(channel, verdict, market, people, people * parts[channel] * price if not verdict else 0)
            for channel, verdict, market, people, price in cursor.fetchall()
        ]


def by_verdict(groups: list[Group]) -> dict[tuple[int, str], int]:
    """How many people there are of each (channel id, verdict)."""
    counts: dict[tuple[int, str], int] = {}
    for group in groups:
        key = group.channel, group.verdict
        counts[key] = counts.get(key, 0) + group.people
    return counts


def _priced(rules: list[Rule]) -> bool:
    return any(rule.tariff for rule in rules)


def _known(
    chosen: Sql, rules: list[Rule], tenant_id: int, fields: str, unfit: Sql, *, chunk: bool = False
) -> Sql:
    """The CTEs `chosen`, `rule`, `tariff` where anything costs something, and `known`: a row per person with what the
    verdict asks. A rule's own `prices` are those of a channel that costs nothing.

    The clock is the statement's: with a volatile one PostgreSQL would write all rows down before it goes on. Rules and
    tariffs are materialized so that their arrays are read once, not for every person.
    """
    chosen_sql, chosen_params = chosen
    unfit_sql, unfit_params = unfit
    contact, customer = (_CONTACT_OF_EACH, _CUSTOMER_OF_EACH) if chunk else (_CONTACT, _CUSTOMER)
    beside = f"{customer} {_CHAT}" if fields or unfit != FITS else ""
    fields = fields or "'{}'::jsonb"
    tariff, tariff_params = _tariff(rules)
    sql = f"""
        {chosen_sql},
        rule AS MATERIALIZED (
            SELECT channel_id, refusal, windowed, part_states::smallint[], prices::bigint[], nothing::bigint[]
            FROM unnest(%s::bigint[], %s::text[], %s::boolean[], %s::text[], %s::text[], %s::text[])
                AS rule(channel_id, refusal, windowed, part_states, prices, nothing)
        ),{tariff}
        known AS (
            SELECT chosen.conversation_id, chosen.excluded, k.channel_id, k.id AS contact_id, k.address,
                   k.window_closes_at, k.opted_out_at IS NOT NULL AS opted_out,
                   {"k.market" if tariff else "''"} AS market,
                   k.window_closes_at > statement_timestamp() IS NOT TRUE AS closed,
                   {fields} AS fields, {unfit_sql} AS unfit
            FROM chosen {contact} {beside}
            WHERE k.tenant_id IS NOT DISTINCT FROM %s
        )"""  # noqa: S608  (every inserted piece is our own SQL)
    params: list[Any] = [
        *chosen_params,
        [rule.channel.pk for rule in rules],
        [rule.refusal for rule in rules],
        [rule.windowed for rule in rules],
        [array_text(rule.part_states) for rule in rules],
        [None if rule.tariff else array_text(rule.prices(0)) for rule in rules],
        [array_text(rule.prices(0)) for rule in rules],
        *tariff_params,
        *unfit_params,
        tenant_id,
    ]
    return sql, params


def _tariff(rules: list[Rule]) -> tuple[str, list[Any]]:
    """What the parts cost on each channel in each market."""
    rows = [
        (rule.channel.pk, market, each, array_text(rule.prices(each)), _open(rule.prices(each)))
        for rule in rules
        if rule.tariff
        for market, each in rule.tariff.prices.items()
    ]
    if not _priced(rules):
        return "", []
    sql = """
        tariff AS MATERIALIZED (
            SELECT channel_id, market, price, prices::bigint[], charges::bigint[]
            FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::text[])
                AS tariff(channel_id, market, price, prices, charges)
        ),"""
    return sql, [[row[column] for row in rows] for column in range(5)]


def _open(prices: tuple[int, ...]) -> str | None:
    """Nothing is settled yet; None where there is nothing to settle."""
    return "{" + ",".join(["NULL"] * len(prices)) + "}" if any(prices) else None


def array_text(values: tuple[int, ...]) -> str:
    """As PostgreSQL writes an array."""
    return "{" + ",".join(str(value) for value in values) + "}"

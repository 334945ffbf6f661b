"""Both sides of the judgement: what the database says of each person, and what stands in the sandbox's journal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.db import connection

from campaigns.links.texts import Text, texts_of
from campaigns.models import Campaign, Part, PartState, State
from channels.models import Channel
from faults.judge import Arrival, Findings, Person, judge
from faults.stack import Stack
from tenants.scopes import tenant_scope

PAGE = 10_000  # rows of the journal


def examine(stack: Stack, campaigns: list[Campaign]) -> Findings:
    """Judge these campaigns, account by account, so that a million people need no memory for a million."""
    findings = Findings()
    for tenant in {campaign.tenant for campaign in campaigns}:
        with tenant_scope(tenant):
            texts = _texts(campaigns)
            for channel in Channel.objects.order_by("pk"):
                people = _people(channel, texts)
                findings += judge(people, _arrivals(stack, channel))
    return findings


def counted(campaigns: list[Campaign], state: State) -> int:
    """People of these campaigns in that state, by their rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM campaigns_recipient WHERE campaign_id = ANY(%s) AND state = %s",
            [[campaign.pk for campaign in campaigns], state.value],
        )
        return int(cursor.fetchone()[0])


def _texts(campaigns: list[Campaign]) -> dict[int, list[Text]]:
    texts: dict[int, list[Text]] = {campaign.pk: [] for campaign in campaigns}
    parts = Part.objects.filter(campaign__in=texts).order_by("campaign", "position")
    for (campaign, _position), text in texts_of(parts).items():
        texts[campaign].append(text)
    return texts


def _people(channel: Channel, texts: dict[int, list[Text]]) -> Iterator[Person]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT r.id, r.campaign_id, r.address, r.state, r.part_states, cu.name
               FROM campaigns_recipient r
               JOIN conversations_contact k ON k.id = r.contact_id
               JOIN conversations_customer cu ON cu.id = k.customer_id
               WHERE r.channel_id = %s AND r.campaign_id = ANY(%s)""",
            [channel.pk, list(texts)],
        )
        while rows := cursor.fetchmany(PAGE):
            for id, campaign, address, state, parts, name in rows:
                yield Person(
                    id,
                    channel.account_id,
                    address.removeprefix("+"),
                    State(state),
                    tuple(PartState(part) for part in parts),
                    tuple(text.to(id, {"name": name}).strip() for text in texts[campaign]),
                )


def _arrivals(stack: Stack, channel: Channel) -> Iterator[Arrival]:
    for row in journal(stack, channel):
        yield Arrival(channel.account_id, row["recipient"], _text(row["body"]), row["attempt"])


def journal(stack: Stack, channel: Channel) -> Iterator[dict[str, Any]]:
    """Everything that arrived on the channel, as the sandbox has it."""
    account = next(
        one["channel_id"] if one["kind"] == "line" else one[_NAMES[one["kind"]]]
        for one in stack.sandbox("accounts")["results"]
        if channel.account_id in (one.get("bot_user_id"), one.get(_NAMES.get(one["kind"], "")))
    )
    after = -1
    while after is not None:
        page = stack.sandbox(f"journal?account={quote(account)}&limit={PAGE}&after={after}")
        yield from page["results"]
        after = page["next"]


_NAMES = {"whatsapp": "phone_number_id", "facebook": "page_id", "instagram": "ig_id"}


def _text(body: dict[str, object]) -> str:
    """LINE, Messenger and Instagram: `{"text": "…"}`; WhatsApp: `{"text": {"body": "…"}}`."""
    text = body.get("text", "")
    return str(text.get("body", "") if isinstance(text, dict) else text).strip()

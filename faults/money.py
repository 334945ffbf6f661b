"""What every part should have cost by the sandbox's journal, against what the product says became of its price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.db import connection

from billing.reconcile import ledger_differences
from campaigns.models import Campaign, PartState
from campaigns.reconcile import campaign_differences
from channels.adapters.base import ChannelKind
from channels.models import Channel
from faults.evidence import journal
from faults.stack import Stack
from tenants.scopes import tenant_scope

EXAMPLES = 5  # are kept for whoever looks into it
PAGE = 10_000  # people
REPORTED = frozenset({"sent", "delivered", "read"})  # the states whose report says what is billed

Place = tuple[int, int]  # recipient, part
Arrived = Mapping[Place, tuple[str, bool]]  # state, billable


@dataclass(frozen=True)
class Part:
    """As the product has it: `charge` as in `billing.parts`."""

    place: Place
    state: PartState
    price: int
    charge: int | None


@dataclass
class Balance:
    """Millionths that differ, whichever way."""

    difference: int = 0
    examples: list[str] = field(default_factory=list)

    def note(self, amount: int, words: str) -> None:
        self.difference += amount
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"money: {words}")


def balance(stack: Stack, campaigns: list[Campaign]) -> Balance:
    """Part by part, and the ledger as a whole."""
    found = Balance()
    for tenant in {campaign.tenant for campaign in campaigns}:
        with tenant_scope(tenant):
            for channel in Channel.objects.filter(kind=ChannelKind.WHATSAPP).order_by("pk"):
                arrived = dict(_arrived(stack, channel))
                for part in _parts(channel, campaigns):
                    _compare(part, arrived, found)
    ours = {campaign.tenant_id for campaign in campaigns}
    for difference in ledger_differences() + campaign_differences(everything=True):
        if difference.tenant_id in ours:
            found.note(difference.amount, str(difference))
    return found


def expected(part: Part, arrived: Arrived) -> int | None:
    """The charge that the journal speaks for. None: it is still held, for nothing has been told of it."""
    state, billable = arrived.get(part.place, ("", False))
    if state in REPORTED:
        return part.price if billable else 0
    if state == "accepted" or (not state and part.state in (PartState.UNCONFIRMED, PartState.ACCEPTED)):
        return None
    return 0


def _compare(part: Part, arrived: Arrived, found: Balance) -> None:
    should = expected(part, arrived)
    if should != part.charge:
        found.note(
            abs((should or 0) - (part.charge or 0)) or part.price,
            f"{part}, though {should} is right by the journal {arrived.get(part.place)}",
        )


def _arrived(stack: Stack, channel: Channel) -> Iterator[tuple[Place, tuple[str, bool]]]:
    for row in journal(stack, channel):
        recipient, part, _try = row["attempt"].split(".")
        yield (int(recipient), int(part)), (row["state"], row["billable"])


def _parts(channel: Channel, campaigns: list[Campaign]) -> Iterator[Part]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id, part_states, prices, charges FROM campaigns_recipient
               WHERE tenant_id = %s AND channel_id = %s AND campaign_id = ANY(%s) AND charges IS NOT NULL""",
            [channel.tenant_id, channel.pk, [campaign.pk for campaign in campaigns]],
        )
        while rows := cursor.fetchmany(PAGE):
            for id, states, prices, charges in rows:
                for place, (state, price, charge) in enumerate(zip(states, prices, charges, strict=True)):
                    if price:
                        yield Part((id, place), PartState(state), price, charge)

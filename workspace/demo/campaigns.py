"""Finished broadcasts of the demo: what the engine, the webhooks and the customers' answers would have left.

Every figure follows from the rows: counters are counted from the recipients, an answer is a message that the
customer wrote within a week of the broadcast.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db.models import Model

from campaigns.engine.reasons import key_of
from campaigns.models import (
    Campaign,
    Counter,
    DeliveryRank,
    Part,
    PartState,
    Recipient,
    Shard,
    ShardState,
    State,
    Status,
)
from campaigns.models import Moment as Look
from channels.adapters.base import ChannelKind, PartKind, Reason
from channels.models import Media
from tenants.models import Member
from tenants.numbers import next_number
from workspace.demo.conversations import Stored
from workspace.demo.script import JOINED_LATELY, LINE, LINE_NEWS, PREVIEW, STOPPED, TAIWAN, Moment
from workspace.demo.taps import store_taps

ANSWERED_WITHIN = timedelta(days=7)
FAILURES = {  # by the last digits of the number: reason, WhatsApp's code and words
    "26": (Reason.RECIPIENT_UNAVAILABLE, "131026", "Message undeliverable"),
    "47": (Reason.WINDOW_CLOSED, "131047", "Re-engagement message"),
    "49": (Reason.RECIPIENT_LIMITED, "131049", "Not delivered to maintain healthy ecosystem engagement"),
    "50": (Reason.OPTED_OUT, "131050", "Recipient has stopped receiving marketing messages"),
    "72": (Reason.RECIPIENT_EXPERIMENT, "130472", "User's number is part of an experiment"),
}
COUNTED = {
    State.WAITING: "waiting",
    State.SENDING: "sending",
    State.UNCONFIRMED: "unconfirmed",
    State.PARTIAL: "partial",
    State.FAILED: "failed",
    State.SKIPPED: "skipped",
    State.CANCELLED: "cancelled",
}
DELIVERED = {
    DeliveryRank.ACCEPTED: "accepted",
    DeliveryRank.DELIVERED: "delivered",
    DeliveryRank.READ: "read",
}


@dataclass(frozen=True)
class Broadcast:
    """`texts` and `picture` (a shape) are its parts in order; `accounts` whom it went to of the chats of
    `agent`, or of the whole team where `team`; `stopped_after` people it was called off."""

    agent: str
    at: Moment
    texts: tuple[str, ...]
    picture: str
    accounts: tuple[int, ...] = ()
    team: bool = False
    stopped_after: int | None = None


DEMO_BROADCASTS = (
    Broadcast(
        "manager@demo.test",
        LINE_NEWS,
        ("{{ name|您好 }}，新款玻璃花瓶到店囉！本週會員享九折，歡迎到店看看。",),
        "vase",
        (LINE,),
        team=True,
    ),
    Broadcast(
        "sales@demo.test",
        PREVIEW,
        (
            "Hi {{ name|there }}! Our autumn collection is here. 秋季新品開賣，週末到店滿額即贈檜木香氛蠟燭 🍂",
            "Reply to this message and I will keep one for you. 直接回覆就幫您保留！\n"
            "型錄 Catalogue: https://www.example.com/autumn\n交通 How to find us: https://www.example.org/lumi-map",
        ),
        "lamp",
    ),
    Broadcast(
        "jason@demo.test",
        STOPPED,
        ("台中店週末市集，現場手沖咖啡試飲☕️",),
        "dripper",
        (TAIWAN,),
        stopped_after=5,
    ),
)


def store_broadcasts(
    broadcasts: Sequence[Broadcast],
    stored: Sequence[Stored],
    members: Mapping[str, Member],
    pictures: Mapping[str, Media],
    now: datetime,
) -> None:
    """Write the campaigns, oldest first, inside the tenant's scope."""
    for broadcast in broadcasts:
        agent = members[broadcast.agent]
        start = broadcast.at.before(now, agent.tenant.zone)
        chosen = [each for each in stored if _was_chosen(each, broadcast, start)]
        _Writer(broadcast, agent, pictures[broadcast.picture], start).write(chosen, now)


def _was_chosen(stored: Stored, broadcast: Broadcast, start: datetime) -> bool:
    group = stored.chat.group
    mine = broadcast.team or group.assignee == broadcast.agent
    here = group.account in broadcast.accounts if broadcast.accounts else group.account not in JOINED_LATELY
    return mine and here and bool(group.assignee) and stored.chat.said[0].at < start


class _Writer:
    """One finished campaign. `row` is the campaign while its recipients are decided one after the other."""

    def __init__(self, broadcast: Broadcast, agent: Member, picture: Media, start: datetime) -> None:
        self.broadcast, self.agent, self.picture = broadcast, agent, picture
        self.start = start
        self.parts = len(broadcast.texts) + 1
        self.sent = 0

    def write(self, chosen: Sequence[Stored], now: datetime) -> None:
        stopped = self.broadcast.stopped_after is not None
        filters = {"status": "in_progress"} | ({} if self.broadcast.team else {"mine": True})
        self.row = Campaign.objects.create(
            tenant=self.agent.tenant,
            number=next_number(self.agent.tenant_id, "campaign"),
            status=Status.CANCELLED if stopped else Status.COMPLETED,
            reason="member" if stopped else "",
            created_by=self.agent,
            audience={"filter": filters},
            total=len(chosen),
            prepare_cursor=max(each.conversation.pk for each in chosen),
            currency=self.agent.tenant.currency,
            created_at=self.start - timedelta(seconds=9),
            started_at=self.start,
            finished_at=self.start + timedelta(seconds=41),
            settled_at=self.start + timedelta(hours=25),
        )
        Part.objects.bulk_create(self._parts())
        shards = {
            channel: Shard.objects.create(
                tenant=self.agent.tenant,
                campaign=self.row,
                channel_id=channel,
                state=ShardState.DONE,
                people=people,
            )
            for channel, people in Tally(each.conversation.channel_id for each in chosen).items()
        }
        recipients = [self._recipient(each, shards) for each in chosen]
        Recipient.objects.bulk_create(recipients)
        Counter.objects.bulk_create(self._counters(recipients))
        Look.objects.bulk_create(self._looks(recipients))
        store_taps(self.row, recipients, now)

    def _parts(self) -> list[Part]:
        of = {"tenant": self.agent.tenant, "campaign": self.row}
        texts = [
            Part(**of, position=place, kind=PartKind.TEXT, text=text)
            for place, text in enumerate(self.broadcast.texts)
        ]
        return [*texts, Part(**of, position=len(texts), kind=PartKind.IMAGE, media=self.picture)]

    def _recipient(self, stored: Stored, shards: Mapping[int, Shard]) -> Recipient:
        conversation, random = stored.conversation, Random(f"{self.row.number} {stored.chat.serial}")  # noqa: S311
        contact = conversation.contact
        recipient = Recipient(
            tenant=self.row.tenant,
            campaign=self.row,
            channel=conversation.channel,
            contact=contact,
            conversation=conversation,
            address=contact.address,
            fields={"name": stored.chat.name} if "name" in self.broadcast.texts[0] else {},
            part_states=[PartState.WAITING] * self.parts,
            prices=[0] * self.parts,
        )
        closes_at = self._window_at_start(stored)
        if closes_at is not None and closes_at < self.start:
            recipient.state, recipient.reason = State.SKIPPED, Reason.WINDOW_CLOSED
            return recipient
        recipient.shard, recipient.closes_at = shards[conversation.channel_id], closes_at
        if self.broadcast.stopped_after is not None and self.sent >= self.broadcast.stopped_after:
            recipient.state, recipient.reason = State.CANCELLED, Reason.CANCELLED
            return recipient
        self.sent += 1
        self._send(recipient, stored, random)
        return recipient

    def _window_at_start(self, stored: Stored) -> datetime | None:
        if stored.conversation.channel.kind == ChannelKind.LINE:
            return None
        before = [said.at for said in stored.chat.said if said.line.inbound and said.at < self.start]
        return max(before) + timedelta(hours=24)

    def _send(self, recipient: Recipient, stored: Stored, random: Random) -> None:
        at = self.start + timedelta(seconds=2 + self.sent * 0.11)
        times = [at + timedelta(milliseconds=180 * place) for place in range(self.parts)]
        recipient.part, recipient.lease, recipient.marked_at = self.parts, 1, at
        recipient.accepted_at = at
        recipient.sent_at = list(times)
        recipient.provider_ids = [
            f"demo-{self.row.number}-{stored.chat.serial}-{place}" for place in range(self.parts)
        ]
        if stored.chat.fate in FAILURES:
            self._fail(recipient, stored.chat.fate, at + timedelta(seconds=6))
            return
        recipient.state = State.ACCEPTED
        recipient.part_states = [PartState.ACCEPTED] * self.parts
        recipient.replied_at = self._answered(stored, at)
        if recipient.channel.kind == ChannelKind.WHATSAPP:
            self._report(recipient, times, random)

    def _report(self, recipient: Recipient, times: list[datetime], random: Random) -> None:
        """LINE reports nobody; of WhatsApp's people most read, some have only got it, a few were offline."""
        draw = random.random()
        if draw > 0.95 and recipient.replied_at is None:
            return
        later = timedelta(seconds=random.uniform(2, 40))
        recipient.delivered_at = [at + later for at in times]
        recipient.delivery = DeliveryRank.DELIVERED
        if draw < 0.66 or recipient.replied_at is not None:
            until = (recipient.replied_at or self.start + timedelta(hours=20)) - times[-1] - later
            seen = later + until * random.uniform(0.02, 0.9)
            recipient.read_at = [at + seen for at in times]
            recipient.delivery = DeliveryRank.READ

    def _fail(self, recipient: Recipient, fate: str, at: datetime) -> None:
        reason, code, words = FAILURES[fate]
        recipient.state = State.FAILED
        recipient.part_states = [PartState.FAILED] * self.parts
        recipient.failed_at = [at] * self.parts
        recipient.reason, recipient.provider_code, recipient.provider_answer = reason, code, words

    def _answered(self, stored: Stored, since: datetime) -> datetime | None:
        answers = [
            said.at
            for said in stored.chat.said
            if said.line.inbound and since < said.at < since + ANSWERED_WITHIN
        ]
        return min(answers, default=None)

    def _counters(self, recipients: Sequence[Recipient]) -> list[Counter]:
        by_channel: dict[int, Counter] = {}
        for recipient in recipients:
            counter = by_channel.setdefault(
                recipient.channel_id,
                Counter(tenant=self.row.tenant, campaign=self.row, channel_id=recipient.channel_id),
            )
            state, delivery = State(recipient.state), DeliveryRank(recipient.delivery)
            _add(counter, DELIVERED[delivery] if state is State.ACCEPTED else COUNTED[state])
            if key := key_of(state, recipient.reason, recipient.provider_code):
                counter.reasons[key] = counter.reasons.get(key, 0) + 1
            if recipient.replied_at is not None:
                _add(counter, "replied")
                _add(counter, "interacted")
        return list(by_channel.values())

    def _looks(self, recipients: Sequence[Recipient]) -> list[Look]:
        """As the sweep would have found it, looked at ever less often."""
        through = [row for row in recipients if row.state == State.ACCEPTED]
        times = [self.start + timedelta(seconds=15 * 1.25**n) for n in range(1, 40)]

        def until(at: datetime, reported: Sequence[datetime | None]) -> int:
            return sum(1 for time in reported if time is not None and time <= at)

        kept: list[Look] = []
        for at in times:
            figures = {
                "sent": until(at, [row.accepted_at for row in through]),
                "delivered": until(at, [_last(row.delivered_at) for row in through]),
                "read": until(at, [_last(row.read_at) for row in through]),
                "replied": until(at, [row.replied_at for row in recipients]),
            }
            if not kept or any(getattr(kept[-1], name) != value for name, value in figures.items()):
                kept.append(Look(tenant=self.row.tenant, campaign=self.row, at=at, **figures))
        return kept


def _last(times: Sequence[datetime | None] | None) -> datetime | None:
    return max((at for at in times or () if at is not None), default=None)


def _add(counter: Model, name: str) -> None:
    setattr(counter, name, getattr(counter, name) + 1)

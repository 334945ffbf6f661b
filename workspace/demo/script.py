"""Who wrote what to the demo's shop and when: a plan of every chat, before anything is stored.

The same for every installation apart from the clock: times count back from `now`, in hours when people write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from conversations.models import ConversationStatus
from workspace.demo.dialogues import ANSWERS, FIRST, GOODBYE, LATEST, Line
from workspace.demo.words import BRANCHES, DAYS, EN, PRODUCTS, TAGS, ZH, Product, names

# Last digits to which the sandbox gives a fate of its own (docs/sandbox.md).
FATES = ("26", "26", "26", "47", "49", "49", "50", "72")
FATEFUL = frozenset(FATES)


@dataclass(frozen=True)
class Moment:
    """A time of day, so many days before the demo is written."""

    days: int
    hour: int

    def before(self, now: datetime, zone: ZoneInfo) -> datetime:
        local = now.astimezone(zone) - timedelta(days=self.days)
        return local.replace(hour=self.hour, minute=2, second=0, microsecond=0)


# When the finished broadcasts went out.
PREVIEW = Moment(9, 15)  # sales@demo.test, to everybody of theirs
LINE_NEWS = Moment(16, 12)  # manager@demo.test, over LINE
STOPPED = Moment(9, 18)  # jason@demo.test, called off half way


@dataclass(frozen=True)
class Group:
    """`count` alike chats on one account. `market` is "hk" or "tw"; `chinese` is the share written in Chinese."""

    account: int
    count: int
    market: str
    chinese: float
    assignee: str = "sales@demo.test"
    status: ConversationStatus = ConversationStatus.IN_PROGRESS
    closed: int = 0  # so many with a closed reply window
    opted_out: int = 0
    fateful: int = 0  # so many whose number means a failure at the sandbox


LINE, HONG_KONG, TAIWAN, PAGE, INSTAGRAM = range(5)  # as in accounts.DEMO_ACCOUNTS
JOINED_LATELY = (PAGE, INSTAGRAM)  # after the finished broadcasts
IN_PROGRESS, PENDING, ENDED = (
    ConversationStatus.IN_PROGRESS,
    ConversationStatus.PENDING,
    ConversationStatus.ENDED,
)
DEMO_GROUPS = (
    Group(LINE, 88, "tw", 0.75, opted_out=3),
    Group(HONG_KONG, 84, "hk", 0.4, closed=12, opted_out=3, fateful=5),
    Group(TAIWAN, 52, "tw", 0.85, closed=8, opted_out=2, fateful=3),
    Group(LINE, 22, "tw", 0.8, "ivy@demo.test"),
    Group(HONG_KONG, 14, "hk", 0.4, "ivy@demo.test", closed=3),
    Group(TAIWAN, 20, "tw", 0.9, "jason@demo.test", closed=2),
    Group(HONG_KONG, 8, "hk", 0.3, "manager@demo.test"),
    Group(LINE, 9, "tw", 0.7, "", PENDING),
    Group(HONG_KONG, 9, "hk", 0.4, "", PENDING),
    Group(LINE, 26, "tw", 0.8, status=ENDED),
    Group(HONG_KONG, 24, "hk", 0.4, status=ENDED, closed=24),
    Group(TAIWAN, 14, "tw", 0.9, "ivy@demo.test", ENDED, closed=14),
    # New ones only at the end: a chat's place decides who it is.
    Group(PAGE, 34, "hk", 0.45, closed=5, opted_out=2, fateful=3),
    Group(INSTAGRAM, 30, "tw", 0.7, closed=4, opted_out=1, fateful=2),
    Group(PAGE, 6, "hk", 0.4, "ivy@demo.test"),
    Group(PAGE, 5, "hk", 0.5, "", PENDING),
    Group(INSTAGRAM, 6, "tw", 0.8, "jason@demo.test", ENDED, closed=6),
)
OTHER_GROUPS = (
    Group(0, 8, "hk", 0.4, "sales@other.test"),
    Group(1, 12, "hk", 0.4, "sales@other.test", closed=2),
)


@dataclass(frozen=True)
class Said:
    at: datetime
    line: Line
    text: str


@dataclass(frozen=True)
class Chat:
    """One customer's whole history with the shop."""

    group: Group
    serial: int
    name: str
    language: str
    product: Product
    tags: tuple[str, ...]
    fate: str  # last digits of the number, or ""
    closed: bool  # wrote too long ago
    opted_out: bool
    said: list[Said] = field(default_factory=list)


def plan_chats(groups: Sequence[Group], now: datetime, zone: ZoneInfo) -> list[Chat]:
    """All chats of a team, oldest first."""
    total = sum(group.count for group in groups)
    waiting_names = {language: iter(names(total, language)) for language in (EN, ZH)}
    chats: list[Chat] = []
    for group in groups:
        fates = iter(FATES[: group.fateful] if group.account == HONG_KONG else FATES[-group.fateful or 8 :])
        for place in range(group.count):
            random = Random(f"chat {len(chats)}")  # noqa: S311  the same for every installation
            language = ZH if random.random() < group.chinese else EN
            closed = place >= group.count - group.closed
            fateful = (
                group.closed + group.opted_out
                <= group.count - 1 - place
                < (group.closed + group.opted_out + group.fateful)
            )
            chat = Chat(
                group=group,
                serial=len(chats),
                name=next(waiting_names[language]),
                language=language,
                product=random.choice(PRODUCTS),
                tags=tuple(sorted(random.sample(TAGS, random.choice((0, 1, 1, 2))))),
                fate=next(fates, "") if fateful else "",
                closed=closed,
                opted_out=not closed and place >= group.count - group.closed - group.opted_out,
            )
            chat.said.extend(_history(chat, random, now, zone))
            chats.append(chat)
    return sorted(chats, key=lambda chat: chat.said[0].at)


def _history(chat: Chat, random: Random, now: datetime, zone: ZoneInfo) -> Iterator[Said]:
    """Regulars wrote weeks ago and some answered a broadcast; everybody wrote last within a day or, with a
    closed window, a day and more ago."""
    regular = chat.closed or bool(chat.fate) or random.random() < 0.6
    if regular:
        first = _first_time(chat, random, now, zone)
        yield from _spread(chat, random.choice(FIRST[chat.language]), first, random)
        if not chat.fate and chat.group.account not in JOINED_LATELY and random.random() < 0.2:
            broadcast = LINE_NEWS if chat.group.account == LINE else PREVIEW
            minutes = random.choice((random.uniform(12, 420), random.uniform(1200, 1680)))
            answer = broadcast.before(now, zone) + timedelta(minutes=minutes)
            yield from _spread(chat, random.choice(ANSWERS[chat.language]), answer, random)
    last = _last_time(chat.closed, random, now, zone)
    if chat.opted_out:
        script: tuple[Line, ...] = GOODBYE[chat.language]
    else:
        script = random.choice((LATEST if regular else FIRST)[chat.language])
    if chat.group.status == PENDING:
        script = script[:1]
    yield from _spread(chat, script, last, random, ends=True)


def _first_time(chat: Chat, random: Random, now: datetime, zone: ZoneInfo) -> datetime:
    """Long ago on LINE, within the week on accounts that joined lately; on WhatsApp mostly within the day before
    the broadcast, so that its window was open."""
    if chat.group.account in JOINED_LATELY:
        return Moment(random.randint(3, 7), 10).before(now, zone) + timedelta(hours=random.uniform(0, 9))
    if chat.group.account == LINE:
        return Moment(random.randint(18, 26), 11).before(now, zone) + timedelta(hours=random.uniform(0, 9))
    late = chat.fate or random.random() > 0.08
    hours = (
        random.choice((random.uniform(0.5, 4.5), random.uniform(18.5, 23)))
        if late
        else random.uniform(26, 29)
    )
    return PREVIEW.before(now, zone) - timedelta(hours=hours)


def _last_time(closed: bool, random: Random, now: datetime, zone: ZoneInfo) -> datetime:
    """Under 22 hours ago while windows are open, else 26 to 46, and in hours when people are awake if any are."""
    soonest, latest = (26 * 60, 46 * 60) if closed else (15, 22 * 60)
    for _try in range(60):
        at = now - timedelta(minutes=random.uniform(soonest, latest))
        if 9 <= at.astimezone(zone).hour < 23:
            break
    return at


def _spread(
    chat: Chat, script: Sequence[Line], at: datetime, random: Random, *, ends: bool = False
) -> Iterator[Said]:
    """The script's lines some minutes apart, from `at` on, or up to `at` where it `ends` there."""
    gaps = [0.0, *(random.uniform(0.4, 9 if line.inbound else 6) for line in script[1:])]
    start = at - timedelta(minutes=sum(gaps)) if ends else at
    words = _words(chat, random)
    for gap, line in zip(gaps, script, strict=True):
        start += timedelta(minutes=gap)
        yield Said(start, line, line.text.format_map(words))


def _words(chat: Chat, random: Random) -> dict[str, str]:
    chinese = chat.language == ZH
    hong_kong = chat.group.market == "hk"
    price = f"HK${chat.product.hkd:,}" if hong_kong else f"NT${chat.product.twd:,}"
    return {
        "product": chat.product.called(chat.language),
        "price": price,
        "branch": random.choice(BRANCHES[chat.group.market])[chinese],
        "day": random.choice(DAYS)[chinese],
        "name": chat.name if chinese else chat.name.partition(" ")[0],
    }

"""A million people from end to end on one machine: prepared, sent, and every report of every message absorbed.

The product runs as its own processes, as `demo` starts them; the sandbox is the provider, without its limits, and posts
signed deliveries of sent, delivered and read for each message. Messages have a price, which is reserved and captured.
Meanwhile somebody looks at the campaign's page and asks for it by the API, all the time, and the memory of every web
and worker process is watched. At the end every person, report and cent is looked up in the database, and the sandbox
must have had everybody once.

Measured once, whatever the number of runs; it takes long, so it runs only when it is named.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from bench.goals import GOALS, Line
from bench.machine import Machine
from bench.memory import Memory, Peak
from bench.million.asking import Asked, Asker, Look
from bench.patience import until
from bench.running import whole
from bench.shop import Shop
from billing.models import Reservation
from broadcaster.embedded.asking import ask_sandbox
from campaigns.engine.recount import differences
from campaigns.models import Campaign, Status
from channels.adapters.base import ChannelKind
from channels.models import Arrival
from tenants.scopes import tenant_scope
from tenants.tokens import create_api_token
from workspace.demo.credit import ensure_prices

PEOPLE = 1_000_000
REPORTS = 3  # sent, delivered, read
MOST_PRICE = 100_000  # millionths: more than any message to them costs
LONGEST_MS, USUAL_MS = 2_000.0, 500.0  # of a page or an answer: the slowest, and the median
MOST_MB = 500.0
LOOK_EVERY_S = 1.0  # at memory
BROWSER, PROGRAM = "page", "api"


@dataclass(frozen=True)
class Course:
    """Seconds from the launch to the end of each phase."""

    prepared: float
    sent: float
    absorbed: float


@dataclass(frozen=True)
class Standing:
    """The campaign by its counters, and how far its recipients are written."""

    status: str
    open: int
    read: int
    written: int


def benchmark(machine: Machine, wanted: Collection[str], runs: int, share: float) -> Iterator[Line]:
    people = max(1, int(PEOPLE * share))
    call_command("build_css", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    shop = Shop.open("million")
    channel = shop.account(ChannelKind.WHATSAPP)
    shop.chats(channel, people)
    ensure_prices()
    shop.pay(people * MOST_PRICE)
    with whole(machine) as product:
        shop.introduce(channel, free_service=0)
        memory = Memory(product.ours)
        campaign = shop.campaign(channel)
        asker = Asker(_looks(machine, shop, campaign))
        before = product.cpu()
        with asker.asking():
            course = _follow(campaign, people, memory)
        cost = product.cpu().each(before, people)
        accepted, absorbed = _check(machine, shop, campaign, people)
    asked = asker.result()
    lines = [
        Line(GOALS["million.sent"], accepted, people, accepted / people, note=_pace(course, people)),
        Line(
            GOALS["million.absorbed"],
            absorbed,
            people * REPORTS,
            absorbed / people / REPORTS,
            note=f"{_behind(course)}; {cost}",
        ),
        _quick("million.page", asked[BROWSER]),
        _quick("million.api", asked[PROGRAM]),
        _small(memory.largest()),
    ]
    yield from (line for line in lines if line.goal.name in wanted)


def _looks(machine: Machine, shop: Shop, campaign: Campaign) -> list[Look]:
    """The campaign's page, and by the API the campaign and its people, as the owner."""
    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(shop.member.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    with tenant_scope(shop.tenant):
        _token, secret = create_api_token(shop.member, name="benchmark")
    browser = {"Cookie": f"{cookie.key}={cookie.value}"}
    program = {"Authorization": f"Bearer {secret}"}
    api = f"{machine.web_url}/api/v1/campaigns/{campaign.number}"
    return [
        Look(BROWSER, machine.web_url + reverse("campaigns:detail", args=[campaign.number]), browser),
        Look(PROGRAM, api, program),
        Look(PROGRAM, f"{api}/recipients", program),
    ]


def _follow(campaign: Campaign, people: int, memory: Memory) -> Course:
    """Until every report is absorbed, looking at the processes' memory all the while."""
    begun = time.monotonic()
    looked = 0.0

    def moves() -> Standing:
        nonlocal looked
        if time.monotonic() >= looked + LOOK_EVERY_S:
            memory.look()
            looked = time.monotonic()
        return _standing(campaign)

    def reached(condition: Callable[[Standing], bool], what: str) -> float:
        until(lambda: condition(_standing(campaign)), moves, what)
        return time.monotonic() - begun

    course = Course(
        reached(lambda now: now.status != Status.PREPARING, "the end of preparing"),
        reached(lambda now: not now.open and now.status != Status.RUNNING, "the end of sending"),
        reached(lambda now: now.read == people, "the last report"),
    )
    memory.look()
    return course


def _standing(campaign: Campaign) -> Standing:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.status, coalesce(sum(n.waiting + n.sending), 0), coalesce(sum(n.read), 0),
                      (SELECT coalesce(max(r.id), 0) FROM campaigns_recipient r)
               FROM campaigns_campaign c LEFT JOIN campaigns_counter n ON n.campaign_id = c.id
               WHERE c.id = %s GROUP BY c.id""",
            [campaign.pk],
        )
        status, *figures = cursor.fetchone()
    return Standing(status, *map(int, figures))


def _check(machine: Machine, shop: Shop, campaign: Campaign, people: int) -> tuple[int, int]:
    """People accepted and reports applied, by their own rows; counters, money and the provider must agree."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FILTER (WHERE state = 3), count(sent_at[1]) + count(delivered_at[1]) + count(read_at[1])
               FROM campaigns_recipient WHERE campaign_id = %s""",
            [campaign.pk],
        )
        accepted, absorbed = cursor.fetchone()
    with tenant_scope(shop.tenant):
        assert differences(shop.tenant.pk, campaign.pk) == []
        campaign.refresh_from_db()
        hold = Reservation.objects.get(subject=campaign.subject)
    assert campaign.status == Status.COMPLETED, campaign.status
    assert hold.captured > 0, "nothing was paid for"
    assert hold.captured % people == hold.open == 0, f"{hold.captured} captured, {hold.open} held"
    assert not Arrival.objects.exists()
    summary = ask_sandbox(machine.sandbox_url, "summary")
    arrived = [summary[figure] for figure in ("accepted", "people", "duplicates")]
    assert arrived == [people, people, 0], summary
    return accepted, absorbed


def _pace(course: Course, people: int) -> str:
    sending = course.sent - course.prepared
    return (
        f"prepared in {course.prepared:,.0f} s ({people / course.prepared:,.0f}/s),"
        f" sent in {sending:,.0f} s ({people / sending:,.0f}/s)"
    )


def _behind(course: Course) -> str:
    late = course.absorbed - course.sent
    return f"the last {late:,.0f} s after the last message, {course.absorbed:,.0f} s after the launch"


def _quick(name: str, asked: Asked) -> Line:
    """The slowest answer decides; the median must be a quarter of what that may take."""
    worst = asked.worst * 1000
    held = asked.median * 1000 <= USUAL_MS
    return Line(GOALS[name], worst, LONGEST_MS, worst / LONGEST_MS, held=held, note=asked.text)


def _small(peaks: Mapping[str, Peak]) -> Line:
    """Resident memory decides: it counts what is shared in every process, so it is never too little."""
    largest = max(peak.resident for peak in peaks.values())
    note = ", ".join(
        f"{name} {peak.resident:.0f} ({peak.proportional:.0f} proportional)" for name, peak in peaks.items()
    )
    return Line(GOALS["million.memory"], largest, MOST_MB, largest / MOST_MB, note=note)

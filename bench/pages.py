"""Pages at size: the campaign page at a million recipients, the inbox list at a hundred thousand chats.

Each is asked through the whole stack of middleware, signed in, in one process, and timed against the same page at a
small size: the ratio says what size costs. Time is that of the processor, PostgreSQL included, so that neighbours on
the machine do not count; the median of several requests.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from bench.goals import GOALS, Line
from bench.machine import Machine
from bench.measure import Clock, median
from bench.shop import Shop, settle_down
from campaigns.engine.reasons import counted_sql, key_sql
from campaigns.engine.recount import differences
from campaigns.models import Campaign
from channels.adapters.base import ChannelKind

REQUESTS = 10  # timed together: PostgreSQL's time is told in ticks of 10 ms
MANY_RECIPIENTS, FEW_RECIPIENTS = 1_000_000, 100
MANY_CHATS, FEW_CHATS = 100_000, 1_000
FAILED_EVERY = 50  # one of so many recipients failed, for one of three reasons
FILTERS = (
    "?mine=true&status=in_progress",
    "?status=in_progress",
    "?status=in_progress&channel=whatsapp",
    "?window=open",
    "?unread=true",
)


def benchmark(machine: Machine, wanted: Collection[str], runs: int, share: float) -> Iterator[Line]:
    call_command("build_css", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    if "page.campaign_1m" in wanted:
        yield _line(
            "page.campaign_1m",
            machine,
            _campaign(int(MANY_RECIPIENTS * share)),
            _campaign(FEW_RECIPIENTS),
            runs,
        )
    if "page.inbox_100k" in wanted:
        yield _line("page.inbox_100k", machine, _inbox(int(MANY_CHATS * share)), _inbox(FEW_CHATS), runs)


class Pages:
    """Pages of one team, asked as its owner."""

    def __init__(self, shop: Shop, addresses: list[str]) -> None:
        self._client = Client(HTTP_HOST="127.0.0.1")  # one of ALLOWED_HOSTS
        self._client.force_login(
            shop.member.user, backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        self._addresses = addresses

    def ask(self, machine: Machine) -> float:
        """Milliseconds of processor time for a page."""
        clock = Clock(machine.services)
        for _ in range(REQUESTS):
            for address in self._addresses:
                answer = self._client.get(address)
                assert answer.status_code == 200, f"{address}: {answer.status_code}"
        asked = REQUESTS * len(self._addresses)
        return clock.run(asked).cpu / asked * 1000


def _line(name: str, machine: Machine, large: Pages, small: Pages, runs: int) -> Line:
    for pages in (large, small):
        pages.ask(machine)  # templates are compiled, caches filled
    pairs = [(large.ask(machine), small.ask(machine)) for _ in range(runs)]
    return Line(
        GOALS[name],
        median(one for one, _other in pairs),
        median(other for _one, other in pairs),
        median(one / other for one, other in pairs),
    )


def _campaign(people: int) -> Pages:
    """A campaign that is through: most read, some failed, its counters as the engine would leave them."""
    shop = Shop.open(f"campaign-{people}")
    channel = shop.account(ChannelKind.WHATSAPP)
    shop.chats(channel, people)
    campaign = shop.prepared(channel)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_recipient SET"
            " state = CASE WHEN id %% %(every)s = 0 THEN 5 ELSE 3 END,"
            " delivery = CASE WHEN id %% %(every)s = 0 THEN 0 ELSE 2 END,"
            " reason = CASE WHEN id %% %(every)s = 0 THEN 'undeliverable' ELSE '' END,"
            " provider_code = CASE WHEN id %% %(every)s = 0 THEN (131026 + id / %(every)s %% 3)::text ELSE '' END,"
            " part_states = CASE WHEN id %% %(every)s = 0 THEN '{4}'::smallint[] ELSE '{3}' END"
            " WHERE campaign_id = %(campaign)s",
            {"every": FAILED_EVERY, "campaign": campaign.pk},
        )
        cursor.execute(
            f"""UPDATE campaigns_counter c SET waiting = 0, read = n.read, failed = n.failed, reasons = n.reasons
                FROM (SELECT count(*) FILTER (WHERE state = 3) AS read, count(*) FILTER (WHERE state = 5) AS failed,
                             {counted_sql(key_sql("r"))} AS reasons
                      FROM campaigns_recipient r WHERE campaign_id = %(campaign)s) AS n
                WHERE c.campaign_id = %(campaign)s""",  # noqa: S608  (our own SQL)
            {"campaign": campaign.pk},
        )
    assert not differences(shop.tenant.pk, campaign.pk)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE campaigns_shard SET state = 2 WHERE campaign_id = %s", [campaign.pk])
        cursor.execute(
            "UPDATE campaigns_campaign SET status = 'completed', finished_at = now() WHERE id = %s",
            [campaign.pk],
        )
    settle_down()
    return Pages(shop, [_address(campaign)])


def _address(campaign: Campaign) -> str:
    return reverse("campaigns:detail", args=[campaign.number])


def _inbox(chats: int) -> Pages:
    shop = Shop.open(f"inbox-{chats}")
    channel = shop.account(ChannelKind.WHATSAPP)
    shop.chats(channel, chats)
    return Pages(shop, [f"/inbox/{query}" for query in FILTERS])

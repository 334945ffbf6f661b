"""One fault: its broadcasts, what was in flight at each blow, and the verdict."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from django.db import OperationalError, connection

from campaigns.engine.recount import differences
from campaigns.engine.tally import TERMS
from campaigns.engine.times import SMALLEST_WINDOW
from campaigns.models import Campaign, State, Status
from channels.models import Arrival
from channels.webhooks import held
from faults.evidence import counted, examine
from faults.money import balance
from faults.people import META, Shop, open_shop, shared
from faults.proxy import PASS
from faults.stack import CRASHED, CUT_OFF, LOST, Stack, Worker

PATIENCE_LEASES = 20  # without anything moving
ENDED = (Status.COMPLETED, Status.CANCELLED, Status.REFUSED)
MOST_OF_A_NAME = 40  # characters; the rest of a team's slug is a number and the time
PACE = 400.0  # requests a second and channel, unless a fault says otherwise


class FaultFailed(Exception):
    """The fault did not take place as described, or something it waits for never came."""


@dataclass(frozen=True)
class Line:
    """What is printed of a fault; docs/faults.md explains the fields. `seconds` say how long it took, nothing more."""

    name: str
    people: int = 0
    lost: int = 0
    duplicates: int = 0
    unconfirmed: int = 0
    unconfirmed_after_settling: int = 0
    ledger_difference: int | None = None
    seconds: float = 0.0
    passed: bool = False

    def __str__(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Standing:
    """A broadcast: `open` people are still to be reached, `counted` is everybody in its counters."""

    tenant: int
    campaign: int
    status: str
    total: int
    open: int
    counted: int


def slug_of(fault: str, team: int) -> str:
    """Of one of the teams of a fault, at whatever time it runs."""
    return f"{fault[:MOST_OF_A_NAME]}-{team}-{int(time.time() * 1000)}"


class Trial:
    """What a fault is given to work with."""

    def __init__(self, stack: Stack, name: str, scale: float = 1.0) -> None:
        self.stack = stack
        self.name = name
        self.scale = scale  # of the numbers of people
        self.campaigns: list[Campaign] = []
        self.may_be_unconfirmed = 0
        self._begun = time.monotonic()
        self._shops = 0
        self.pace = 0.0
        self._logged = {what: stack.logged(what) for what in (CRASHED, CUT_OFF, LOST)}
        stack.sandbox("reset", {"people": True})
        stack.proxy.behave(lambda message: PASS)
        stack.relay.behave(lambda sent: None)
        self.scenario(magic_numbers=False, rate_limits=False)

    # --- preparing ----------------------------------------------------------------------------------------------

    def scenario(self, **values: object) -> None:
        self.stack.sandbox("scenario", values)

    def shop(self, people: int, *, pace: float = PACE) -> Shop:
        """A new team with that many people over all four channels."""
        self._shops += 1
        self.pace = max(self.pace, pace)
        return open_shop(slug_of(self.name, self._shops), shared(int(people * self.scale)), pace=pace)

    def broadcast(self, people: int, *, pace: float = PACE, parts: int = 2) -> Campaign:
        """A new team's broadcast to all of its people."""
        return self.launch(self.shop(people, pace=pace), parts=parts)

    def launch(self, shop: Shop, *, parts: int = 2) -> Campaign:
        campaign = shop.launch(*self.texts(parts))
        self.campaigns.append(campaign)
        return campaign

    def texts(self, parts: int) -> list[str]:
        """The first with the person's name, all of them of this broadcast alone."""
        mark = f"{self.name} {len(self.campaigns) + 1}"
        rest = [f"{mark}, part {part + 1}" for part in range(1, parts)]
        return [f"Hello {{{{ name|there }}}}, this is {mark}", *rest]

    def workers(self, *wanted: Worker) -> None:
        self.stack.run_workers(*(wanted or (Worker(),)))

    # --- watching -----------------------------------------------------------------------------------------------

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for the condition, as long as the broadcasts move. Raises FaultFailed."""
        moved, seen = time.monotonic(), ""
        while True:
            try:
                if condition():
                    return
                now = str(self.standing())
            except OperationalError:  # the database is what some faults take away
                connection.close()
                now = seen
            if now != seen:
                moved, seen = time.monotonic(), now
            elif time.monotonic() > moved + PATIENCE_LEASES * self.stack.lease_s:
                raise FaultFailed(f"{what} never came: {now}")
            time.sleep(0.02)  # between two looks at what other processes do; PATIENCE_LEASES end them

    @property
    def left(self) -> float:
        """The share of all people who still wait or are being sent to; 1 before they are prepared."""
        standing = self.standing()
        total = sum(one.total for one in standing)
        if not total or any(one.status == Status.PREPARING for one in standing):
            return 1.0
        return sum(one.open for one in standing) / total

    def until_left(self, share: float) -> None:
        """Until no more than this share of everybody is still to be reached."""
        self.until(lambda: self.left <= share, f"{share:.0%} left")

    @property
    def ended(self) -> bool:
        return all(one.status in ENDED for one in self.standing())

    def note_in_flight(self) -> int:
        """After a blow: who is being sent to on Meta's channels right now may end as unconfirmed."""
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT count(*) FROM campaigns_recipient r JOIN channels_channel ch ON ch.id = r.channel_id
                   WHERE r.campaign_id = ANY(%s) AND r.state = %s AND ch.kind = ANY(%s)""",
                [[campaign.pk for campaign in self.campaigns], State.SENDING.value, list(META)],
            )
            (in_flight,) = cursor.fetchone()
        self.may_be_unconfirmed += in_flight
        return int(in_flight)

    def standing(self) -> list[Standing]:
        """Every broadcast of this fault, by its maintained counters."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"""SELECT c.tenant_id, c.id, c.status, c.total, coalesce(sum(n.waiting + n.sending), 0),
                           coalesce(sum({" + ".join(f"n.{term}" for term in TERMS)}), 0)
                    FROM campaigns_campaign c LEFT JOIN campaigns_counter n ON n.campaign_id = c.id
                    WHERE c.id = ANY(%s) GROUP BY c.id ORDER BY c.id""",  # noqa: S608
                [[campaign.pk for campaign in self.campaigns]],
            )
            return [Standing(*map(_plain, row)) for row in cursor.fetchall()]

    # --- judging ------------------------------------------------------------------------------------------------

    def verdict(self) -> Line:
        """Wait until everything has ended and settled, then compare. Raises FaultFailed."""
        self.until(lambda: self.ended, "the end of the broadcasts")
        unconfirmed = counted(self.campaigns, State.UNCONFIRMED)
        complaints = self._settle()
        findings = examine(self.stack, self.campaigns)
        summary = self.stack.sandbox("summary")
        complaints += findings.examples
        if summary["duplicates"] != findings.duplicates:
            complaints.append(f"the sandbox counts {summary['duplicates']} duplicates")
        if unconfirmed > (most := self._most_in_doubt()):
            complaints.append(f"unconfirmed: {unconfirmed}, though at most {most} were in flight")
        if summary["changed_retries"]:
            complaints.append(f"LINE keys with another body: {summary['changed_retries']}")
        complaints += self._miscounted()
        money = balance(self.stack, self.campaigns)
        complaints += money.examples
        for complaint in complaints:
            sys.stderr.write(f"{self.name}: {complaint}\n")
        return Line(
            self.name,
            findings.people,
            findings.lost,
            max(findings.duplicates, summary["duplicates"]),
            unconfirmed,
            findings.doubtful + findings.unsettled,
            money.difference,
            round(time.monotonic() - self._begun, 1),
            findings.clean and findings.people > 0 and not complaints,
        )

    def _settle(self) -> list[str]:
        try:
            self.until(self._settled, "the last report")
        except FaultFailed as error:
            return [f"{error} {self.stack.sandbox('summary')['webhooks']} {Arrival.objects.count()} arrivals"]
        return []

    def no_task_may_crash(self) -> None:
        """Raises FaultFailed where one ended by an exception since the fault began."""
        if crashed := self._since(CRASHED):
            raise FaultFailed(f"{crashed} tasks crashed; see the workers' logs (--logs)")

    def _since(self, what: str) -> int:
        return self.stack.logged(what) - self._logged[what]

    def _most_in_doubt(self) -> int:
        """Who was in flight at the blows, and what a machine too busy for these times did besides: answers that came
        too late, slices cut off with at most one window in flight and one marked on each channel."""
        cut_off = self._since(CUT_OFF) * 2 * len(META) * self.window
        return self.may_be_unconfirmed + self._since(LOST) + cut_off

    @property
    def window(self) -> int:
        """The most requests of one channel that are in flight at once."""
        return max(SMALLEST_WINDOW, int(self.pace * self.stack.answer_s * 1.2))

    def _settled(self) -> bool:
        """Every report was delivered and absorbed, and none waits for its message to become known."""
        if self.stack.sandbox("summary")["webhooks"]["waiting"] or Arrival.objects.exists():
            return False
        return not held.anything_due() and self._all_known()

    def _all_known(self) -> bool:
        """Cheap where nobody is in doubt; else whoever is must not stand in the journal."""
        if not counted(self.campaigns, State.UNCONFIRMED):
            return True
        return not examine(self.stack, self.campaigns).unsettled

    def _miscounted(self) -> list[str]:
        wrong = []
        for one in self.standing():
            if found := differences(one.tenant, one.campaign):
                wrong.append(f"counters of {one.campaign}: {found}")
            if one.counted != one.total:
                wrong.append(f"{one.campaign} adds up to {one.counted} of {one.total}")
        return wrong

    def abandon(self) -> None:
        """Nothing of a fault that failed may go on beside the next one."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE campaigns_campaign SET status = 'cancelled' WHERE id = ANY(%s) AND status <> ALL(%s)",
                [[campaign.pk for campaign in self.campaigns], [status.value for status in ENDED]],
            )


def _plain(value: Any) -> Any:
    """PostgreSQL's sums are decimals."""
    return value if isinstance(value, str) else int(value)

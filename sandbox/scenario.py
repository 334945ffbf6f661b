"""How the providers behave: delays, faults, webhooks out of order, people with a fate of their own."""

import random
import time
from collections import Counter
from dataclasses import asdict, dataclass, field, fields, replace
from enum import Enum
from typing import Any


class BadScenario(ValueError):
    """A scenario has an unknown key or a value of the wrong kind."""


class Fault(Enum):
    """What goes wrong with one request."""

    NONE = "none"
    THROTTLED = "throttled"
    ERROR = "error"
    CUT = "cut"
    HANG = "hang"


@dataclass(frozen=True, slots=True)
class Scenario:
    """Behaviour of all accounts, or of one. Rates are shares of requests, 0 to 1; times in milliseconds."""

    latency_ms: float = 0
    jitter_ms: float = 0
    error_rate: float = 0  # HTTP 500 without a JSON body
    cut_rate: float = 0  # the connection is closed without an answer
    hang_rate: float = 0  # the answer never comes
    throttle_rate: float = 0  # the provider's 429, nothing accepted
    outage_ms: float = 0  # for so long every request is an error …
    outage_after: int = 0  # … from the one after so many on
    accepted_share: float = 0.5  # of the errors, cuts and hangs: what was accepted all the same
    rate_limits: bool = True
    magic_numbers: bool = True  # outcomes by the last digits of a WhatsApp number
    token_revoked: bool = False
    account_error: int = 0  # Graph: this code answers every send, as 131042 for a payment problem
    recipients: dict[str, str] = field(default_factory=dict)  # address -> outcome, see docs/sandbox.md
    line_unknown_ids: str = "deliver"  # or "drop", "refuse": well-formed LINE ids nobody registered
    retry_key_s: float = 86_400
    webhook_delay_ms: float = 300
    webhook_duplicates: float = 0  # extra copies of each update; 0.5 = every other one twice
    webhook_shuffle: bool = False
    webhook_batch: int = 100  # updates in one POST at most
    webhook_forge_rate: float = 0  # shares of POSTs that go out once more with a wrong signature
    webhook_retry_s: float = 3_600  # how long a refused POST is tried again
    delivery_mids: float = 1.0  # share of Messenger's deliveries that name the messages beside the watermark
    instagram_metadata: bool = False  # whether Instagram's echoes bring the metadata back
    delivered_share: float = 1.0
    read_share: float = 0.6

    def changed(self, changes: dict[str, Any]) -> "Scenario":
        """This scenario with some values replaced. Raises BadScenario."""
        known = {f.name: getattr(self, f.name) for f in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise BadScenario(f"unknown key {name!r}; known: {', '.join(known)}")
            if not _fits(known[name], value):
                raise BadScenario(f"{name} must be a {type(known[name]).__name__}, not {value!r}")
        if "recipients" in changes:
            plain = {_plain(address): outcome for address, outcome in changes["recipients"].items()}
            changes = {**changes, "recipients": plain}
        return replace(self, **changes)

    def latency_s(self) -> float:
        if not self.latency_ms and not self.jitter_ms:
            return 0.0
        return max(0.0, self.latency_ms + random.uniform(-self.jitter_ms, self.jitter_ms)) / 1000

    def draw(self) -> Fault:
        """What goes wrong with the next request."""
        if not (self.throttle_rate or self.error_rate or self.cut_rate or self.hang_rate):
            return Fault.NONE
        point = random.random()
        for fault, rate in (
            (Fault.THROTTLED, self.throttle_rate),
            (Fault.ERROR, self.error_rate),
            (Fault.CUT, self.cut_rate),
            (Fault.HANG, self.hang_rate),
        ):
            if point < rate:
                return fault
            point -= rate
        return Fault.NONE

    def accepts_all_the_same(self) -> bool:
        """Whether a request that gets no proper answer was accepted before."""
        return random.random() < self.accepted_share

    def copies(self) -> int:
        """How many extra copies of one update go out."""
        whole = int(self.webhook_duplicates)
        return whole + (random.random() < self.webhook_duplicates - whole)


def _plain(address: str) -> str:
    """A phone number as the sandbox keeps it; LINE's user ids stay as they are."""
    return address.removeprefix("+").replace(" ", "")


def _fits(default: object, value: object) -> bool:
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, int | float):
        return isinstance(value, int | float) and value >= 0
    return isinstance(value, type(default))


class Scenarios:
    """The scenario of everybody and the exceptions of single accounts."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.common = Scenario()
        self._changes: dict[str, dict[str, Any]] = {}
        self._own: dict[str, Scenario] = {}
        self._begin_again()

    def _begin_again(self) -> None:
        """Outages are counted from now on."""
        self._asked: Counter[str] = Counter()
        self._out_since: dict[str, float] = {}

    def of(self, account: str) -> Scenario:
        return self._own.get(account, self.common)

    def fault(self, account: str) -> Fault:
        """What goes wrong with the account's next request."""
        scenario = self.of(account)
        return Fault.ERROR if self._is_out(account, scenario) else scenario.draw()

    def _is_out(self, account: str, scenario: Scenario) -> bool:
        if not scenario.outage_ms:
            return False
        self._asked[account] += 1
        if self._asked[account] <= scenario.outage_after:
            return False
        now = time.monotonic()
        return now - self._out_since.setdefault(account, now) < scenario.outage_ms / 1000

    def change(self, changes: dict[str, Any]) -> None:
        """Apply `{key: value, …, "accounts": {account: {key: value}}}`; the rest stays. Raises BadScenario."""
        accounts = changes.get("accounts", {})
        if not isinstance(accounts, dict) or not all(isinstance(own, dict) for own in accounts.values()):
            raise BadScenario("accounts must map an account to its changes")
        common = self.common.changed({k: v for k, v in changes.items() if k != "accounts"})
        merged = {name: dict(own) for name, own in self._changes.items()}
        for name, own in accounts.items():
            merged.setdefault(name, {}).update(own)
        self._own = {name: common.changed(own) for name, own in merged.items()}
        self.common, self._changes = common, merged
        for account in accounts:
            self._asked.pop(account, None)
            self._out_since.pop(account, None)
        if "outage_ms" in changes or "outage_after" in changes:
            self._begin_again()

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self.common), "accounts": self._changes}

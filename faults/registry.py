"""Every fault by its name, in the order in which they run: the quick and telling ones first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from faults import broadcasts, providers, services, webhooks, workers
from faults.answers import ANSWERS, given
from faults.crashes import PLACES, crash_at, follows
from faults.trial import Trial


@dataclass(frozen=True)
class Fault:
    """`nightly` ones run when named or under --nightly."""

    name: str
    about: str
    run: Callable[[Trial], None]
    nightly: bool = False


def _fault(name: str, run: Callable[[Trial], None], *, nightly: bool = False) -> Fault:
    return Fault(name, " ".join((run.__doc__ or "").split()), run, nightly)


FAULTS: tuple[Fault, ...] = (
    *(Fault(f"crash-{place}", f"the worker dies at {place}", crash_at(place)) for place in PLACES),
    _fault("workers-killed", workers.killed_again_and_again),
    _fault("worker-frozen", workers.frozen),
    _fault("workers-redeployed", workers.redeployed),
    _fault("valkey-flushed", services.valkey_flushed),
    _fault("valkey-restarted", services.valkey_restarted),
    _fault("valkey-away", services.valkey_away),
    _fault("valkey-away-and-a-process-dies", services.valkey_away_and_a_process_dies),
    _fault("valkey-hangs", services.valkey_hangs),
    _fault("postgres-connections-ended", services.connections_ended),
    _fault("postgres-commits-cut", services.commits_cut),
    _fault("postgres-restarted", services.postgres_restarted),
    _fault("provider-cuts-after-accepting", providers.cut_after_accepting),
    _fault("provider-cuts-before-accepting", providers.cut_before_accepting),
    _fault("provider-late", providers.late),
    _fault("provider-server-errors", providers.server_errors),
    _fault("provider-throttles", providers.throttled),
    _fault("provider-refuses-connections", providers.refused),
    *(Fault(f"answer-{name}", about, given(fate)) for name, (about, fate) in ANSWERS.items()),
    _fault("webhooks-before-answers", webhooks.before_answers),
    _fault("webhooks-tripled-and-shuffled", webhooks.tripled_and_shuffled),
    _fault("webhooks-thousand-in-one", webhooks.thousand_in_one),
    _fault("webhooks-lost-for-a-while", webhooks.lost_for_a_while),
    _fault("door-killed", webhooks.door_killed),
    _fault("poison-recipient", broadcasts.poison),
    _fault("forty-launches", broadcasts.forty_launches),
    _fault("large-beside-small", broadcasts.large_beside_small),
    _fault("million-beside-small", broadcasts.million_beside_small, nightly=True),
    *(
        Fault(
            f"crash-{first}-then-{second}",
            f"the worker dies at {first}, and the next one at {second}",
            crash_at(first, second),
            nightly=True,
        )
        for first in PLACES
        for second in PLACES
        if follows(first, second)
    ),
)


class UnknownFault(ValueError):
    """There is no fault or family of that name."""


def chosen(names: Iterable[str], *, nightly: bool) -> list[Fault]:
    """The faults of these names, each the whole name or the beginning of several ("crash", "answer"); of no name:
    all of them, the nightly ones only where wanted. Raises UnknownFault."""
    names = list(names)
    usual = [fault for fault in FAULTS if nightly or not fault.nightly]
    if not names:
        return usual
    found: list[Fault] = []
    for name in names:
        named = [fault for fault in FAULTS if fault.name == name]
        named = named or [fault for fault in usual if fault.name.startswith(f"{name}-")]
        if not named:
            raise UnknownFault(name)
        found += [fault for fault in named if fault not in found]
    return found

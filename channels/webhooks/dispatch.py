"""From events to receivers: per tenant and class one signal, and whatever breaks a receiver set apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, transaction

from channels.adapters.base import AccountChange, Event
from channels.models import Channel
from channels.signals import AWAITED, MATCHED, SIGNALS, Received, batches
from channels.webhooks.accounts import apply_account_change
from channels.webhooks.afterwards import attempt, batch
from channels.webhooks.faults import describe
from channels.webhooks.reading import Work
from tenants.models import Tenant
from tenants.scopes import tenant_scope

log = structlog.get_logger(__name__)
Pair = tuple[Received[Any], Work]


@dataclass
class Endings:
    """How each event of a batch ended; `quarantined` ones with the error that says why."""

    applied: list[Work] = field(default_factory=list)
    ignored: list[Work] = field(default_factory=list)
    unmatched: list[Work] = field(default_factory=list)
    quarantined: list[tuple[Work, str]] = field(default_factory=list)


def dispatch(works: Iterable[Work]) -> Endings:
    """Tell the receivers, tenant by tenant in order of their ids, inside the transaction that is open.

    Every event has an owner. Raises OperationalError, InterfaceError: the whole batch is to be repeated.
    """
    endings = Endings()
    by_tenant: dict[int, list[Work]] = {}
    for work in sorted(works, key=lambda work: work.event.at):
        by_tenant.setdefault(work.owners[0].tenant_id, []).append(work)
    with batch():
        for tenant_id, of_tenant in sorted(by_tenant.items()):
            tenant = Tenant.objects.get(pk=tenant_id)
            with tenant_scope(tenant):
                # Receivers have no use for secrets, so they are not even decrypted.
                channels = Channel.objects.defer("access_token", "secret").in_bulk(
                    {work.owners[0].channel_id for work in of_tenant}
                )
                _TenantDispatch(tenant, channels, endings).send_all(of_tenant)
    return endings


@dataclass
class _TenantDispatch:
    tenant: Tenant
    channels: Mapping[int, Channel]
    endings: Endings

    def send_all(self, works: Sequence[Work]) -> None:
        pairs = [(Received(self.channels[work.owners[0].channel_id], work.event), work) for work in works]
        batches.send(sender=Event, tenant=self.tenant, received=[one for one, _work in pairs])
        alike: dict[type[Event], list[Pair]] = {}
        for pair in pairs:
            alike.setdefault(type(pair[1].event), []).append(pair)
        for event_class in SIGNALS:
            if event_class in alike:
                self._send(event_class, alike[event_class])

    def _send(self, event_class: type[Event], pairs: Sequence[Pair]) -> None:
        """One signal for all; where a receiver raises, for each half, down to the event at fault."""
        try:
            with transaction.atomic(), attempt():
                applied, ignored, unmatched = self._receive(event_class, pairs)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - a receiver's error is kept with the event that causes it
            if len(pairs) > 1:
                middle = len(pairs) // 2
                self._send(event_class, pairs[:middle])
                self._send(event_class, pairs[middle:])
                return
            fault = describe(error)
            log.error("event_quarantined", tenant=self.tenant.pk, name=event_class.__name__, error=fault)
            self.endings.quarantined.append((pairs[0][1], fault))
        else:
            self.endings.applied += applied
            self.endings.ignored += ignored
            self.endings.unmatched += unmatched

    def _receive(
        self, event_class: type[Event], pairs: Sequence[Pair]
    ) -> tuple[list[Work], list[Work], list[Work]]:
        told = {work for _one, work in pairs if _changes_account(work)}
        received = [one for one, _work in pairs]
        answers = SIGNALS[event_class].send(sender=event_class, tenant=self.tenant, received=received)
        if not answers:
            return [*told], [work for _one, work in pairs if work not in told], []
        missed = _missed(event_class, answers)
        if not missed:
            return [work for _one, work in pairs], [], []
        unmatched = [work for one, work in pairs if one in missed]
        return [work for one, work in pairs if one not in missed], [], unmatched


def _changes_account(work: Work) -> bool:
    event = work.event
    return isinstance(event, AccountChange) and apply_account_change(
        event, [owner.channel_id for owner in work.owners]
    )


def _missed(event_class: type[Event], answers: Sequence[tuple[Any, Any]]) -> set[Received[Any]]:
    """What is to be sent again; an answer of None asks for nothing."""
    returned: list[set[Received[Any]]] = [set(answer or ()) for _receiver, answer in answers]
    if event_class in MATCHED:
        return set.intersection(*returned)
    return set.union(*returned) if event_class in AWAITED else set()

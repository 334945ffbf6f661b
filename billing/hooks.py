"""What the credit tells the apps above, which it must not know. Filled in `broadcaster.wiring`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tenants.models import Tenant

# A payment was taken back whose credit is no longer there: so many millionths are owed. In the tenant's scope and in
# the transaction that books it.
CreditTakenBack = Callable[[Tenant, int], None]


def _unheard(_tenant: Tenant, _owed: int) -> None:
    return None


@dataclass
class Hooks:
    """One listener each."""

    credit_taken_back: CreditTakenBack = _unheard


hooks = Hooks()

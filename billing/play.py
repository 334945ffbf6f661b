"""Play money: the credit of a team that rehearses. It stands in that team's own books and never meets real money."""

from __future__ import annotations

from django.utils import timezone

from billing.ledger import available, book
from billing.models import Account, Method, TopUp, TopUpStatus
from billing.money import MILLIONTHS
from tenants.models import Member
from tenants.numbers import next_number

ENOUGH = 100_000 * MILLIONTHS  # of any currency: more than a rehearsal can cost


def give_play_money(to: Member) -> None:
    """Fill the credit of the member's team up to ENOUGH, inside its scope and a transaction. Raises ValueError for a
    real team."""
    team = to.tenant
    if not team.is_rehearsal:
        raise ValueError(f"team {team.pk} is a real one")
    missing = ENOUGH - available(team.currency)
    if missing <= 0:
        return
    top_up = TopUp.objects.create(
        tenant=team,
        number=next_number(team.pk, "top_up"),
        method=Method.PLAY,
        amount=missing,
        currency=team.currency,
        status=TopUpStatus.PAID,
        created_by=to,
        paid_at=timezone.now(),
    )
    book(
        team,
        key=f"top_up:{top_up.number}",
        subject=top_up.subject,
        amount=missing,
        currency=team.currency,
        source=Account.TOP_UPS,
        target=Account.AVAILABLE,
    )

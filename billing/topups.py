"""Topping up: money paid in becomes credit once, and what is paid back leaves it again."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import checkout
from billing.debts import DISPUTED, owe, owed, pay_debt
from billing.errors import AlreadyBooked, InvalidAmount, PaymentMismatch, PaymentsOff, PaymentUnavailable
from billing.hooks import hooks
from billing.ledger import book, locked_available
from billing.models import Account, Method, TopUp, TopUpStatus
from billing.money import MILLIONTHS, from_minor_units, minor_units, shown
from tenants import audit, live
from tenants.models import Member, Tenant
from tenants.numbers import next_number
from tenants.roles import Permission

LEAST = 5 * MILLIONTHS  # in units of the currency: below this a card payment costs more than it is worth
MOST = 100_000 * MILLIONTHS


def start_top_up(by: Member, *, amount: int, currency: str, method: Method = Method.CARD) -> TopUp:
    """A top-up that waits for its payment (`amount` in millionths). Nothing is credited yet.

    Raises NotAllowed for all but owners, InvalidAmount.
    """
    by.require(Permission.TOP_UP)
    check_amount(amount, currency, by.tenant)
    with transaction.atomic():
        top_up = TopUp.objects.create(
            tenant=by.tenant,
            number=next_number(by.tenant_id, "top_up"),
            method=method,
            amount=amount,
            currency=currency,
            created_by=by,
        )
        audit.record(by, "top_up.started", top_up, amount=amount, currency=currency, method=method.value)
    return top_up


def open_payment(top_up: TopUp, *, email: str, back: str, language: str) -> str:
    """The address of the payment page. `back` is where the payer returns to, paid or not.

    Raises PaymentsOff, PaymentUnavailable; then the top-up is ended, and nothing was charged.
    """
    try:
        session = checkout.open_checkout(
            top_up,
            title=_("Credit for %(team)s") % {"team": top_up.tenant.name},
            email=email,
            success_url=back,
            cancel_url=back,
            language=language,
        )
    except (PaymentsOff, PaymentUnavailable):
        TopUp.objects.filter(pk=top_up.pk, status=TopUpStatus.PENDING).update(status=TopUpStatus.EXPIRED)
        raise
    TopUp.objects.filter(pk=top_up.pk).update(session=session.id)
    top_up.session = session.id
    return session.url


def refresh(top_up: TopUp) -> str:
    """Ask the payment provider, for the event that tells us may be late or lost; answers where it can still be paid, or
    nothing. Raises PaymentsOff, PaymentUnavailable."""
    if top_up.status != TopUpStatus.PENDING or not top_up.session:
        return ""
    session = checkout.look_up(top_up.session)
    if session.paid:
        confirm(top_up, payment=session.payment, total=session.total, currency=session.currency)
    elif session.status == "expired":
        expire(top_up)
    top_up.refresh_from_db()
    return session.url if top_up.status == TopUpStatus.PENDING else ""


@transaction.atomic
def confirm(top_up: TopUp, *, payment: str, total: int, currency: str) -> bool:
    """Credit a paid top-up, once; whether this call did. `total` in the provider's minor units.

    Raises PaymentMismatch where something else was paid: then nothing is credited.
    """
    if (total, currency) != (minor_units(top_up.amount, top_up.currency), top_up.currency):
        raise PaymentMismatch
    entry = book(
        top_up.tenant,
        key=f"top_up:{top_up.number}",
        subject=top_up.subject,
        amount=top_up.amount,
        currency=top_up.currency,
        source=Account.TOP_UPS,
        target=Account.AVAILABLE,
    )
    if entry is None:
        return False
    TopUp.objects.filter(pk=top_up.pk).update(
        status=TopUpStatus.PAID, payment=payment, paid_at=timezone.now()
    )
    pay_debt(top_up.tenant, top_up.currency)
    audit.record(top_up.created_by, "top_up.paid", top_up, amount=top_up.amount, currency=top_up.currency)
    live.publish(top_up.tenant_id, "credit")
    return True


def expire(top_up: TopUp) -> None:
    """It was not paid. A payment that arrives all the same is credited: money is never turned away."""
    TopUp.objects.filter(pk=top_up.pk, status=TopUpStatus.PENDING).update(status=TopUpStatus.EXPIRED)
    live.publish(top_up.tenant_id, "credit")


@transaction.atomic
def take_back(top_up: TopUp, *, in_all: int, status: TopUpStatus) -> None:
    """Money that was paid back or disputed leaves the credit. `in_all`: millionths taken back so far, this time
    included; less than before means that a dispute was won, and the difference is credited again.

    What has gone already cannot leave. Of a refund the platform bears it, and the operator sees it among the losses;
    what a bank took back the team owes: broadcasts pause, and the next money pays it.
    """
    row = TopUp.objects.select_for_update().get(pk=top_up.pk)
    in_all = min(in_all, row.amount)
    change = in_all - row.refunded
    if change == 0:
        return
    step = f"{row.number}:{row.refunded}:{in_all}"
    if change > 0:
        _take(row, step, change, owing=status is TopUpStatus.DISPUTED)
    else:
        book(
            row.tenant,
            key=f"returned:{step}:{timezone.now().timestamp():.6f}",
            subject=row.subject,
            amount=-change,
            currency=row.currency,
            source=Account.TOP_UPS,
            target=Account.AVAILABLE,
        )
        pay_debt(row.tenant, row.currency)
    row.refunded, row.status = in_all, status if in_all else TopUpStatus.PAID
    row.save(update_fields=["refunded", "status"])
    audit.record(None, f"top_up.{row.status}", row, refunded=in_all, currency=row.currency)
    live.publish(row.tenant_id, "credit")


def _take(row: TopUp, step: str, amount: int, *, owing: bool) -> None:
    stamp = (
        f"{timezone.now().timestamp():.6f}"  # the same step may come again after a dispute was won and lost
    )
    there = min(amount, locked_available(row.tenant, row.currency))
    gone = "taken_back" if not owing else DISPUTED
    moves = [(there, Account.AVAILABLE, "taken_back"), (amount - there, Account.LOSSES, gone)]
    for part, source, key in moves:
        if part:
            book(
                row.tenant,
                key=f"{key}:{step}:{source.value}:{stamp}",
                subject=row.subject,
                amount=part,
                currency=row.currency,
                source=source,
                target=Account.TOP_UPS,
            )
    if owing and amount > there:
        owe(row.tenant, row.currency, amount - there)
        hooks.credit_taken_back(row.tenant, owed(row.currency))


def book_transfer(tenant: Tenant, *, number: int, amount: int, currency: str) -> TopUp:
    """The operator saw this transfer arrive. Raises AlreadyBooked, InvalidAmount where another sum was announced."""
    top_up = TopUp.objects.get(number=number, method=Method.TRANSFER)
    if (amount, currency) != (top_up.amount, top_up.currency):
        raise InvalidAmount(
            _("%(sum)s was announced.") % {"sum": shown(top_up.amount, top_up.currency)}, code="other_amount"
        )
    total = minor_units(top_up.amount, top_up.currency)
    if not confirm(top_up, payment="", total=total, currency=top_up.currency):
        raise AlreadyBooked
    top_up.refresh_from_db()
    return top_up


def awaited_transfers() -> QuerySet[TopUp]:
    """Announced bank transfers that have not arrived yet, newest first."""
    rows = TopUp.objects.filter(method=Method.TRANSFER, status=TopUpStatus.PENDING)
    return rows.select_related("tenant").order_by("-created_at")


def paid_in(tenant: Tenant, currency: str) -> int:
    """Everything ever paid in and not taken back, in millionths."""
    rows = TopUp.objects.filter(currency=currency, paid_at__isnull=False)
    return sum(rows.annotate(kept=F("amount") - F("refunded")).values_list("kept", flat=True))


def check_amount(amount: int, currency: str, tenant: Tenant) -> None:
    """Raises InvalidAmount for what this team cannot pay in one payment."""
    if currency != tenant.currency:
        raise InvalidAmount(
            _("Your team pays in %(currency)s.") % {"currency": tenant.currency},
            field="currency",
            code="currency_mismatch",
        )
    if from_minor_units(minor_units(amount, currency), currency) != amount:
        raise InvalidAmount(_("This amount has too many decimals."), code="too_many_decimals")
    if not LEAST <= amount <= MOST:
        raise InvalidAmount(
            _("Choose an amount from %(least)s to %(most)s.")
            % {"least": shown(LEAST, currency), "most": shown(MOST, currency)},
            code="out_of_range",
        )

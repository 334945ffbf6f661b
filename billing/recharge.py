"""Automatic recharge: the owner's saved card is charged when the credit runs low, within what they allowed.

A charge is one top-up with the method "recharge". At most one runs at a time (`one_recharge_at_a_time`), it is asked
for under one idempotency key, and it is credited by nothing but the payment provider's signed event (`payments`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import structlog
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing import cards, doors
from billing.cards import AUTHENTICATION, DECLINED, EXPIRED, CardDeclined, CardPage
from billing.errors import InvalidAmount, PaymentsOff, PaymentUnavailable
from billing.ledger import available
from billing.mails import Mail, address_of, tell_owners
from billing.models import Method, Recharge, TopUp, TopUpStatus
from billing.money import shown
from billing.topups import check_amount
from tenants import audit, live
from tenants.models import Member, Tenant
from tenants.numbers import next_number
from tenants.roles import Permission
from tenants.scopes import tenant_scope

CEILING, NO_ANSWER = "ceiling", "no_answer"
# What came in the way of a charge, as people read it.
NOTICES = {
    DECLINED: gettext_lazy(
        "The bank declined the saved card. Automatic recharge is off; nothing was charged."
    ),
    EXPIRED: gettext_lazy("The saved card has expired. Automatic recharge is off; nothing was charged."),
    AUTHENTICATION: gettext_lazy(
        "The bank wants the card's holder to confirm each payment, so it cannot be charged automatically. Automatic "
        "recharge is off; nothing was charged."
    ),
    NO_ANSWER: gettext_lazy(
        "The payment provider did not answer for a day. Automatic recharge is off. If the card was charged after all, "
        "it is credited as soon as the provider says so."
    ),
    CEILING: gettext_lazy("This month's ceiling is reached. Automatic recharge goes on next month."),
}
# Stripe forgets an idempotency key after 24 hours; from then on the same request could charge twice.
KEY_HOLDS = timedelta(hours=20)
log = structlog.get_logger(__name__)


def recharge_of(currency: str) -> Recharge | None:
    """Inside a tenant's scope."""
    return Recharge.objects.filter(currency=currency).first()


@transaction.atomic
def set_recharge(by: Member, *, below: int, amount: int, ceiling: int) -> Recharge:
    """When, with how much and up to what a month (millionths of the team's currency). It is on once a card is saved.

    Raises NotAllowed for all but owners, InvalidAmount.
    """
    by.require(Permission.TOP_UP)
    currency = by.tenant.currency
    check_amount(amount, currency, by.tenant)
    if below <= 0:
        raise InvalidAmount(_("The amount must be above zero."), field="below", code="not_positive")
    if ceiling < amount:
        raise InvalidAmount(
            _("The monthly ceiling must cover at least one recharge."), field="ceiling", code="below_amount"
        )
    known = Recharge.objects.select_for_update().filter(currency=currency).first()
    row = known or Recharge(tenant=by.tenant, currency=currency)
    row.below, row.amount, row.ceiling, row.set_by = below, amount, ceiling, by
    row.active, row.notice, row.told_at, row.rests_until = bool(row.card), "", None, None
    row.save()
    audit.record(by, "recharge.set", row, below=below, amount=amount, ceiling=ceiling, currency=currency)
    live.publish(by.tenant_id, "credit")
    return row


def begin_card(row: Recharge, by: Member, *, email: str, back: str, language: str) -> str:
    """The address of a page on which a card is saved. Raises NotAllowed, PaymentsOff, PaymentUnavailable."""
    by.require(Permission.TOP_UP)
    page = cards.open_card_page(row, email=email, back=back, language=language)
    Recharge.objects.filter(pk=row.pk).update(page=page.id)
    row.page = page.id
    return page.url


def look_for_card(row: Recharge) -> str:
    """Ask the provider whether a card was saved, for the event may be late; answers where it can still be, or nothing.

    Raises PaymentsOff, PaymentUnavailable.
    """
    if not row.page:
        return ""
    page = cards.look_up_card_page(row.page)
    if page.done:
        card_saved(row, page)
    elif page.expired:
        Recharge.objects.filter(pk=row.pk, page=row.page).update(page="")
    row.refresh_from_db()
    return page.url if row.page else ""


@transaction.atomic
def card_saved(row: Recharge, page: CardPage) -> bool:
    """Take the card over and switch on; whether this call did. Raises PaymentsOff, PaymentUnavailable."""
    row = Recharge.objects.select_for_update(of=("self",)).select_related("tenant", "set_by").get(pk=row.pk)
    if not page.done or row.page != page.id:
        return False
    saved, before = cards.saved_card(page.setup), row.card
    row.customer, row.card, row.card_label = saved.customer, saved.card, saved.label[:40]
    row.page, row.active, row.notice, row.told_at = "", True, "", None
    row.save()
    audit.record(row.set_by, "recharge.card_saved", row, card=row.card_label)
    live.publish(row.tenant_id, "credit")
    if before and before != row.card:
        cards.forget(before)
    return True


def switch_off(by: Member) -> None:
    """Charge no more, and forget the card, here and at the provider. What is being charged at this moment is credited.

    Raises NotAllowed; PaymentsOff, PaymentUnavailable where the provider could not be told: then it is off all the
    same, and the card is kept until this is asked again.
    """
    by.require(Permission.TOP_UP)
    with transaction.atomic():
        row = Recharge.objects.select_for_update().filter(currency=by.tenant.currency).first()
        if row is None:
            return
        row.active, row.page, row.notice, row.rests_until = False, "", "", None
        row.save(update_fields=["active", "page", "notice", "rests_until"])
        audit.record(by, "recharge.switched_off", row, reason="owner")
        live.publish(by.tenant_id, "credit")
    if row.card:
        cards.forget(row.card)
        kept = Recharge.objects.filter(pk=row.pk, card=row.card, active=False)
        kept.update(customer="", card="", card_label="")


# --- The sweep's part ---------------------------------------------------------------------------------------


def recharge_due() -> int:
    """Charge, ask again and tell, for every team for which it is due; returns how many charges were asked for."""
    asked = 0
    for tenant_id in doors.teams_to_recharge():
        tenant = Tenant.objects.get(pk=tenant_id)
        with tenant_scope(tenant), timezone.override(tenant.zone):
            top_up = _claim(tenant)
            if top_up is not None:
                asked += _charge(top_up)
            _tell(tenant)
    return asked


@transaction.atomic
def _claim(tenant: Tenant, now: datetime | None = None) -> TopUp | None:
    """The top-up to ask the provider for: one that was asked for without an answer, else a new one where it is due."""
    now = now or timezone.now()
    mine = Recharge.objects.select_for_update(of=("self",)).select_related("set_by")
    row = mine.filter(currency=tenant.currency).first()
    if row is None:
        return None
    running = TopUp.objects.filter(method=Method.RECHARGE, status=TopUpStatus.PENDING).first()
    if running is not None:
        if running.payment:
            return None
        if running.created_at > now - KEY_HOLDS:
            return running
        _end(running, NO_ANSWER)
        return None
    if not row.active or available(row.currency) >= row.below or (row.rests_until and row.rests_until > now):
        return None
    if charged_this_month(row.currency, now) + row.amount > row.ceiling:
        row.notice, row.told_at, row.rests_until = CEILING, None, _next_month(now)
        row.save(update_fields=["notice", "told_at", "rests_until"])
        return None
    if row.notice:
        row.notice, row.told_at = "", None
        row.save(update_fields=["notice", "told_at"])
    top_up = TopUp.objects.create(
        tenant=tenant,
        number=next_number(tenant.pk, "top_up"),
        method=Method.RECHARGE,
        amount=row.amount,
        currency=row.currency,
        created_by=row.set_by,
    )
    audit.record(
        None, "top_up.started", top_up, amount=top_up.amount, currency=row.currency, method="recharge"
    )
    return top_up


def charged_this_month(currency: str, now: datetime | None = None) -> int:
    """What was charged, or is being charged, since the first of the month in the current time zone; millionths."""
    begin = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = TopUp.objects.filter(currency=currency, method=Method.RECHARGE, created_at__gte=begin)
    return int(rows.exclude(status=TopUpStatus.EXPIRED).aggregate(sum=Sum("amount", default=0))["sum"])


def _charge(top_up: TopUp) -> bool:
    """Ask for the payment. Where nobody knows what came of it, the next sweep asks again under the same key."""
    row = Recharge.objects.get(currency=top_up.currency)
    if not row.card:
        declined(top_up, DECLINED)
        return False
    try:
        payment = cards.charge(top_up, customer=row.customer, card=row.card)
    except CardDeclined as error:
        declined(top_up, error.reason)
        return False
    except (PaymentUnavailable, PaymentsOff):
        return False
    # The event may have come first and closed the top-up; then there is nothing left to note.
    TopUp.objects.filter(pk=top_up.pk, payment="").update(payment=payment)
    return True


@transaction.atomic
def declined(top_up: TopUp, reason: str) -> bool:
    """The bank said no: the top-up ends and the automatic recharge is off; whether this call did it. One that was paid
    stays paid."""
    Recharge.objects.select_for_update().filter(currency=top_up.currency).first()
    return _end(top_up, reason)


def _end(top_up: TopUp, reason: str) -> bool:
    pending = TopUp.objects.filter(pk=top_up.pk, status=TopUpStatus.PENDING)
    if not pending.update(status=TopUpStatus.EXPIRED):
        return False
    row = Recharge.objects.get(currency=top_up.currency)
    row.active, row.notice, row.told_at = False, reason, None
    row.save(update_fields=["active", "notice", "told_at"])
    audit.record(None, "recharge.switched_off", row, reason=reason, top_up=top_up.number)
    log.warning("recharge_failed", tenant=row.tenant_id, top_up=top_up.number, reason=reason)
    live.publish(row.tenant_id, "credit")
    return True


def _tell(tenant: Tenant) -> None:
    """Once for each notice. A mail that cannot be sent undoes the note: the sweep rings again."""
    try:
        with transaction.atomic():
            untold = Recharge.objects.select_for_update().filter(told_at=None).exclude(notice="")
            for row in untold:
                row.told_at = timezone.now()
                row.save(update_fields=["told_at"])
                tell_owners(tenant, partial(_mail, tenant, row))
    except OSError as error:
        log.error("owner_not_told", tenant=tenant.pk, about="recharge", error=type(error).__name__)


def _mail(tenant: Tenant, row: Recharge) -> Mail:
    values = {
        "team": tenant.name,
        "notice": str(NOTICES[row.notice]),
        "card": row.card_label,
        "left": shown(available(row.currency), row.currency),
        "url": address_of("credit:overview"),
    }
    return Mail(
        _("%(team)s: automatic recharge did not go through") % values,
        _("%(notice)s\n\nCard: %(card)s\nAvailable credit: %(left)s\n\nLook at it here:\n%(url)s") % values,
    )


def _next_month(now: datetime) -> datetime:
    local = timezone.localtime(now)
    return (local.replace(day=28, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=4)).replace(
        day=1
    )

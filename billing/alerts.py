"""The low-balance alert: owners choose a level and are told once, each time the available credit falls below it."""

from __future__ import annotations

from functools import partial

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import doors
from billing.errors import InvalidAmount
from billing.ledger import available
from billing.mails import Mail, address_of, tell_owners
from billing.models import Alert
from billing.money import MILLIONTHS, shown
from tenants import audit
from tenants.models import Member, Tenant
from tenants.roles import Permission
from tenants.scopes import tenant_scope

MOST = 100_000 * MILLIONTHS
log = structlog.get_logger(__name__)


@transaction.atomic
def set_alert(by: Member, level: int | None) -> None:
    """Tell the owners when the available credit falls below `level` (millionths of the team's currency); None: never.

    Raises NotAllowed for all but owners, InvalidAmount.
    """
    by.require(Permission.TOP_UP)
    currency = by.tenant.currency
    if level is not None and not 0 < level <= MOST:
        raise InvalidAmount(
            _("Choose a level up to %(most)s.") % {"most": shown(MOST, currency)},
            field="level",
            code="out_of_range",
        )
    before = alert_level(currency)
    if level is None:
        Alert.objects.filter(currency=currency).delete()
    else:
        Alert.objects.update_or_create(
            tenant=by.tenant, currency=currency, defaults={"level": level, "told_at": None}
        )
    audit.record(by, "credit.alert_set", by.tenant, before=before, after=level, currency=currency)


def alert_level(currency: str) -> int | None:
    """In millionths; None where no alert is set. Inside a tenant's scope."""
    return Alert.objects.filter(currency=currency).values_list("level", flat=True).first()


def watch() -> int:
    """Tell the owners of every team whose credit crossed its level downwards; returns how many teams were told."""
    told = 0
    for tenant_id in doors.teams_that_crossed():
        tenant = Tenant.objects.get(pk=tenant_id)
        try:
            with tenant_scope(tenant), transaction.atomic():
                told += sum(_cross(tenant, alert) for alert in Alert.objects.select_for_update())
        except OSError as error:  # the mail server's; the sweep rings again
            log.error("owner_not_told", tenant=tenant_id, about="credit_low", error=type(error).__name__)
    return told


def _cross(tenant: Tenant, alert: Alert) -> bool:
    """Note on which side of its level the credit is. A mail that cannot be sent undoes the note: it is tried again."""
    left = available(alert.currency)
    low = left < alert.level
    if low == (alert.told_at is not None):
        return False
    alert.told_at = timezone.now() if low else None
    alert.save(update_fields=["told_at"])
    if low:
        log.info("credit_low", tenant=tenant.pk, available=left, level=alert.level, currency=alert.currency)
        tell_owners(tenant, partial(_mail, tenant, alert, left))
    return low


def _mail(tenant: Tenant, alert: Alert, left: int) -> Mail:
    values = {
        "team": tenant.name,
        "left": shown(left, alert.currency),
        "level": shown(alert.level, alert.currency),
        "url": address_of("credit:top_up"),
    }
    return Mail(
        _("%(team)s: %(left)s of WhatsApp credit left") % values,
        _(
            "The available WhatsApp credit of %(team)s has fallen to %(left)s, below the %(level)s you chose.\n\n"
            "Broadcasts that cost more than what is left are not sent. Top up here:\n%(url)s\n\n"
            "You get this message once each time the credit falls below that level."
        )
        % values,
    )

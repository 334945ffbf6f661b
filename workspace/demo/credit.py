"""The demo's credit: a price list, a top-up that was paid, a number whose messages cost something, and the payment
sandbox that plays Stripe."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from billing.margins import steps
from billing.models import Method, TopUp
from billing.money import MILLIONTHS, minor_units
from billing.pricelist import LISTS, Terms, load, read_price_list
from billing.prices import SERVICE, free_messages_at
from billing.topups import confirm, start_top_up
from campaigns.rehearsal.introducing import tell
from channels.direct import month_of
from channels.models import Channel, FreeUse
from tenants.models import Member
from tenants.roles import Permission

FIRST = 500 * MILLIONTHS


def ensure_credit(owner: Member) -> None:
    """One paid top-up of the owner; inside the tenant's scope."""
    if not owner.may(Permission.TOP_UP) or TopUp.objects.exists():
        return
    currency = owner.tenant.currency
    top_up = start_top_up(owner, amount=FIRST, currency=currency, method=Method.TRANSFER)
    confirm(top_up, payment="", total=minor_units(FIRST, currency), currency=currency)


def ensure_prices() -> None:
    """The indicative price lists that come with the product, so that the demo's messages cost what they would."""
    for path in sorted(LISTS.glob("*.toml")):
        listed = read_price_list(path.read_text(encoding="utf-8"))
        load(listed, Terms(steps(), currency=listed.currency))


def use_up_free(channel: Channel, now: datetime) -> None:
    """A busy number: it has sent what a month grants for nothing, so that the very next message is seen to cost
    something. The sandbox is told as much when the number is registered. Inside the tenant's scope."""
    granted = free_messages_at(now, currency=channel.tenant.currency, category=SERVICE)
    FreeUse.objects.update_or_create(
        tenant=channel.tenant, channel=channel, month=month_of(now), defaults={"used": granted}
    )


def register_shop() -> None:
    """Make the sandbox play the Stripe account of this installation. Raises requests.RequestException where it does
    not answer, and does nothing where the installation speaks to real providers."""
    tell(
        "payments",
        {
            "secret_key": settings.STRIPE_SECRET_KEY,
            "webhook_secret": settings.STRIPE_WEBHOOK_SECRET,
            "webhook_url": f"{settings.PUBLIC_URL}/webhooks/stripe",
        },
    )

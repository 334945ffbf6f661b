"""The low-balance alert: once for each time the credit falls below the owner's level."""

import pytest
from django.core import mail

from billing.alerts import alert_level, set_alert, watch
from billing.errors import InvalidAmount
from billing.models import Alert
from billing.services import reserve, settle
from tenants.errors import NotAllowed
from tenants.models import AuditEntry
from tests.factories import MemberFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
UNIT = 1_000_000


@pytest.fixture
def low(team, owner, paid):
    """Twenty paid in, an alert below fifteen; `low(8)` holds eight."""
    paid(20)
    set_alert(owner, 15 * UNIT)

    def hold(units, key="a"):
        reserve(team, key=f"reserve:{key}", subject=f"campaign:{key}", amount=units * UNIT, currency="USD")

    return hold


@pytest.mark.requirement("B-4")
def test_owners_are_told_once_for_each_crossing(low, team, mailoutbox):
    assert watch() == 0
    low(8)
    assert (watch(), watch()) == (1, 0)
    settle(team, key="b", subject="campaign:a", released=8 * UNIT)
    assert watch() == 0
    low(6, "c")
    assert watch() == 1
    assert len(mailoutbox) == 2


def test_each_owner_reads_it_in_their_language(low, team, owner, admin, mailoutbox):
    second = UserFactory(email="second@shop.test", language="zh-hant")
    MemberFactory(user=second, roles=["owner"])
    MemberFactory(user=UserFactory(email="gone@shop.test"), roles=["owner"], active=False)
    low(8)
    watch()
    by_reader = {message.to[0]: message for message in mailoutbox}
    assert by_reader.keys() == {owner.user.email, "second@shop.test"}
    assert "12.00 USD" in by_reader[owner.user.email].subject
    assert "15.00 USD" in by_reader[owner.user.email].body
    assert "餘額" in by_reader["second@shop.test"].subject


def test_a_mail_that_does_not_leave_is_tried_again(low, settings, mailoutbox):
    low(8)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert watch() == 0
    assert Alert.objects.get().told_at is None
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert watch() == 1
    assert len(mail.outbox) == 1


def test_only_owners_set_it_and_it_is_on_record(team, owner, admin):
    with pytest.raises(NotAllowed):
        set_alert(admin, 5 * UNIT)
    with pytest.raises(InvalidAmount):
        set_alert(owner, 0)
    set_alert(owner, 5 * UNIT)
    set_alert(owner, None)
    assert alert_level("USD") is None
    entries = AuditEntry.objects.filter(action="credit.alert_set").order_by("pk")
    assert [(one.details["before"], one.details["after"]) for one in entries] == [
        (None, 5 * UNIT),
        (5 * UNIT, None),
    ]


def test_a_team_without_credit_is_below_its_level(team, owner, mailoutbox):
    set_alert(owner, 5 * UNIT)
    assert watch() == 1
    assert "0.00 USD" in mailoutbox[0].subject

"""Hours in which broadcasts do not leave: the clock of the team's zone, in Python and in SQL."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from tenants.errors import Invalid
from tenants.models import AuditEntry, Tenant
from tenants.quiet import QuietHours, quiet_at
from tenants.scopes import tenant_scope
from tenants.services import change_quiet_hours

EVERY_DAY = frozenset(range(1, 8))


def hours(begins, ends, days=EVERY_DAY, zone="Asia/Taipei"):
    return QuietHours(ZoneInfo(zone), time.fromisoformat(begins), time.fromisoformat(ends), frozenset(days))


def taipei(said):
    return datetime.fromisoformat(f"{said}+08:00")


# 2026-11-27 is a Friday.
@pytest.mark.parametrize(
    ("quiet", "at", "until"),
    [
        (hours("21:00", "09:00"), "2026-11-27T20:59", None),
        (hours("21:00", "09:00"), "2026-11-27T21:00", "2026-11-28T09:00"),
        (hours("21:00", "09:00"), "2026-11-27T03:00", "2026-11-27T09:00"),
        (hours("21:00", "09:00"), "2026-11-27T09:00", None),
        (hours("12:00", "14:00"), "2026-11-27T13:00", "2026-11-27T14:00"),
        (hours("21:00", "09:00", days={5}), "2026-11-28T08:00", "2026-11-28T09:00"),
        (hours("21:00", "09:00", days={6}), "2026-11-28T08:00", None),
        (hours("00:00", "00:00", days={6, 7}), "2026-11-28T08:00", "2026-11-30T00:00"),
        (hours("21:00", "09:00", days=()), "2026-11-27T23:00", None),
    ],
)
def test_until_when_nothing_leaves(quiet, at, until):
    assert quiet.until(taipei(at)) == (taipei(until) if until else None)


@pytest.mark.parametrize(
    ("at", "minutes", "later"),
    [
        ("2026-11-27T12:00", 60, "2026-11-27T13:00"),
        ("2026-11-27T20:00", 60, "2026-11-27T21:00"),  # through as the quiet hours begin
        ("2026-11-27T20:00", 61, "2026-11-28T09:01"),
        ("2026-11-27T23:00", 30, "2026-11-28T09:30"),
        ("2026-11-27T23:00", 13 * 60, "2026-11-29T10:00"),  # twelve hours a day
    ],
)
def test_what_takes_so_long_ends_later_by_the_quiet_hours(at, minutes, later):
    assert hours("21:00", "09:00").later(taipei(at), minutes * 60) == taipei(later)


@pytest.mark.parametrize(
    ("quiet", "first"),
    [
        (hours("21:00", "09:00", days={1, 2, 5}), datetime(2026, 11, 20, tzinfo=UTC)),
        (hours("01:30", "02:30", zone="Europe/London"), datetime(2026, 3, 27, tzinfo=UTC)),  # skipped
        (hours("01:30", "01:45", zone="Europe/London"), datetime(2026, 10, 23, tzinfo=UTC)),  # shown twice
        (hours("22:00", "01:30", zone="America/New_York"), datetime(2026, 10, 30, tzinfo=UTC)),
        (hours("02:15", "02:15", days={7}, zone="America/New_York"), datetime(2026, 3, 6, tzinfo=UTC)),
    ],
)
def test_sql_and_python_mean_the_same_hours_also_when_clocks_are_changed(tenant, quiet, first):
    tenant.time_zone, tenant.quiet_days = quiet.zone.key, sorted(quiet.days)
    tenant.quiet_from, tenant.quiet_to = quiet.begins, quiet.ends
    tenant.save()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT at, {quiet_at("at")} FROM tenants_tenant team,
                       generate_series(%s::timestamptz, %s::timestamptz, interval '15 minutes') AS at
                WHERE team.id = %s""",  # noqa: S608
            [first, first + timedelta(days=5), tenant.pk],
        )
        said = cursor.fetchall()
    assert {quiet for _at, quiet in said} == {True, False}
    assert [(at, tenant.quiet_hours.until(at) is not None) for at, _quiet in said] == said


def test_a_change_is_on_record_and_keeps_what_cannot_be(tenant, admin):
    with tenant_scope(tenant):
        change_quiet_hours(tenant, days=[5, 1], begins=time(22), ends=time(8, 30), by=admin)
        with pytest.raises(Invalid):
            change_quiet_hours(tenant, days=range(1, 8), begins=time(8), ends=time(8), by=admin)
        kept = Tenant.objects.get(pk=tenant.pk)
        assert (kept.quiet_days, kept.quiet_from, kept.quiet_to) == ([1, 5], time(22), time(8, 30))
        entry = AuditEntry.objects.get(action="tenant.quiet_hours_changed")
    assert entry.details["after"] == {"quiet_days": [1, 5], "quiet_from": "22:00", "quiet_to": "08:30"}


def test_the_page_takes_days_and_hours(sign_in, admin, tenant):
    browser = sign_in(admin)
    answer = browser.post("/settings/quiet-hours", {"days": ["6", "7"], "begins": "00:00", "ends": "00:00"})
    assert answer.status_code == 302
    tenant.refresh_from_db()
    assert (tenant.quiet_days, tenant.quiet_from) == ([6, 7], time(0))
    page = browser.get("/settings/quiet-hours").content.decode()
    assert 'value="00:00"' in page
    refused = browser.post(
        "/settings/quiet-hours", {"days": [str(n) for n in EVERY_DAY], "begins": "09:00", "ends": "09:00"}
    )
    assert "no broadcast could ever leave" in refused.content.decode()

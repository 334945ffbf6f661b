"""Statements prepared on Django's connection: planned once, in its transaction, with its errors."""

import pytest
from django.db import IntegrityError, connection, transaction

from tenants.models import Tenant
from tenants.prepared import FEW, prepared_cursor

INSERT = "INSERT INTO channels_seenevent (key) VALUES (%s::uuid)"
KEY = "0" * 31 + "1"


def run(sql, *values, rows=1):
    with prepared_cursor(rows) as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()


def prepared(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", [f"%{text}%"])
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_a_statement_is_planned_once_for_a_connection():
    before = prepared("AS twice")
    assert [run("SELECT %s::int * 2 AS twice", n) for n in (1, 2, 3)] == [(2,), (4,), (6,)]
    assert prepared("AS twice") - before == 1


@pytest.mark.django_db(transaction=True)
def test_a_statement_about_many_is_planned_for_as_many_as_they_are():
    assert [run("SELECT %s::int * 3 AS thrice", n, rows=FEW + 1) for n in (1, 2)] == [(3,), (6,)]
    assert prepared("AS thrice") == 0


@pytest.mark.django_db(transaction=True)
def test_it_is_part_of_the_transaction_around_it():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        with prepared_cursor(1) as cursor:
            cursor.execute(INSERT, [KEY])
        raise ZeroDivisionError
    assert run("SELECT count(*) FROM channels_seenevent WHERE key = %s::uuid", KEY) == (0,)


@pytest.mark.django_db
def test_its_errors_are_djangos():
    with prepared_cursor(1) as cursor:
        cursor.execute(INSERT, [KEY])
    with pytest.raises(IntegrityError), prepared_cursor(1) as cursor:
        cursor.execute(INSERT, [KEY])


@pytest.mark.django_db(transaction=True)
def test_a_table_that_changes_its_shape_is_planned_anew(tenant):
    """As after a migration beside running workers."""
    sql = "SELECT name FROM tenants_tenant WHERE id = %s"
    run(sql, tenant.pk)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tenants_tenant ADD COLUMN passing int DEFAULT 1")
    try:
        assert run(sql, tenant.pk) == (Tenant.objects.get(pk=tenant.pk).name,)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE tenants_tenant DROP COLUMN passing")

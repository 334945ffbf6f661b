"""Queries outside a tenant's scope fail, for every model there is; inside they see that tenant only."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.http import StreamingHttpResponse
from django_scopes import ScopeError

from tenants.middleware import TenantMiddleware
from tenants.models import Member, NumberSequence
from tenants.numbers import next_number
from tenants.scopes import TenantModel, current_tenant, tenant_scope
from tests import factories

TENANT_MODELS = [model for model in apps.get_models() if issubclass(model, TenantModel)]
# Models with a tenant that are not scoped, and why that is safe.
UNSCOPED = {"MetaApp": "found by the key in a webhook's address before any tenant is known; may have none"}


def test_every_model_with_a_tenant_is_scoped():
    with_tenant = {
        model.__name__
        for model in apps.get_models()
        if any(field.name == "tenant" for field in model._meta.get_fields())
    }
    assert with_tenant - {model.__name__ for model in TENANT_MODELS} == set(UNSCOPED)


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model.__name__)
def test_a_query_outside_a_scope_raises(model):
    for query in (
        lambda: list(model.objects.all()),
        lambda: model.objects.count(),
        lambda: model.objects.get(pk=1),
        lambda: model.objects.filter(pk=1).update(tenant_id=1),
        lambda: model._default_manager.first(),
    ):
        with pytest.raises(ScopeError):
            query()


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model.__name__)
def test_a_query_inside_a_scope_names_the_tenant(model, tenant):
    with tenant_scope(tenant):
        sql, parameters = model.objects.all().query.sql_with_params()
    assert f'"{model._meta.db_table}"."tenant_id" = %s' in sql
    assert parameters == (tenant.pk,)


def test_rows_of_another_tenant_are_not_there(tenant, other_tenant):
    with tenant_scope(other_tenant):
        theirs = factories.ConversationFactory()
    with tenant_scope(tenant):
        assert not type(theirs).objects.filter(pk=theirs.pk).exists()
        assert not type(theirs).objects.filter(pk=theirs.pk).update(status="ended")
    with tenant_scope(other_tenant):
        theirs.refresh_from_db()
        assert theirs.status == "in_progress"


def test_the_scope_ends_with_its_block(tenant, other_tenant):
    with tenant_scope(tenant):
        with tenant_scope(other_tenant):
            assert current_tenant() == other_tenant
        assert current_tenant() == tenant
    with pytest.raises(LookupError):
        current_tenant()


def test_numbers_are_counted_per_tenant(tenant, other_tenant):
    assert [next_number(tenant.pk, "conversation"), next_number(tenant.pk, "conversation", 3)] == [1, 2]
    assert next_number(tenant.pk, "conversation") == 5
    assert next_number(other_tenant.pk, "conversation") == 1
    with tenant_scope(tenant):
        assert NumberSequence.objects.get().last == 5


def test_a_streamed_answer_is_made_inside_the_scope_and_leaves_none_behind(rf, sales, tenant):
    request = rf.get("/")
    request.user = sales.user
    request.session = {}

    def names():
        for member in Member.objects.all():
            yield member.name

    response = TenantMiddleware(lambda _request: StreamingHttpResponse(names()))(request)
    chunks = iter(response)
    assert next(chunks) == b"Sam Lau"
    with pytest.raises(LookupError):
        current_tenant()
    assert list(chunks) == []

"""The OpenAPI document tells the truth: Schemathesis plays programs that follow it, and some that do not."""

from __future__ import annotations

import json

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from broadcaster.wsgi import application
from tenants.scopes import tenant_scope
from tests.factories import (
    CampaignFactory,
    ChannelFactory,
    ConversationFactory,
    MessageFactory,
    PartFactory,
    RecipientFactory,
)
from tests.workspace.api.conftest import token_for

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]


@pytest.fixture(autouse=True)
def connection_of_the_test():
    """Requests share the test's connection, as those of Django's own test client do."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


schema = schemathesis.openapi.from_wsgi("/api/schema/", application)


@pytest.fixture
def bearer(db, tenant, manager, settings):
    """A sales manager with one of everything."""
    settings.API_RATE_PER_MINUTE, settings.API_BURST = 10**6, 10**6
    with tenant_scope(tenant):
        MessageFactory(conversation=ConversationFactory(assignee=manager, channel=ChannelFactory()))
        campaign = CampaignFactory(created_by=manager, status="completed")
        PartFactory(campaign=campaign)
        RecipientFactory(campaign=campaign)
    return f"Bearer {token_for(manager)[1]}"


@pytest.mark.slow
@schema.include(path_regex="^/api/v1/").parametrize()
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_as_the_document_says(case, bearer):
    case.call_and_validate(headers={"Authorization": bearer}, checks=CHECKS)


def test_the_document_is_valid_and_complete(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))


def test_every_operation_has_words_types_and_an_id(db):
    document = json.loads(Client().get("/api/schema/").content)
    operations = [
        (f"{method} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(operations) >= 25
    assert len({operation["operationId"] for _name, operation in operations}) == len(operations)
    for name, operation in operations:
        assert operation.get("description"), name
        answers = {status: answer for status, answer in operation["responses"].items() if status != "default"}
        assert answers, name
        assert list(answers) == ["204"] or "204" not in answers, name
        for answer in answers.values() if "204" not in answers else ():
            assert all("schema" in content for content in answer["content"].values()), name

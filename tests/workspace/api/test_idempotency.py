"""`Idempotency-Key`: done once, answered every time."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone

from channels.models import Media
from conversations.models import Message
from tenants.models import IdempotentRequest
from tenants.scopes import tenant_scope
from tests.factories import PNG, ConversationFactory
from tests.workspace.api.conftest import assert_problem
from workspace.api.urls import v1

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(tenant, sales):
    with tenant_scope(tenant):
        return ConversationFactory(assignee=sales)


def reply(program, chat, text="Hello", key="k1", **more):
    body = {"text": text}
    return program.post(f"conversations/{chat.number}/messages", body, **{"Idempotency-Key": key}, **more)


def sent(tenant):
    with tenant_scope(tenant):
        return Message.objects.count()


def test_the_same_request_is_answered_again_and_done_once(api, sales, tenant, chat):
    program = api(sales)
    first, second = reply(program, chat), reply(program, chat)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert sent(tenant) == 1


def test_without_a_key_it_is_done_each_time(api, sales, tenant, chat):
    program = api(sales)
    for _time in range(2):
        program.post(f"conversations/{chat.number}/messages", {"text": "Hello"})
    assert sent(tenant) == 2


def test_another_body_under_the_same_key_is_refused(api, sales, tenant, chat):
    program = api(sales)
    reply(program, chat)
    assert_problem(reply(program, chat, "Something else"), 422, "idempotency_key_reused")
    assert sent(tenant) == 1


def test_another_address_under_the_same_key_is_refused(api, sales, tenant, chat):
    program = api(sales)
    reply(program, chat)
    answer = program.post("campaigns/preflight", {"text": "Hello"}, **{"Idempotency-Key": "k1"})
    assert_problem(answer, 422, "idempotency_key_reused")


def test_keys_are_each_members_own(api, sales, manager, tenant, chat):
    reply(api(sales), chat)
    assert reply(api(manager), chat).status_code == 201
    assert sent(tenant) == 2


def test_a_refused_request_may_be_sent_again(api, sales, tenant, chat):
    program = api(sales)
    with tenant_scope(tenant):
        chat.channel.enabled = False
        chat.channel.save()
    assert_problem(reply(program, chat), 409, "channel_off")
    with tenant_scope(tenant):
        chat.channel.enabled = True
        chat.channel.save()
    assert reply(program, chat).status_code == 201
    assert sent(tenant) == 1


def test_a_key_is_forgotten_after_a_day(api, sales, tenant, chat):
    program = api(sales)
    reply(program, chat)
    with tenant_scope(tenant):
        IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert reply(program, chat, "Something else").status_code == 201
    assert sent(tenant) == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "\x7f"])
def test_impossible_keys_are_refused(api, sales, chat, key):
    assert_problem(reply(api(sales), chat, key=key), 400, "invalid")


def test_uploads_are_the_same_whatever_their_boundary(api, sales, tenant):
    program = api(sales)
    answers = [
        program.upload("media", {"file": SimpleUploadedFile("a.png", PNG)}, **{"Idempotency-Key": "up"})
        for _time in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    with tenant_scope(tenant):
        assert Media.objects.count() == 1
    other = program.upload("media", {"file": SimpleUploadedFile("b.png", PNG)}, **{"Idempotency-Key": "up"})
    assert_problem(other, 422, "idempotency_key_reused")


@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_worked_on_the_second_is_told_to_wait(api, sales, tenant, chat):
    program = api(sales)
    with tenant_scope(tenant):
        assert reply(program, chat, key="other").status_code == 201
        claim = IdempotentRequest.objects.create(
            tenant=tenant, member=sales, key="k1", fingerprint="of the first request"
        )
    answers = []

    def second():
        try:
            answers.append(reply(program, chat))
        finally:
            connection.close()

    with tenant_scope(tenant), transaction.atomic():
        IdempotentRequest.objects.select_for_update().get(pk=claim.pk)  # as the first request does
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert_problem(answers[0], 409, "idempotency_in_progress")
    assert sent(tenant) == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_do_it_once(api, sales, tenant, chat):
    program, answers, start = api(sales), [], threading.Barrier(6)

    def ask():
        try:
            start.wait()
            answers.append(reply(program, chat).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {201, 409}
    assert 201 in answers
    assert sent(tenant) == 1


def test_every_post_of_the_api_honours_the_key():
    posts = [route.callback.view_class.post for route in v1 if hasattr(route.callback.view_class, "post")]
    assert len(posts) >= 8
    assert all(getattr(post, "is_idempotent", False) for post in posts)

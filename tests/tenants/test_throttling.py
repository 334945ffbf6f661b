"""Whoever tries too often meets our own page, in their language."""

import pytest


@pytest.mark.django_db
def test_too_many_sign_ins_are_paused_with_a_page_of_ours(client, valkey):
    for _ in range(40):
        answer = client.post("/accounts/login/", {"login": "nobody@demo.test", "password": "wrong"})
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    assert "Nothing was changed" in answer.content.decode()
